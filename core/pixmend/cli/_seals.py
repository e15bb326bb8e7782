# SPDX-License-Identifier: Apache-2.0
"""How checksum lists and ASC MHL generations are told of, in text and in JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixmend.pipeline import Seals

__all__ = ["seal_fields", "seal_lines"]


def seal_fields(seals: "Seals") -> dict[str, Any]:
    """Return what a program reads."""
    generation = seals.generation
    return {
        "lists": [str(path) for path in seals.lists],
        "mhl": None if generation is None else str(generation.path),
        "mhl_differing": [] if generation is None else list(generation.differing),
    }


def seal_lines(seals: "Seals") -> list[str]:
    """Return what a person reads."""
    lines = [f"checksums in {path}" for path in seals.lists]
    generation = seals.generation
    if generation is None:
        return lines
    lines.append(f"{generation.files} files in {generation.path}")
    if generation.differing:
        lines.append(
            f"{len(generation.differing)} of them are known to earlier generations with another hash: "
            "ASC MHL records a change as failed, wanted or not"
        )
    return lines

# SPDX-License-Identifier: Apache-2.0
"""Which channels of a plate hold the picture."""

from collections.abc import Sequence

from pixmend.errors import UnsupportedError
from pixmend.model import Channel, SampleType

__all__ = ["find_colour"]

_TRIPLES = (("R", "G", "B"), ("r", "g", "b"))


def find_colour(channels: Sequence[Channel], *, where: str) -> tuple[str, ...]:
    """Return the names of the colour channels in the order R, G, B, or of the luminance.

    The layer without a name goes first, then the others by name; ``Y`` counts only where
    no layer has R, G and B.

    Raises
    ------
    UnsupportedError
        If no layer has R, G, B or Y, or they are stored as 32-bit integers.
    """
    types = {each.name: each.sample for each in channels}
    layers = sorted({name.rpartition(".")[0] for name in types})  # "" sorts first
    for letters in (*_TRIPLES, ("Y",)):
        for layer in layers:
            names = tuple(f"{layer}.{letter}" if layer else letter for letter in letters)
            if types.keys() >= set(names):
                if SampleType.UINT32 in {types[name] for name in names}:
                    raise UnsupportedError("the picture is stored as 32-bit integers", where=where)
                return names
    raise UnsupportedError(
        f"no channels R, G, B or Y: the frame has {', '.join(types)}",
        where=where,
        hint="pixmend mends pictures; data such as depth is left alone",
    )

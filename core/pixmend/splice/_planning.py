# SPDX-License-Identifier: Apache-2.0
"""From a patch to byte edits, with every old sample seen by two readers first."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixmend.containers import ByteEdit, Container, Plan, check_agrees, check_order, open_container, patch_on
from pixmend.errors import ProofError
from pixmend.formats import ReadOptions
from pixmend.model import Patch, PlateInfo
from pixmend.splice._files import FileBytes, open_bytes

__all__ = ["check_patchable", "open_plate", "plan_edits", "plan_on"]


def check_patchable(path: Path, plate: PlateInfo, options: ReadOptions | None = None) -> tuple[str, ...]:
    """Check that a file is of a form whose samples can be replaced; it is only read.

    Returns
    -------
    notices : tuple of str
        What the user should know of this form of file: one sentence each.

    Raises
    ------
    UnsupportedError
        If it is sound, but of a form that is not handled yet: it is left as it was.
    BadFrameError, MissingFrameError
        If it is damaged, or not there.
    ProofError
        If the reader of the plate saw another raster, or other channels.
    """
    with open_bytes(path) as source:
        return open_plate(source, plate, options).notices


def plan_edits(
    source: Path,
    patch: Patch,
    plate: PlateInfo,
    *,
    options: ReadOptions | None = None,
    exact: bool = False,
) -> Plan:
    """Return the replacements of bytes that make a patch true; nothing is written.

    Parameters
    ----------
    options, exact
        As `open_container`.

    Raises
    ------
    ProofError
        If the file does not hold the old bits that the patch was computed from, or two
        readers see different samples.
    UnsupportedError, BadFrameError, MissingFrameError
        As `check_patchable`.
    ValueError
        If the patch is not one of this plate: outside its raster, an unknown channel.
    """
    with open_bytes(source) as opened:
        container = open_plate(opened, plate, options, exact=exact)
        return plan_on(container, patch_on(container, patch), where=opened.name)


def open_plate(
    source: FileBytes, plate: PlateInfo, options: ReadOptions | None = None, *, exact: bool = False
) -> Container:
    """Return the container of a frame, checked against what its reader saw; errors as `check_patchable`."""
    container = open_container(source, plate.channels, options=options, exact=exact)
    check_agrees(container, plate, source.name)
    return container


def plan_on(container: Container, patch: Patch, *, where: str) -> Plan:
    """Return the plan of a patch that `patch_on` made; errors as `plan_edits`."""
    _check_same(container.read_bits(patch), patch, where, "the file holds")
    library = container.library_bits(patch)
    if library is not None:
        _check_same(library, patch, where, "a second reader sees")
    plan = container.plan(patch)
    check_order(plan.edits)
    _check_outside_header(container.editable_ranges(), plan.edits, where)
    return plan


def _check_same(bits: NDArray[np.uint32], patch: Patch, where: str, who: str) -> None:
    """Refuse a patch whose old samples are not those of the file."""
    differs = np.flatnonzero(bits != patch.old)
    if not differs.size:
        return
    first = differs[0]
    sample = f"({patch.x[first]}, {patch.y[first]}) {patch.channels[patch.channel[first]].name}"
    raise ProofError(
        f"{who} {bits[first]:#x} at {sample} where the patch expects {patch.old[first]:#x} "
        f"({differs.size} of {len(patch)} samples differ); nothing was written",
        where=where,
        hint="the frame changed since it was read, or its layout is read wrongly: report it with the file",
    )


def _check_outside_header(ranges: Sequence[tuple[int, int]], edits: Sequence[ByteEdit], where: str) -> None:
    """Refuse a plan that would touch a byte which is not picture data."""
    starts = np.array([start for start, _ in ranges], dtype=np.int64)
    stops = np.array([stop for _, stop in ranges], dtype=np.int64)
    first = np.array([each.offset for each in edits], dtype=np.int64)
    last = np.array([each.stop for each in edits], dtype=np.int64)
    owner = np.searchsorted(starts, first, side="right") - 1
    if len(edits) and ((owner < 0).any() or (last > stops[owner]).any()):
        raise ProofError("the plan would change bytes of the header; nothing was written", where=where)

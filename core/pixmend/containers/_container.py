# SPDX-License-Identifier: Apache-2.0
"""What a file format must be able to do to be mended, and which one a file is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._dpx import DpxContainer
from pixmend.containers._exr import ExrContainer
from pixmend.containers._plan import Plan
from pixmend.containers._tiff import TiffContainer
from pixmend.errors import BadFrameError, ProofError
from pixmend.formats import EXR_MAGIC, TIFF_MAGICS, ByteSource, ReadOptions
from pixmend.model import Channel, Patch, PlateInfo, Raster

__all__ = ["Container", "check_agrees", "open_container", "patch_on"]


class Container(Protocol):
    """A sound file whose samples can be replaced without touching anything else.

    Making one raises BadFrameError where the file is damaged and UnsupportedError
    where it is of a form that is not handled.
    """

    file_format: str
    raster: Raster
    channels: tuple[Channel, ...]
    notices: tuple[str, ...]
    """What the user should know of this form of file: one sentence each."""

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are, by our own addressing."""
        ...

    def library_bits(self, patch: Patch) -> NDArray[np.uint32] | None:
        """Return the same by another reader, where `read_bits` is also how frames are read.

        None where frames are read by a library, so that `read_bits` is the second reader.
        """
        ...

    def plan(self, patch: Patch) -> Plan:
        """Return the edits that give the patch's samples their new bits, and what else that does.

        Samples whose new bits are the old ones are left out of the edits.
        """
        ...

    def units(self, patch: Patch) -> dict[int, bytes]:
        """Return the unpacked units (chunks, strips, or runs of bytes) in which the patch's samples lie."""
        ...

    def holds(self, plan: Plan) -> bool:
        """Tell whether the file has what a plan promised, after its own header: its units, decoded."""
        ...

    def editable_ranges(self) -> list[tuple[int, int]]:
        """Return the ordered ranges of bytes outside of which an edit would change the header."""
        ...


def open_container(
    source: ByteSource,
    channels: tuple[Channel, ...] | None = None,
    *,
    options: ReadOptions | None = None,
    exact: bool = False,
) -> Container:
    """Return the container that a file is.

    Parameters
    ----------
    source : ByteSource
    channels : tuple of Channel, optional
        The names that the plate's reader gave the channels, for formats whose files
        name none (TIFF).
    options : ReadOptions, optional
    exact : bool
        Store what a lossy codec would change as it is: larger, but to the bit.

    Raises
    ------
    BadFrameError
        If the file is damaged or of no known format.
    UnsupportedError
        If it is sound, but of a form that is not handled.
    """
    options = options or ReadOptions()
    magic = source.read(0, min(4, source.size))
    if magic == EXR_MAGIC:
        return ExrContainer(source, options, exact=exact)
    if magic in {b"SDPX", b"XPDS"}:
        return DpxContainer(source, options)
    if magic in TIFF_MAGICS:
        return TiffContainer(source, channels)
    what = "the file is empty" if not source.size else "this is no EXR, DPX or TIFF file"
    raise BadFrameError(what, where=source.name)


def check_agrees(container: Container, plate: PlateInfo, where: str) -> None:
    """Check that the container and the reader of the plate saw the same frame.

    Raises
    ------
    ProofError
        If they disagree on the data window or on a channel.
    """
    if container.raster != plate.raster:
        raise ProofError(
            f"two readers disagree: the data window is {plate.raster}, and {container.raster}", where=where
        )
    unknown = [each for each in plate.channels if each not in container.channels]
    if unknown:
        raise ProofError(
            f"two readers disagree: only one sees the {unknown[0].sample.label} channel {unknown[0].name!r}",
            where=where,
        )


def patch_on(container: Container, patch: Patch) -> Patch:
    """Return the patch with `channel` counting through the container's channels.

    Raises
    ------
    ValueError
        If a sample is given twice, is outside the raster, its channel is none of the
        container's or its bits are too wide.
    """
    numbers = {each: number for number, each in enumerate(container.channels)}
    try:
        table = np.array([numbers[each] for each in patch.channels], dtype=np.int16)
    except KeyError as exc:
        raise ValueError(f"the file has no channel {exc}") from exc
    channel = table[patch.channel] if len(patch) else patch.channel
    columns = (patch.x, patch.y, channel, patch.old, patch.new)
    placed = Patch(patch.frame, container.channels, *columns)
    _check_samples(placed, container.raster)
    return placed


def _check_samples(patch: Patch, raster: Raster) -> None:
    if not len(patch):
        return
    inside = (patch.x >= raster.x) & (patch.x < raster.x + raster.width)
    inside &= (patch.y >= raster.y) & (patch.y < raster.y + raster.height)
    if not inside.all():
        raise ValueError(f"a sample of the patch is outside the raster {raster}")
    if len(np.unique(np.stack([patch.x, patch.y, patch.channel]), axis=1).T) < len(patch):
        raise ValueError("the patch names a sample twice")
    largest = np.array([(1 << each.sample.bits) - 1 for each in patch.channels], dtype=np.uint32)
    if (patch.new > largest[patch.channel]).any():
        raise ValueError("a new value of the patch has more bits than its sample")

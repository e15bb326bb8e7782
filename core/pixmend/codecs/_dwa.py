# SPDX-License-Identifier: Apache-2.0
"""Change samples of a DWA chunk, and nothing beside them.

Packing a chunk anew would be a second lossy generation for all its lines. Here the 8x8 blocks that
hold a changed sample get coefficients of their own, with all the precision of half floats, chosen so
that each of their samples decodes to what it is meant to be. All other blocks keep their bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.codecs._dwa_ac import blocks_of_tokens, find_blocks, tokens_of_blocks
from pixmend.codecs._dwa_layout import (
    ChannelPlane,
    DctGroup,
    dct_groups,
    differing_samples,
    planes_of,
    schemes_of,
)
from pixmend.codecs._dwa_solve_kernels import Matrices, solve_blocks, synthesize
from pixmend.codecs._dwa_streams import DwaStreams, Scheme, join, split
from pixmend.codecs._dwa_values import BASIS, COLOURS, ZIGZAG, intervals
from pixmend.codecs._exr_stack import ChunkBox
from pixmend.errors import UnsupportedError
from pixmend.formats import ExrChannel

__all__ = ["DwaChunk", "graft"]

# Where half-float coefficients allow no block with all its samples: steps that changed samples may miss
# their values by, and how many of the others, those of luma, may move by one.
_SLACK = ((0, 0), (1, 0), (2, 0), (4, 0), (4, 2), (4, 8), (4, 24))


@dataclass(frozen=True, slots=True)
class DwaChunk:
    """A chunk and what is to become of it.

    Attributes
    ----------
    box : ChunkBox
        What it covers.
    payload : bytes
        As it lies in the file.
    unpacked, patched : bytes
        The same, unpacked by the library, and what it is meant to unpack to.
    """

    box: ChunkBox
    payload: bytes
    unpacked: bytes
    patched: bytes


def graft(channels: Sequence[ExrChannel], chunks: Sequence[DwaChunk]) -> list[bytes]:
    """Return the payloads of chunks in which some samples are changed.

    Samples in other blocks decode to the very same bits. A changed sample becomes the nearest value that
    the codec can hold, and its neighbours in the block keep theirs, unless half-float coefficients
    allow no such block; then as few as were found deviate by a step.

    Parameters
    ----------
    channels : sequence of ExrChannel
        All of the part, with their own names: these say how DWA stores them.
    chunks : sequence of DwaChunk

    Returns
    -------
    payloads : list of bytes
        Packed; the patched samples as they are where packing would not be shorter.

    Raises
    ------
    UnsupportedError
        If a chunk is damaged, of an unknown version, or not what the library unpacked it to; if a NaN is to
        be stored by DCT.
    """
    return [_graft(channels, chunk) for chunk in chunks]


def _graft(channels: Sequence[ExrChannel], chunk: DwaChunk) -> bytes:
    planes = planes_of(chunk.box, channels)
    unpacked, patched = (np.frombuffer(each, np.uint8) for each in (chunk.unpacked, chunk.patched))
    expected = sum(plane.line_bytes * plane.height for plane in planes)
    if not len(unpacked) == len(patched) == expected:
        raise ValueError(f"a chunk of {expected} bytes was given as {len(unpacked)} and {len(patched)}")
    changed = {
        channel: (rows, columns) for channel, rows, columns in differing_samples(planes, unpacked, patched)
    }
    if not changed:
        return chunk.payload
    streams = split(chunk.payload)
    schemes = schemes_of(channels, streams.rules)
    touched = {schemes[channel] for channel in changed}
    if Scheme.DCT in touched:
        edits = []
        for group in dct_groups(channels, streams.rules, planes):
            blocks = _blocks_of(group, changed)
            is_linear = len(group.channels) == 1 and channels[group.channels[0]].is_linear
            edits.append(_Edit(group, [planes[each] for each in group.channels], blocks, is_linear))
        streams = _with_blocks(streams, edits, unpacked, patched)
    if Scheme.VERBATIM in touched:
        streams = streams.with_verbatim(b"".join(_stored(planes, schemes, Scheme.VERBATIM, patched)))
    if Scheme.RUNS in touched:
        streams = streams.with_runs(b"".join(_stored(planes, schemes, Scheme.RUNS, patched)))
    payload = join(streams)
    return payload if len(payload) < len(chunk.patched) else chunk.patched


def _stored(
    planes: Sequence[ChannelPlane], schemes: Sequence[Scheme], scheme: Scheme, patched: NDArray[np.uint8]
) -> list[bytes]:
    """Return the samples of channels that are stored without loss, as they are before they are packed."""
    mine = [plane for plane, its_scheme in zip(planes, schemes, strict=True) if its_scheme is scheme]
    if scheme is Scheme.VERBATIM:
        return [plane.lines(patched).tobytes() for plane in mine]
    return [plane.lines(patched).reshape(-1, plane.sample.dtype.itemsize).T.tobytes() for plane in mine]


@dataclass(frozen=True, slots=True)
class _Edit:
    """Blocks of a group that are to change."""

    group: DctGroup
    planes: list[ChannelPlane]
    blocks: NDArray[np.int64]
    is_linear: bool

    def values(self, unpacked: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return their samples, (blocks, channels, 64); beyond the edge of the picture the nearest inside."""
        rows, columns = self._places()
        rows = np.minimum(rows, self.group.height - 1)
        columns = np.minimum(columns, self.group.width - 1)
        return np.stack([plane.samples(unpacked, rows, columns) for plane in self.planes], axis=1).astype(
            np.float64
        )

    def inside(self) -> NDArray[np.bool_]:
        """Return which samples lie inside the picture, (blocks, 1, 64)."""
        rows, columns = self._places()
        return ((rows < self.group.height) & (columns < self.group.width))[:, None]

    def _places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        down, right = np.divmod(self.blocks, self.group.across)
        row, column = np.divmod(np.arange(64), 8)
        return 8 * down[:, None] + row, 8 * right[:, None] + column


def _blocks_of(
    group: DctGroup, changed: dict[int, tuple[NDArray[np.intp], NDArray[np.intp]]]
) -> NDArray[np.int64]:
    """Return the numbers of a group's blocks that hold a changed sample."""
    mine = [changed[channel] for channel in group.channels if channel in changed]
    numbers = [rows // 8 * group.across + columns // 8 for rows, columns in mine]
    return np.unique(np.concatenate([np.empty(0, np.int64), *numbers]).astype(np.int64))


def _with_blocks(
    streams: DwaStreams, edits: Sequence[_Edit], unpacked: NDArray[np.uint8], patched: NDArray[np.uint8]
) -> DwaStreams:
    """Return the streams with new coefficients in the blocks that change."""
    count = sum(edit.group.blocks * len(edit.planes) for edit in edits)
    if count != len(streams.dc):
        raise UnsupportedError(f"a DWA chunk has {len(streams.dc)} blocks where {count} were expected")
    edits = [edit for edit in edits if len(edit.blocks)]
    ac_numbers = [edit.group.ac_numbers(edit.blocks).ravel() for edit in edits]
    dc_numbers = [edit.group.dc_numbers(edit.blocks).ravel() for edit in edits]
    try:
        found = find_blocks(
            streams.ac, streams.ac_count, np.concatenate(ac_numbers), count, by_deflate=streams.ac_by_deflate
        )
    except ValueError as exc:
        raise UnsupportedError(f"a DWA chunk cannot be taken apart: {exc}") from exc
    old = blocks_of_tokens(found.tokens)
    old[:, 0] = streams.dc[np.concatenate(dc_numbers)]
    bounds = np.cumsum([len(numbers) for numbers in ac_numbers])[:-1]
    new = np.concatenate(
        [
            _solved(edit, its_old, unpacked, patched)
            for edit, its_old in zip(edits, np.split(old, bounds), strict=True)
        ]
    )
    dc = streams.dc.copy()
    dc[np.concatenate(dc_numbers)] = new[:, 0]
    tokens = tokens_of_blocks(new)
    ac_count = streams.ac_count + sum(map(len, tokens)) - sum(map(len, found.tokens))
    return streams.with_blocks(found.replaced(tokens), ac_count, dc)


def _solved(
    edit: _Edit, old: NDArray[np.uint16], unpacked: NDArray[np.uint8], patched: NDArray[np.uint8]
) -> NDArray[np.uint16]:
    """Return new coefficients for the blocks of one group, as bits, (blocks * channels, 64) in zigzag order."""
    was, wanted = edit.values(unpacked), edit.values(patched)
    if np.isnan(wanted).any():
        raise UnsupportedError("a NaN cannot be stored by DWA")
    known = intervals(is_linear=edit.is_linear)
    colours = COLOURS if len(edit.planes) == 3 else np.eye(1)
    decoded = _decoded(old, edit, colours)
    _check_understood(
        known.nearest(was), np.searchsorted(known.low, decoded, side="right") - 1, edit.inside()
    )
    place, inside, touched = known.nearest(wanted), edit.inside(), was != wanted
    slack = _slack(touched, known.high[place] - known.low[place])
    lows = np.where(inside, known.low[np.maximum(place - slack, 0)], -np.inf)
    highs = np.where(inside, known.high[np.minimum(place + slack, len(known.high) - 1)], np.inf)
    wished = np.where(inside, (known.low[place] + known.high[place]) / 2, decoded)
    matrices: Matrices = (BASIS, np.linalg.inv(BASIS).astype(np.float64), colours, np.linalg.inv(colours))
    margin = 1e-6 * float(np.abs(decoded).max())
    new, _ = solve_blocks(wished, lows, highs, margin, matrices, ~touched)
    return (new.astype(np.float16) + np.float16(0)).view(np.uint16).reshape(-1, 64)[:, ZIGZAG]


def _slack(touched: NDArray[np.bool_], widths: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return by how many steps samples may deviate, (levels of `_SLACK`, blocks, channels, 64).

    The mean of luma is the coarsest coefficient; it hangs most on green, of three channels the second.
    """
    luma = widths.shape[1] // 2
    rank = np.argsort(np.argsort(-widths[:, luma], axis=1, kind="stable"), axis=1)
    levels = np.array([steps for steps, _ in _SLACK]).reshape(-1, 1, 1, 1) * touched
    for level, (_, others) in zip(levels, _SLACK, strict=True):
        level[:, luma] = np.maximum(level[:, luma], rank < others)
    return levels


def _decoded(zigzag: NDArray[np.uint16], edit: _Edit, colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return samples of blocks in the codec's domain, before they are rounded."""
    coefficients = np.empty((len(zigzag), 64))
    coefficients[:, ZIGZAG] = zigzag.view(np.float16)
    blocks = coefficients.reshape(-1, len(edit.planes), 64)
    return np.stack([synthesize(block, BASIS, colours) for block in blocks])


def _check_understood(was: NDArray[np.intp], decoded: NDArray[np.intp], inside: NDArray[np.bool_]) -> None:
    """Refuse a chunk whose blocks we decode to something else than the library, beyond a rounding."""
    if (np.abs(was - decoded) > 1)[np.broadcast_to(inside, was.shape)].any():
        raise UnsupportedError("a DWA chunk decodes to something else than its coefficients say")

# SPDX-License-Identifier: Apache-2.0
"""What a lossy codec makes of a patch: the bits that will be stored, and what moves with them. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import ExrLayout
from pixmend.model import Patch
from pixmend.splice._exr_samples import SampleBytes

__all__ = ["moved_samples", "stays_in_blocks"]


def moved_samples(
    layout: ExrLayout, patch: Patch, before: Mapping[int, bytes], after: Mapping[int, bytes]
) -> tuple[Patch, Patch]:
    """Return what will be stored of a patch, and the other samples that change.

    Parameters
    ----------
    before, after : mapping of int to bytes
        The chunks in which the patch's samples lie, unpacked, by index.

    Returns
    -------
    stored : Patch
        The samples of `patch`, with the bits that `after` holds.
    collateral : Patch
        All others that differ, old and new.
    """
    moved = _differing(layout, before, after)
    asked = np.stack([patch.x, patch.y, patch.channel]).astype(np.int64)
    x, y, channel = moved[:, ~np.isin(_keys(layout, moved), _keys(layout, asked))]
    nothing = np.zeros(len(x), np.uint32)
    others = Patch(
        patch.frame,
        patch.channels,
        x.astype(np.int32),
        y.astype(np.int32),
        channel.astype(np.int16),
        nothing,
        nothing,
    )
    stored = replace(patch, new=_bits_in(layout, patch, after))
    return stored, replace(others, old=_bits_in(layout, others, before), new=_bits_in(layout, others, after))


def stays_in_blocks(layout: ExrLayout, index: int, versions: tuple[bytes, bytes, bytes], block: int) -> bool:
    """Tell whether a lossy codec left all blocks alone in which no sample was to change.

    Parameters
    ----------
    index : int
        Of the chunk.
    versions : (bytes, bytes, bytes)
        The chunk as it was, as it should be and as it is now, unpacked.
    block : int
        Width and height of a block in samples, from the first sample of the chunk on; the
        same block of all channels counts as one, as colours may be coded together.
    """
    before, wanted, after = versions
    asked, moved = (_blocks(layout, index, _differing_bytes(before, each), block) for each in (wanted, after))
    return bool(np.isin(moved, asked).all())


def _blocks(layout: ExrLayout, index: int, offsets: NDArray[np.int64], block: int) -> NDArray[np.int64]:
    """Return a number for the block of each byte of a chunk."""
    x, y, channel = layout.samples_at(index, offsets)
    sampling = np.array([(each.x_sampling, each.y_sampling) for each in layout.channels])[channel].T
    box, display = layout.box_of(index), layout.display_window
    column = (x + display.x_min) // sampling[0] + (-box.x_min // sampling[0])
    row = (y + display.y_min) // sampling[1] + (-box.y_min // sampling[1])
    return np.asarray(row // block * box.width + column // block, np.int64)


def _differing(
    layout: ExrLayout, before: Mapping[int, bytes], after: Mapping[int, bytes]
) -> NDArray[np.int64]:
    """Return x, y and channel, (3, N), of all samples that differ; each once."""
    found = [np.zeros((3, 0), np.int64)]
    for index, old in before.items():
        if after[index] != old:
            places = layout.samples_at(index, _differing_bytes(old, after[index]))
            found.append(np.stack(places).astype(np.int64))
    return np.unique(np.concatenate(found, axis=1), axis=1)


def _differing_bytes(old: bytes, new: bytes) -> NDArray[np.int64]:
    """Return where two chunks differ; compared by words of eight bytes, as few do."""
    padding = bytes(-len(old) % 8)
    words = [np.frombuffer(each + padding if padding else each, np.uint64) for each in (old, new)]
    places = (8 * np.flatnonzero(words[0] != words[1])[:, None] + np.arange(8)).ravel()
    old_bytes, new_bytes = (each.view(np.uint8)[places] for each in words)
    return np.asarray(places[old_bytes != new_bytes], np.int64)


def _keys(layout: ExrLayout, samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one number for each (x, y, channel) of (3, N)."""
    x, y, channel = samples
    return np.asarray((y * layout.raster.width + x) * len(layout.channels) + channel)


def _bits_in(layout: ExrLayout, patch: Patch, units: Mapping[int, bytes]) -> NDArray[np.uint32]:
    """Return what chunks hold where a patch's samples are."""
    places = SampleBytes.of(layout, patch)
    return places.as_bits(places.take(units))

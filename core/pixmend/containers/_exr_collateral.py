# SPDX-License-Identifier: Apache-2.0
"""What a lossy codec makes of a patch: the bits that will be stored, and what moves with them. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._exr_samples import SampleBytes
from pixmend.formats import ExrLayout
from pixmend.model import Patch

__all__ = ["blocks_at", "differing_bytes", "moved_samples"]


def moved_samples(
    layout: ExrLayout,
    patch: Patch,
    units: tuple[Mapping[int, bytes], Mapping[int, bytes]],
    moved: Mapping[int, NDArray[np.int64]],
) -> tuple[Patch, Patch]:
    """Return what will be stored of a patch, and the other samples that change.

    Parameters
    ----------
    units : (mapping of int to bytes, mapping of int to bytes)
        The chunks in which the patch's samples lie, unpacked, by index: as they were, and as
        they will be.
    moved : mapping of int to (N,) int64 ndarray
        The bytes in which these differ; chunks in which only samples of the patch change
        may be left out.

    Returns
    -------
    stored : Patch
        The samples of `patch`, with the bits that will be stored.
    collateral : Patch
        All others that change, old and new.
    """
    before, after = units
    places = [layout.samples_at(index, offsets) for index, offsets in moved.items()]
    columns = [np.concatenate(column) for column in zip(*places, strict=True)] or [np.zeros(0, np.int64)] * 3
    found = np.unique(np.stack(columns).astype(np.int64), axis=1)
    asked = np.stack([patch.x, patch.y, patch.channel]).astype(np.int64)
    x, y, channel = found[:, ~np.isin(_keys(layout, found), _keys(layout, asked))]
    nothing = np.zeros(len(x), np.uint32)
    kinds = (x.astype(np.int32), y.astype(np.int32), channel.astype(np.int16))
    others = Patch(patch.frame, patch.channels, *kinds, nothing, nothing)
    stored = replace(patch, new=_bits_in(layout, patch, after))
    return stored, replace(others, old=_bits_in(layout, others, before), new=_bits_in(layout, others, after))


def differing_bytes(old: bytes, new: bytes) -> NDArray[np.int64]:
    """Return where two chunks differ; compared by words of eight bytes, as few do."""
    padding = bytes(-len(old) % 8)
    words = [np.frombuffer(each + padding if padding else each, np.uint64) for each in (old, new)]
    places = (8 * np.flatnonzero(words[0] != words[1])[:, None] + np.arange(8)).ravel()
    old_bytes, new_bytes = (each.view(np.uint8)[places] for each in words)
    return np.asarray(places[old_bytes != new_bytes], np.int64)


def blocks_at(layout: ExrLayout, index: int, offsets: NDArray[np.int64], block: int) -> NDArray[np.int64]:
    """Return a number for the block of samples in which each byte of a chunk is.

    Blocks are `block` samples wide and high, from the first sample of the chunk on; the same
    block of all channels has one number, as colours may be coded together.
    """
    x, y, channel = layout.samples_at(index, offsets)
    sampling = np.array([(each.x_sampling, each.y_sampling) for each in layout.channels])[channel].T
    box, display = layout.box_of(index), layout.display_window
    column = (x + display.x_min) // sampling[0] + (-box.x_min // sampling[0])
    row = (y + display.y_min) // sampling[1] + (-box.y_min // sampling[1])
    return np.asarray(row // block * box.width + column // block, np.int64)


def _keys(layout: ExrLayout, samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one number for each (x, y, channel) of (3, N)."""
    x, y, channel = samples
    return np.asarray((y * layout.raster.width + x) * len(layout.channels) + channel)


def _bits_in(layout: ExrLayout, patch: Patch, units: Mapping[int, bytes]) -> NDArray[np.uint32]:
    """Return what chunks hold where a patch's samples are."""
    places = SampleBytes.of(layout, patch)
    return places.as_bits(places.take(units))

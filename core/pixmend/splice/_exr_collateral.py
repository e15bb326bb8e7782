# SPDX-License-Identifier: Apache-2.0
"""What a lossy codec makes of a patch: the bits that will be stored, and what moves with them. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import ExrLayout
from pixmend.model import Patch
from pixmend.splice._exr_samples import SampleBytes

__all__ = ["moved_samples"]


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

# SPDX-License-Identifier: Apache-2.0
"""Which samples a bad column or row spoils, and what of the picture is covered by lines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.detect._line import Line, LinePicture
from pixmend.detect._line_shapes import LINE_REACH_PX
from pixmend.detect._sites import VISIBLE_SIGMA

__all__ = ["covered", "line_samples"]

_SIGNIFICANT = 4.0  # spreads of the line's own rows
_UNEXPLAINED = 8.0  # spreads of the columns around: a lobe that the fitted shape lacks
_STEADY_ROWS = 31  # over which a line's strength along itself is smoothed
_SWING = (0.5, 4.0)  # times its mean, that a line is taken to be as weak and as strong
_BEYOND = 2  # rows beyond its ends that debayer may have reached
_NEAR_PX = 3  # about a line, where what it spoils may lie, and what scores belongs to it
_RINGS_PX, _STRONG_SIGMA = 6, 3.0  # so far the filters ring about a strong one


def line_samples(line: Line, picture: LinePicture) -> NDArray[np.intp]:
    """Return the samples that a line spoils, (N, 3): channel, y, x in the arrays, in reading order.

    Notes
    -----
    Across, what the fitted photosites give or the measured profile shows; along, as the
    line's own strength goes (a dead column takes away more where the scene is bright).
    The strongest sample of each row is always in it. Beyond the ends what the mean
    picture shows.
    """
    if line.is_row:
        samples = _of_column(line, picture.transposed())[:, [0, 2, 1]]
    else:
        samples = _of_column(line, picture)
    return samples[np.lexsort((samples[:, 0], samples[:, 2], samples[:, 1]))]


def covered(lines: Sequence[Line], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where, (H, W), a site that scores belongs to one of the lines."""
    mask = np.zeros(size, bool)
    for line in lines:
        reach = _RINGS_PX if abs(line.fit.amplitude) >= _STRONG_SIGMA else _NEAR_PX
        along = slice(max(line.first - reach, 0), line.stop + reach)
        across = slice(max(line.across[0] - reach, 0), line.across[-1] + reach + 1)
        mask[(across, along) if line.is_row else (along, across)] = True
    return mask


def _of_column(line: Line, picture: LinePicture) -> NDArray[np.intp]:
    height, width = picture.light.shape[1:]
    rows = np.arange(max(line.first - _BEYOND, 0), min(line.stop + _BEYOND, height))
    columns = np.arange(line.middle - LINE_REACH_PX, line.middle + LINE_REACH_PX + 1)
    excess = _row_excess(picture, rows, np.clip(columns, 0, width - 1))
    profile = line.fit.model[rows % 2]
    shown = np.abs(line.profile.excess) >= np.maximum(
        VISIBLE_SIGMA, _UNEXPLAINED * line.profile.scatter[:, None]
    )
    expected = np.where(shown, line.profile.excess, line.fit.model)[rows % 2]
    strength = _strength(excess, profile)
    spoiled = np.abs(expected * strength[:, None, None]) >= VISIBLE_SIGMA
    inside = (rows >= line.first) & (rows < line.stop)
    spoiled[~inside] = _clearly_off(excess[~inside], excess[inside])
    size = np.abs(profile).reshape(len(rows), -1)
    spoiled.reshape(len(rows), -1)[np.flatnonzero(inside), size.argmax(axis=1)[inside]] = True
    near = (columns >= line.across[0] - _NEAR_PX) & (columns <= line.across[-1] + _NEAR_PX)
    spoiled &= near & (columns >= 0) & (columns < width)
    found = np.argwhere(spoiled)
    return np.stack([found[:, 1], rows[found[:, 0]], columns[found[:, 2]]], axis=1)


def _row_excess(
    picture: LinePicture, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return each row's excess over the median of its outermost samples, (rows, C, 11), in sigma."""
    place = np.ix_(np.arange(len(picture.light)), rows, columns)
    level, sigma = (
        np.moveaxis(each[place], 1, 0).astype(np.float64) for each in (picture.light, picture.sigma)
    )
    beside = [0, 1, 2, -3, -2, -1]
    background = np.median(level[..., beside], axis=2, keepdims=True)
    return np.asarray((level - background) / np.median(sigma[..., beside], axis=2, keepdims=True))


def _strength(excess: NDArray[np.float64], profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how strong a line is at each row, times its mean: the median over rows around."""
    energy = np.square(profile).sum(axis=(1, 2))
    each = (excess * profile).sum(axis=(1, 2)) / np.maximum(energy, 1e-9)
    return np.clip(median_filter(each, size=_STEADY_ROWS, mode="nearest"), *_SWING)


def _clearly_off(beyond: NDArray[np.float64], inside: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which samples beyond a line's ends are clearly off, by how its rows differ among themselves."""
    if not len(beyond):
        return np.zeros(beyond.shape, bool)
    scatter = MAD_TO_SIGMA * np.median(np.abs(np.diff(inside, axis=0)), axis=0) / np.sqrt(2.0)
    is_off = np.abs(beyond) >= np.maximum(VISIBLE_SIGMA, _SIGNIFICANT * scatter)
    reach = np.abs(np.arange(beyond.shape[2]) - LINE_REACH_PX) <= _BEYOND
    return np.asarray(is_off & reach)

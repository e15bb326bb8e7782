# SPDX-License-Identifier: Apache-2.0
"""Holes of a frame -> what their surroundings in this frame say of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._band import Band
from pixmend.fill._holes import NOTHING, Holes, find_holes
from pixmend.fill._kriging import Kriging
from pixmend.fill._mattes import find_mattes
from pixmend.fill._tables import Prediction
from pixmend.fill._windows import cut_windows

__all__ = ["Predicted", "PredictedTile", "fill_samples", "predict_holes"]


@dataclass(frozen=True, slots=True, eq=False)
class PredictedTile:
    """One window's prediction.

    Attributes
    ----------
    tile : int
        Which window of the holes.
    places : (N,) int ndarray
        Which of the holes' spoiled samples its targets are.
    is_known : (C, side, side) bool ndarray
        What it was predicted from.
    prediction : Prediction
    """

    tile: int
    places: NDArray[np.intp]
    is_known: NDArray[np.bool_]
    prediction: Prediction


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What the surroundings say of all spoiled samples of a frame.

    Attributes
    ----------
    value : (N,) float32 ndarray
        Sigma scale, in the order of the holes' spoiled samples; NaN where nothing around is known.
    variance : (N,) float64 ndarray
        Expected square of the error; Inf where the value is NaN.
    tiles : tuple of PredictedTile
        Those of which something is known, and that lie in the picture: no grain belongs into a bar.
    """

    value: NDArray[np.float32]
    variance: NDArray[np.float64]
    tiles: tuple[PredictedTile, ...]


def predict_holes(windows: NDArray[np.float32], holes: Holes, kriging: Kriging) -> Predicted:
    """Predict every spoiled sample from its window.

    Parameters
    ----------
    windows : (T, C, side, side) float32 ndarray
        Of the holes, sigma scale; NaN where a sample says nothing.

    Notes
    -----
    What lies in a black bar gets the value of the bar; the rest is predicted from picture alone.
    """
    value = np.full(len(holes.spoiled), np.nan, np.float32)
    variance = np.full(len(holes.spoiled), np.inf)
    is_known = holes.is_sound & np.isfinite(windows)
    mattes = find_mattes(windows, is_known)
    tiles = []
    first = 0
    for tile, (window, is_target, known) in enumerate(zip(windows, holes.is_target, is_known, strict=True)):
        stop = first + int(np.count_nonzero(is_target))
        if stop > first and known.any():
            places = holes.places[first:stop]
            row, column = holes.origins[tile].tolist()
            local = kriging.at(row + kriging.radius_px, column + kriging.radius_px)
            matte = mattes.get(tile)
            picture = known if matte is None else known & ~matte.is_bar
            prediction = local.predict(window, is_target, picture)
            value[places], variance[places] = prediction.value, prediction.variance
            if matte is not None and (is_target & matte.is_bar).any():
                channel, *place = np.nonzero(is_target)
                barred = matte.is_bar[tuple(place)]
                value[places[barred]], variance[places[barred]] = matte.value[channel[barred]], 0.0
            else:
                tiles.append(PredictedTile(tile, places, picture, prediction))
        first = stop
    return Predicted(value, variance, tuple(tiles))


def fill_samples(
    values: NDArray[np.float32],
    spoiled: NDArray[np.intp],
    kriging: Kriging,
    *,
    doubtful: NDArray[np.intp] = NOTHING,
) -> NDArray[np.float32]:
    """Predict spoiled samples from the sound ones around them.

    Parameters
    ----------
    values : (C, H, W) float32 ndarray
        Sigma scale, NaN where a sample says nothing.
    spoiled : (N, 3) int ndarray
        (channel, y, x).
    doubtful : (M, 3) int ndarray
        Likewise; those beyond the borders do not matter.

    Returns
    -------
    (N,) float32 ndarray
        NaN where nothing in the window is known.

    Notes
    -----
    Non-finite and doubtful samples, other defects and what lies beyond the borders take
    no part.
    """
    channels, height, width = values.shape
    holes = find_holes(spoiled, (channels, height, width), radius_px=kriging.radius_px, doubtful=doubtful)
    cut = cut_windows([Band(0, np.moveaxis(values, 0, -1))], holes.origins, kriging.side)
    return predict_holes(np.moveaxis(cut, -1, 1), holes, kriging).value

# SPDX-License-Identifier: Apache-2.0
"""Predicted holes of a frame -> with the grain that they lack."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pixmend.fill._answers import METHODS, Answers
from pixmend.fill._fusion import Fused
from pixmend.fill._grain import Grain, add_grain, draw_grain
from pixmend.fill._holes import Holes
from pixmend.fill._kriging import Kriging
from pixmend.fill._prediction import Predicted
from pixmend.model import Method

__all__ = ["Graining"]

_SHAPES_KEPT = 2048
_PREDICTED = tuple(METHODS.index(each) for each in (Method.SPATIAL, Method.TEMPORAL))


class Graining:
    """Gives holes the grain that their prediction lacks.

    Parameters
    ----------
    grain : Grain
        Of the shot.
    kriging : Kriging
        That predicts.
    seed : int
        32 bits.
    """

    def __init__(self, grain: Grain, kriging: Kriging, seed: int) -> None:
        self._grain = grain
        self._kriging = kriging
        self._seed = seed
        self._lacking = lru_cache(maxsize=_SHAPES_KEPT)(self._solve)

    def add(
        self,
        answers: Answers,
        holes: Holes,
        predicted: Predicted,
        *,
        fused: Mapping[int, Fused],
        frame: int,
        corner: tuple[int, int],
    ) -> None:
        """Add grain to what is predicted, and its variance to the expected error.

        Parameters
        ----------
        answers : Answers
            Changed in place; what is recovered or stays as it is has its own grain.
        fused : mapping of int to Fused
            By window, of those that were predicted with the help of the frames beside.
        corner : (int, int)
            y and x in pixel space of the first sample of the frame's arrays.
        """
        for each in predicted.tiles:
            mine = np.isin(answers.method[each.places], _PREDICTED)
            if not mine.any():
                continue
            is_target = holes.is_target[each.tile]
            row, column = (int(at) + self._kriging.radius_px for at in holes.origins[each.tile])
            if each.tile in fused:
                local = self._grain.at(row, column)
                own = fused[each.tile].noise_covariance(local.covariance, each.is_known)
                lacking = local.lacking(own, is_target)
            else:
                lacking = self._lacking(
                    (row % 2, column % 2),
                    each.prediction.contrast_class,
                    is_target.tobytes(),
                    each.is_known.tobytes(),
                )
            if not lacking.any():
                continue
            sites = holes.spoiled[each.places] + np.array([0, *corner])
            grained = add_grain(answers.value[each.places], lacking, draw_grain(self._seed, frame, sites))
            more = np.square(lacking, dtype=np.float64).sum(axis=1)
            answers.value[each.places[mine]] = grained[mine]
            answers.variance[each.places[mine]] += more[mine]

    def _solve(
        self, cell: tuple[int, int], contrast_class: int, target_key: bytes, known_key: bytes
    ) -> NDArray[np.float32]:
        shape = (self._kriging.channels, self._kriging.side, self._kriging.side)
        is_target, is_known = (np.frombuffer(key, bool).reshape(shape) for key in (target_key, known_key))
        weights = self._kriging.at(*cell).weights(contrast_class, is_target, is_known)
        local = self._grain.at(*cell)
        return local.lacking(local.carried(weights, is_known), is_target)

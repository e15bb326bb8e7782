# SPDX-License-Identifier: Apache-2.0
"""Joined photosites that lie: what they explain of an excess, and of which colours they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from pixmend.detect._point_shapes import Camera, block_is_green, lit_alone, point_shapes
from pixmend.detect._whitened_patches import LEAST, Lights, WhitenedPatches

__all__ = ["JoinedFit", "explained_by_six", "fit_joined"]

_SIX = ((2, 3), (3, 2))  # photosites down and across
_WORTH = 0.8  # of the excess is joined photosites: only then their colours say anything


@dataclass(frozen=True, slots=True, eq=False)
class JoinedFit:
    """What joined photosites explain of each patch; all (N,) float64.

    Attributes
    ----------
    explained : ndarray
        Energy that up to four joined photosites of one sign explain.
    green : ndarray
        The strongest green photosite over the strongest red or blue one, in balanced colours; infinite
        where joined photosites explain too little.
    """

    explained: NDArray[np.float64]
    green: NDArray[np.float64]


def fit_joined(white: WhitenedPatches, camera: Camera | None) -> JoinedFit:
    """Fit joined photosites to each patch.

    Parameters
    ----------
    camera : Camera or None
        None where it is not known: then nothing is explained.
    """
    count = len(white.patches)
    explained, green = np.zeros(count), np.full(count, np.inf)
    if camera is None:
        return JoinedFit(explained, green)
    for y, x, members in white.by_parity():
        blocks = white.basis(point_shapes(camera, y, x, channels=len(white.typical)).blocks)
        explained[members] = Lights(blocks).explain_all(white.patches[members])
        asked = members[explained[members] >= _WORTH * (white.energy[members] + LEAST)]
        if not len(asked) or not camera.demosaic:
            continue
        is_green = block_is_green(camera, y, x)
        green[asked] = [_greenness(blocks, is_green, patch) for patch in white.patches[asked]]
    return JoinedFit(explained, green)


def explained_by_six(white: WhitenedPatches, camera: Camera, asked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the energy of each patch that up to six joined photosites of one sign explain; 0 where not asked.

    Six explain much: it says something only where no light explains nearly as much. The camera has a demosaic.
    """
    explained = np.zeros(len(asked))
    for y, x, members in white.by_parity():
        own = members[asked[members]]
        if len(own):
            alone = lit_alone(camera, y, x)[0][0]
            blocks = np.array([alone[rows, columns] for rows, columns in _blocks_of_six(len(alone) // 2)])
            explained[own] = Lights(white.basis(blocks)).explain_all(white.patches[own])
    return explained


def _blocks_of_six(middle: int) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the rows and columns of the photosites of each block that holds or touches the middle one."""
    for height, width in _SIX:
        for top, left in product(range(middle - height, middle + 2), range(middle - width, middle + 2)):
            places = list(product(range(top, top + height), range(left, left + width)))
            yield [y for y, _ in places], [x for _, x in places]


def _greenness(blocks: NDArray[np.float64], is_green: NDArray[np.bool_], patch: NDArray[np.float64]) -> float:
    """Return the strongest green over the strongest other photosite of the block that explains a patch best."""
    fits = [
        (float(rest), strength, which)
        for which, block in enumerate(blocks)
        for strength, rest in _fits(block, patch)
    ]
    _, strength, best = min(fits, key=lambda fit: fit[0])
    return float(strength[is_green[best]].max() / max(strength[~is_green[best]].max(), LEAST))


def _fits(block: NDArray[np.float64], patch: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], float]]:
    """Return the strengths of a block's photosites, all bright and all dark, and what each leaves."""
    return [nnls(block.T, patch), nnls(block.T, -patch)]

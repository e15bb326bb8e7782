# SPDX-License-Identifier: Apache-2.0
"""How far a repair stands out of sound places: outline, grain, colour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.arrays import MAD_TO_SIGMA
from pixmend.audit._look import Look, log_energy, step_energy
from pixmend.audit._measures import Measures
from pixmend.audit._site import LEAST_PLACES, RepairSite

__all__ = ["LIMIT", "AuditScore", "score_repair"]

LIMIT = 4.0
"""Score from which a repair shows: of places that nobody touched one in a hundred has it."""

_FLAT = 0.02  # squared step of a mean picture that no eye sees, in sigma squared
_LEAST_OFFSET = 0.35  # spread of offsets between sound places, in steps of their surroundings
_LEAST_RATIO = 0.1  # likewise of the logarithm of a ratio of energies
_TAILS = (0.05, 0.95)
_BETWEEN_TAILS = 3.29  # standard deviations of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditScore:
    """How far a repair stands out, in standard deviations between sound places around it.

    Attributes
    ----------
    outline : float
        Steps across its rim, >= 0.
    grain : float
        Too soft or frozen where negative, too rough where positive.
    colour : float
        Offset of its level or of one channel, >= 0.
    frames : int
        How many frames were looked at.
    places : int
        How many sound places it was compared with.
    """

    outline: float
    grain: float
    colour: float
    frames: int
    places: int

    @property
    def worst(self) -> float:
        """The largest of the scores."""
        return max(self.outline, abs(self.grain), self.colour)

    @property
    def shows(self) -> bool:
        """Whether a viewer may see the repair."""
        return self.worst >= LIMIT


def score_repair(site: RepairSite, looks: tuple[Look, ...]) -> AuditScore | None:
    """Compare a repair with the sound places around it.

    Parameters
    ----------
    site : RepairSite
    looks : tuple of Look
        One a piece: the sums over all frames that were looked at.

    Returns
    -------
    AuditScore or None
        None where too few samples say anything.

    Notes
    -----
    Outline and colour are asked of the mean picture over the frames, in which what is
    fixed stands out of what moves, relative to how busy that picture is around. Grain is
    asked of single frames and over time: energies inside over those around. Each number
    is compared with the same number at the sound places, by their median and spread; a
    score is the largest of its family. With few frames a pale box is not seen, as it is
    not by an eye.
    """
    parts = [_numbers(piece.measures, look) for piece, look in zip(site.pieces, looks, strict=True)]
    known = [each for each in parts if np.isfinite(each.grain[0]).all()]
    alike = [each for each in known if each.families == known[0].families]
    if not alike:
        return None
    rows = min(len(each.grain) for each in alike)
    outline, grain, colour = (
        np.mean([getattr(each, name)[:rows] for each in alike], axis=0)
        for name in ("outline", "grain", "colour")
    )
    told = np.isfinite(grain).all(axis=1)
    if told.sum() <= LEAST_PLACES:
        return None
    rough = _standing_out(grain[told], _LEAST_RATIO)
    return AuditScore(
        outline=_largest(_standing_out(outline[told], _LEAST_OFFSET)),
        grain=float(rough[np.abs(rough).argmax()]),
        colour=_largest(_standing_out(colour[told], _LEAST_OFFSET)),
        frames=max(each.frames for each in alike),
        places=int(told.sum()) - 1,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Numbers:
    """What is compared, for the repair (row 0) and each sound place of one piece; NaN where nothing is known."""

    outline: NDArray[np.float64]
    grain: NDArray[np.float64]
    colour: NDArray[np.float64]
    frames: int

    @property
    def families(self) -> tuple[int, int, int]:
        """How many numbers there are of each: pieces at an end or a border have others."""
        return self.outline.shape[1], self.grain.shape[1], self.colour.shape[1]


def _numbers(measures: Measures, look: Look) -> _Numbers:
    told = np.where(look.frames * 2 > look.frames[0], look.weight, np.nan)[:, None]
    with np.errstate(invalid="ignore"):
        picture, energy, ratio = look.picture / told, look.energy / told, look.ratio / told
    busy = np.sqrt(0.5 * step_energy(picture, measures.ring) + _FLAT)[:, None]
    outline, colour = ((picture @ each.T) / busy for each in (measures.outline, measures.colour))
    grain = np.concatenate([ratio, _moving_ratio(measures, picture, energy)], axis=1)
    return _Numbers(outline, grain if len(measures.fine) else grain[:, ::2], colour, int(look.frames[0]))


def _moving_ratio(
    measures: Measures, picture: NDArray[np.float64], energy: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the logarithms of the energies inside over that of the ring, of what changes over time, (S + 1, 2)."""
    rest = np.square(picture @ measures.inside.T).mean(axis=1)
    fixed = np.stack([rest, *(step_energy(picture, each) for each in (measures.fine, measures.ring))], axis=1)
    logarithm = log_energy(energy - fixed)
    return logarithm[:, :2] - logarithm[:, 2:]


def _standing_out(numbers: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Return how far the repair's numbers lie from those of the sound places, in their spread, (K,).

    Where places are of several sorts (half wall, half leaves), the tails tell the spread.
    """
    sound = numbers[1:]
    middle = np.median(sound, axis=0)
    low, high = np.quantile(sound, _TAILS, axis=0)
    narrow = MAD_TO_SIGMA * np.median(np.abs(sound - middle), axis=0)
    spread = np.maximum(narrow, (high - low) / _BETWEEN_TAILS)
    return np.asarray((numbers[0] - middle) / np.hypot(spread, least))


def _largest(scores: NDArray[np.float64]) -> float:
    return float(np.abs(scores).max(initial=0.0))

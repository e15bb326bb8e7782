# SPDX-License-Identifier: Apache-2.0
"""Planted defects: what is wrong with which photosite, and recipes of many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.model import FrameRange, Kind
from pixmend.simulate._sensor import Sensor

__all__ = [
    "DEMO_RECIPE",
    "STANDARD_RECIPE",
    "WHOLE",
    "Ingredient",
    "PlantedDefect",
    "mean_lie",
    "plant_defects",
]

_MARGIN_PX = 6  # of the plate's border, that a random defect keeps off
WHOLE = 0
"""As a side of an ingredient: the whole side of the plate. Plant such lines first, while there is room."""

_BLINK_RUN_FRAMES = 5  # mean length of an on or off run


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedDefect:
    """One defect of the simulated sensor: a lie told in the photosite domain.

    Attributes
    ----------
    sites : tuple of (int, int)
        Photosites, as x, y in pixel space.
    kind : Kind
    label : str
        The class that benchmarks report it under (``2 sigma``, ``stuck``).
    amplitude_sigma : float
        Added light, in sigma of the photosite noise at the shot's mean level there; 0 for none.
    fluctuation : float
        Relative change of the added light from frame to frame, one standard deviation.
    gain : float
        What is left of the scene's light: 1 all, 0 dead.
    saturated : bool
        The photosite reads full well whatever the scene.
    frames : FrameRange or None
        Frames in which it lies; None means every frame.
    """

    sites: tuple[tuple[int, int], ...]
    kind: Kind
    label: str = ""
    amplitude_sigma: float = 0.0
    fluctuation: float = 0.0
    gain: float = 1.0
    saturated: bool = False
    frames: FrameRange | None = None

    @property
    def centre(self) -> tuple[int, int]:
        """The photosite that stands for it, x and y."""
        return self.sites[len(self.sites) // 2]

    def lies_in(self, frame: int) -> bool:
        """Tell whether it shows in `frame`."""
        return self.frames is None or frame in self.frames


def mean_lie(defect: PlantedDefect, level: NDArray[np.float32], sensor: Sensor) -> NDArray[np.float32]:
    """Return what the photosites of a defect read on average.

    Parameters
    ----------
    defect : PlantedDefect
    level : (N,) float32 ndarray
        Mean electrons of its sites, were they sound.
    sensor : Sensor

    Returns
    -------
    (N,) float32 ndarray
        Electrons, not above full well.
    """
    if defect.saturated:
        return np.full_like(level, sensor.full_well_e)
    lying = defect.gain * level + defect.amplitude_sigma * sensor.noise_sigma_e(level)
    return np.minimum(lying, sensor.full_well_e).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """Some defects of one class.

    Attributes
    ----------
    label, kind, amplitude_sigma, fluctuation, gain, saturated
        As in `PlantedDefect`.
    count : int
    size : (int, int)
        Photosites down and across: (1, 1) one, (2, 2) a cluster, (60, 1) part of a column,
        (`WHOLE`, 1) a column from edge to edge.
    duty : float
        Share of the frames in which a blinking one is on.
    onset : float
        Share of the shot that is over when it begins to lie; 0 for from the start.
    """

    label: str
    kind: Kind
    count: int
    amplitude_sigma: float = 0.0
    fluctuation: float = 0.1
    gain: float = 1.0
    saturated: bool = False
    size: tuple[int, int] = (1, 1)
    duty: float = 1.0
    onset: float = 0.0


def _hot(amplitude: float, count: int) -> Ingredient:
    return Ingredient(label=f"{amplitude:g} sigma", kind=Kind.HOT, count=count, amplitude_sigma=amplitude)


STANDARD_RECIPE: tuple[Ingredient, ...] = (
    *(_hot(amplitude, 8) for amplitude in (2.0, 3.0, 5.0, 8.0, 15.0, 50.0)),
    Ingredient(label="stuck", kind=Kind.STUCK, count=4, saturated=True),
    Ingredient(label="dead", kind=Kind.DEAD, count=3, gain=0.0),
    Ingredient(label="dim 0.4", kind=Kind.DEAD, count=3, gain=0.4),
    Ingredient(label="blinking 0.3", kind=Kind.BLINKING, count=4, amplitude_sigma=12.0, duty=0.3),
    Ingredient(label="blinking 0.12", kind=Kind.BLINKING, count=4, amplitude_sigma=12.0, duty=0.12),
    Ingredient(label="cluster", kind=Kind.CLUSTER, count=1, amplitude_sigma=5.0, size=(2, 2)),
    Ingredient(label="cluster", kind=Kind.CLUSTER, count=1, amplitude_sigma=15.0, size=(2, 2)),
    Ingredient(label="column", kind=Kind.COLUMN, count=1, amplitude_sigma=2.0, size=(60, 1)),
    Ingredient(label="column", kind=Kind.COLUMN, count=1, amplitude_sigma=4.0, size=(60, 1)),
)
"""The 70 mixed defects that detection is measured with."""

DEMO_RECIPE: tuple[Ingredient, ...] = (
    _hot(8.0, 6),
    _hot(15.0, 6),
    _hot(50.0, 4),
    Ingredient(label="stuck", kind=Kind.STUCK, count=4, saturated=True),
    Ingredient(label="dead", kind=Kind.DEAD, count=4, gain=0.0),
)
"""Static defects that a person would see."""


def plant_defects(
    recipe: Sequence[Ingredient],
    size: tuple[int, int],
    frames: FrameRange,
    *,
    seed: int,
    spacing_px: int = 14,
) -> tuple[PlantedDefect, ...]:
    """Place defects at random, apart from each other and off the border.

    Parameters
    ----------
    recipe : sequence of Ingredient
    size : (int, int)
        Height and width of the plate.
    frames : FrameRange
        Of the shot; blinking and flashing ones are on in some of them.
    seed : int
    spacing_px : int
        No other defect is nearer, along either axis.

    Raises
    ------
    ValueError
        If the plate has no room for them.
    """
    rng = np.random.default_rng([seed, 103])
    taken = np.zeros(size, dtype=bool)
    planted = []
    for ingredient in recipe:
        for _ in range(ingredient.count):
            sites = _free_sites(taken, ingredient.size, rng, spacing_px=spacing_px)
            planted.append(
                PlantedDefect(
                    sites=sites,
                    kind=ingredient.kind,
                    label=ingredient.label,
                    amplitude_sigma=ingredient.amplitude_sigma,
                    fluctuation=ingredient.fluctuation,
                    gain=ingredient.gain,
                    saturated=ingredient.saturated,
                    frames=_frames_on(ingredient, frames, rng),
                )
            )
    return tuple(planted)


def _free_sites(
    taken: NDArray[np.bool_], size: tuple[int, int], rng: np.random.Generator, *, spacing_px: int
) -> tuple[tuple[int, int], ...]:
    """Choose a free block of photosites and mark it taken."""
    down, across = (_places(extent, side) for extent, side in zip(size, taken.shape, strict=True))
    for _ in range(1000 if down and across else 0):
        y, x = (places[int(rng.integers(len(places)))] for places in (down, across))
        bottom, right = y + (size[0] or taken.shape[0]), x + (size[1] or taken.shape[1])
        around = taken[
            max(y - spacing_px, 0) : bottom + spacing_px, max(x - spacing_px, 0) : right + spacing_px
        ]
        if not around.any():
            taken[y:bottom, x:right] = True
            return tuple((i, j) for j in range(y, bottom) for i in range(x, right))
    raise ValueError(
        f"a plate of {taken.shape[1]}x{taken.shape[0]} has no room for one more defect of "
        f"{size[1]}x{size[0]} px at a spacing of {spacing_px} px; plant fewer or make the plate larger"
    )


def _places(extent: int, side: int) -> range:
    """Return where a block may begin along one side of the plate."""
    return range(1) if extent == WHOLE else range(_MARGIN_PX, side - extent - _MARGIN_PX)


def _frames_on(ingredient: Ingredient, frames: FrameRange, rng: np.random.Generator) -> FrameRange | None:
    if ingredient.kind is Kind.FLASH:
        return FrameRange([frames.frames[int(rng.integers(len(frames)))]])
    if ingredient.onset:
        return FrameRange(frames.frames[round(ingredient.onset * len(frames)) :])
    if ingredient.kind is not Kind.BLINKING:
        return None
    on = [frame for frame, is_on in zip(frames, _telegraph(ingredient.duty, rng), strict=False) if is_on]
    return FrameRange(on or frames.frames[: max(round(ingredient.duty * len(frames)), 1)])


def _telegraph(duty: float, rng: np.random.Generator) -> Iterator[bool]:
    """Yield runs of on and off, like random telegraph noise, without end."""
    while True:
        is_on = bool(rng.random() < duty)
        for _ in range(int(rng.geometric(1 / _BLINK_RUN_FRAMES))):
            yield is_on

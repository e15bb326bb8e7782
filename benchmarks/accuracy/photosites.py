# SPDX-License-Identifier: Apache-2.0
"""Lying photosites of known strength, and the maps that could be made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.shots import Plate, seen
from pixmend.model import Defect, Kind, Method, Sample
from pixmend.simulate import PlantedDefect

__all__ = [
    "CLASSES",
    "FAINT",
    "STRONG",
    "Photosite",
    "block_of",
    "defects_named",
    "photosites_of",
    "plant_grid",
]

_AMPLITUDES = (1.0, 2.0, 5.0, 15.0, 50.0)
_FLUCTUATIONS = (0.0, 0.2, 0.5)
_BORDER_PX = 20
_SPACING_PX = 30
_LOOK_PX = 4  # how far samples may be spoiled: debayer reaches 3 px, a larger plate stretches it
_BLOCK_PX = 2  # scored is what lies so near: 5x5 pixels
_COLOUR = ("R", "G", "B")
_LEAST_SIGMA = 0.3


def _label(amplitude: float, fluctuation: float) -> str:
    return f"{amplitude:g} sigma, {fluctuation:g}"


CLASSES = (
    *(_label(amplitude, swing) for amplitude in _AMPLITUDES for swing in _FLUCTUATIONS),
    "saturated",
    "dead",
)
"""Labels: amplitude in sigma of the photosite and its relative change from frame to frame."""
FAINT = tuple(_label(amplitude, swing) for amplitude in _AMPLITUDES[:2] for swing in _FLUCTUATIONS)
STRONG = tuple(_label(amplitude, swing) for amplitude in _AMPLITUDES[1:] for swing in _FLUCTUATIONS)
"""From 2 to 50 sigma."""


def plant_grid(
    size: tuple[int, int], *, seed: int, labels: Sequence[str] = CLASSES, spacing_px: int = _SPACING_PX
) -> tuple[PlantedDefect, ...]:
    """Plant photosites of several classes in turn on a grid over a sensor, all four colours of the mosaic."""
    rng = np.random.default_rng([seed, 117])
    rows, columns = (range(_BORDER_PX, side - _BORDER_PX, spacing_px) for side in size)
    sites = [(x + int(rng.integers(-3, 4)), y + int(rng.integers(-3, 4))) for y in rows for x in columns]
    order = rng.permutation(len(sites))
    return tuple(_planted(sites[place], labels[number % len(labels)]) for number, place in enumerate(order))


def _planted(site: tuple[int, int], label: str) -> PlantedDefect:
    if label == "saturated":
        return PlantedDefect(sites=(site,), kind=Kind.STUCK, label=label, saturated=True)
    if label == "dead":
        return PlantedDefect(sites=(site,), kind=Kind.DEAD, label=label, gain=0.0)
    amplitude, swing = label.split(" sigma, ")
    return PlantedDefect(
        sites=(site,), kind=Kind.HOT, label=label, amplitude_sigma=float(amplitude), fluctuation=float(swing)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Photosite:
    """A planted photosite and what it truly spoils on the plate.

    Attributes
    ----------
    label : str
    x, y : int
    samples : tuple of Sample
        Off by more than 0.3 sigma of one frame, root mean square over the frames; the strongest always.
    strongest_sigma : float
        Mean excess of the strongest sample, in sigma.
    """

    label: str
    x: int
    y: int
    samples: tuple[Sample, ...]
    strongest_sigma: float

    @property
    def places(self) -> list[tuple[int, int, int]]:
        """Row, column and channel of each spoiled sample."""
        return [(self.y + each.dy, self.x + each.dx, _COLOUR.index(each.channel)) for each in self.samples]

    def defect(self, number: int, method: Method | None) -> Defect:
        """Return what a perfect map says of it."""
        kind = {"saturated": Kind.STUCK, "dead": Kind.DEAD}.get(self.label, Kind.HOT)
        return Defect(
            id=f"p{number:04d}",
            x=self.x,
            y=self.y,
            kind=kind,
            samples=self.samples,
            amplitude_sigma=round(self.strongest_sigma, 3),
            method=method,
        )


def photosites_of(plate: Plate, planted: Sequence[PlantedDefect]) -> list[Photosite]:
    """Look up what planted photosites spoil: measured, as a finish or a clever demosaic may do anything."""
    excess = _excess_sigma(plate)
    return [_photosite(each, excess) for each in planted]


def _excess_sigma(plate: Plate) -> NDArray[np.float32]:
    """Return the spoiled frames less their clean twins, (F, H, W, 3), in sigma of the middle frame."""
    differences = [
        seen(plate.spoiled[number], plate.storage) - seen(plate.clean[number], plate.storage)
        for number in plate.clean
    ]
    return np.asarray(np.stack(differences) / plate.sigma, np.float32)


def _photosite(planted: PlantedDefect, excess: NDArray[np.float32]) -> Photosite:
    x, y = planted.centre
    top, left = max(y - _LOOK_PX, 0), max(x - _LOOK_PX, 0)
    near = excess[:, top : y + _LOOK_PX + 1, left : x + _LOOK_PX + 1]
    size = np.sqrt(np.mean(np.square(near, dtype=np.float64), axis=0))
    strongest = np.unravel_index(size.argmax(), size.shape)
    spoiled = size > _LEAST_SIGMA
    spoiled[strongest] = True
    samples = tuple(
        Sample(int(j) + left - x, int(i) + top - y, _COLOUR[c]) for i, j, c in np.argwhere(spoiled)
    )
    return Photosite(planted.label, x, y, samples, float(near.mean(axis=0)[strongest]))


def defects_named(sites: Sequence[Photosite], method: Method | None) -> tuple[Defect, ...]:
    """Return the perfect map's defects, in the order of the sites, each to be mended by `method`."""
    return tuple(each.defect(number, method) for number, each in enumerate(sites, start=1))


def block_of(site: Photosite) -> tuple[slice, slice]:
    """Return the 5x5 pixels over which a repair is scored."""
    return (
        slice(site.y - _BLOCK_PX, site.y + _BLOCK_PX + 1),
        slice(site.x - _BLOCK_PX, site.x + _BLOCK_PX + 1),
    )

# SPDX-License-Identifier: Apache-2.0
"""A shot whose truth is known: any frame, with its defects and as a clean twin."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixmend.model import Raster
from pixmend.simulate._burn_in import burn_in
from pixmend.simulate._defects import PlantedDefect, plant_defects
from pixmend.simulate._finish import fade_gain, finish_plate, resized_place
from pixmend.simulate._sensor import add_noise, develop
from pixmend.simulate._spec import Distractor, ShotSpec
from pixmend.simulate._stage import Stage

__all__ = ["SimulatedShot"]

_LEVEL_FRAMES = 8  # frames that the mean level of a photosite is taken over


class SimulatedShot:
    """A moving camera over a picture, through a Bayer sensor with known defects.

    Every frame is rendered alone and in any order, from (seed, frame); threads
    may render at the same time.

    Parameters
    ----------
    spec : ShotSpec
    picture : (H, W, 3) float32 ndarray, optional
        Scene-linear RGB to look at, best a little larger than the raster; it is
        mirrored where the camera leaves it. Default: a procedural street.
    planted : sequence of PlantedDefect, optional
        The defects, in place of random ones by `spec.recipe`; their sites are the sensor's.

    Attributes
    ----------
    raster : Raster
        Of the plate, which `spec.finish` may have resized.
    planted : tuple of PlantedDefect
        With their sites on the plate.

    Raises
    ------
    ValueError
        If the plate has no room for the recipe, or a planted site is outside it.
    """

    def __init__(
        self,
        spec: ShotSpec,
        *,
        picture: NDArray[np.float32] | None = None,
        planted: tuple[PlantedDefect, ...] | None = None,
    ) -> None:
        self.spec = spec
        self.frames = spec.frames
        height, width = spec.finish.plate_size((spec.height, spec.width))
        self.raster = Raster(0, 0, width, height)
        self._index = {frame: index for index, frame in enumerate(spec.frames)}
        self._stage = Stage(spec, picture)
        size = (spec.height, spec.width)
        if planted is None:
            planted = plant_defects(spec.recipe, size, spec.frames, seed=spec.seed)
        self._lying = _inside(planted, Raster(0, 0, spec.width, spec.height))
        self.planted = tuple(_on_plate(each, size, (height, width)) for each in planted)
        self._amplitudes = [self._amplitude_electrons(defect) for defect in self._lying]

    def render(self, frame: int) -> NDArray[np.float32]:
        """Return one frame with its defects, (H, W, 3) float32, scene-linear. Errors as `render_pair`."""
        return self._finish(self._lie(self._noisy(frame), frame), frame)

    def render_clean(self, frame: int, *, take: int = 0) -> NDArray[np.float32]:
        """Return the clean twin of one frame: the same noise, no defect. Else as `render`.

        Another `take` is the same view with other noise, which tells the noise of each sample.
        """
        return self._finish(self._noisy(frame, take=take), frame, take=take)

    def render_pair(self, frame: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return a frame with its defects and its clean twin.

        Returns
        -------
        spoiled, clean : (H, W, 3) float32 ndarray
            Scene-linear RGB; equal but for the footprints of the defects.

        Raises
        ------
        ValueError
            If `frame` is not in the shot.
        """
        noisy = self._noisy(frame)
        return self._finish(self._lie(noisy.copy(), frame), frame), self._finish(noisy, frame)

    def mean_electrons(self, ys: NDArray[np.int64], xs: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the mean light on photosites (y, x) over the shot, without defects, (N,), electrons."""
        few = self.frames.thinned(_LEVEL_FRAMES)
        ys, xs = ys.astype(np.int64), xs.astype(np.int64)
        levels = [self._stage.electrons_at(self._index[frame], ys, xs) for frame in few]
        mean: NDArray[np.float32] = np.mean(levels, axis=0, dtype=np.float32)
        return mean

    def _noisy(self, frame: int, *, take: int = 0) -> NDArray[np.float32]:
        """Photosites of one frame with noise and without defects, in electrons."""
        if frame not in self._index:
            raise ValueError(f"frame {frame} is not in the shot {self.frames}")
        electrons = self._stage.electrons(self._index[frame], self._rng(frame, 105))
        return add_noise(electrons, self.spec.sensor, self._rng(frame, 104, take))

    def _rng(self, frame: int, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.spec.seed, self._index[frame], *stream])

    def _lie(self, electrons: NDArray[np.float32], frame: int) -> NDArray[np.float32]:
        """Let the defects of a frame spoil its photosites, in place."""
        for number, (defect, amplitude) in enumerate(zip(self._lying, self._amplitudes, strict=True)):
            if not defect.lies_in(frame):
                continue
            xs, ys = np.array(defect.sites).T
            rng = self._rng(frame, 106, number)
            swing = 1.0 + defect.fluctuation * rng.standard_normal(len(xs))
            added = np.maximum(amplitude * swing, 0.0)
            added += rng.standard_normal(len(xs)) * np.sqrt(added)  # added light has shot noise too
            lying = defect.gain * electrons[ys, xs] + added
            electrons[ys, xs] = 1.02 * self.spec.sensor.full_well_e if defect.saturated else lying
        return electrons

    def _finish(self, electrons: NDArray[np.float32], frame: int, *, take: int = 0) -> NDArray[np.float32]:
        spec = self.spec
        gain = fade_gain(spec.finish.fade, self._index[frame], len(self.frames))
        plate = finish_plate(
            develop(electrons, spec.sensor, spec.demosaic),
            spec.finish,
            spec.sensor,
            gain=gain,
            rng=self._rng(frame, 113, take),
        )
        return burn_in(plate, seed=spec.seed) if Distractor.BURN_IN in spec.distractors else plate

    def _amplitude_electrons(self, defect: PlantedDefect) -> NDArray[np.float32]:
        xs, ys = np.array(defect.sites).T
        sigma = self.spec.sensor.noise_sigma_e(self.mean_electrons(ys, xs))
        return (defect.amplitude_sigma * sigma).astype(np.float32)


def _inside(planted: tuple[PlantedDefect, ...], raster: Raster) -> tuple[PlantedDefect, ...]:
    for defect in planted:
        for x, y in defect.sites:
            if not raster.contains(x, y):
                raise ValueError(f"a defect is planted at ({x}, {y}), outside the raster {raster}")
    return tuple(planted)


def _on_plate(defect: PlantedDefect, size: tuple[int, int], plate: tuple[int, int]) -> PlantedDefect:
    """Return a defect with its photosites' places on a plate of another size."""
    if size == plate:
        return defect
    places = (
        (resized_place(x, size[1], plate[1]), resized_place(y, size[0], plate[0])) for x, y in defect.sites
    )
    return replace(defect, sites=tuple(dict.fromkeys(places)))

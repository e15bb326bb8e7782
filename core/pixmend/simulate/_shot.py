# SPDX-License-Identifier: Apache-2.0
"""A shot whose truth is known: any frame, with its defects and as a clean twin."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pixmend.model import FrameRange, Raster
from pixmend.simulate._camera import Motion, camera_path, reach_of, views_of_shutter
from pixmend.simulate._defects import STANDARD_RECIPE, Ingredient, PlantedDefect, plant_defects
from pixmend.simulate._distractors import burn_in_mask, rain_light, scatter_lights
from pixmend.simulate._kernels import light_of_plane, light_of_sites
from pixmend.simulate._picture import expose, procedural_street
from pixmend.simulate._sensor import Demosaic, Sensor, add_noise, camera_light, develop

__all__ = ["Distractor", "ShotSpec", "SimulatedShot"]

_LEVEL_FRAMES = 8  # frames that the mean level of a photosite is taken over
_MOST_PICTURE = 2.0  # a long pan mirrors the picture rather than paint more of it
_BURN_IN_LIGHT = 0.8


class Distractor(StrEnum):
    """What looks like a defect and is none."""

    LIGHTS = "lights"
    RAIN = "rain"
    BURN_IN = "burn-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotSpec:
    """All that a simulated shot depends on; equal specs give equal bits.

    Attributes
    ----------
    width, height : int
        Of the raster, in px; each 32 or more.
    frames : FrameRange
    motion : Motion
    exposure : float
        1 puts the geometric mean of the picture at 0.18; 0.06 is night.
    demosaic : Demosaic
    sensor : Sensor
    recipe : tuple of Ingredient
        What to plant.
    distractors : frozenset of Distractor
    seed : int
    """

    width: int = 1920
    height: int = 1080
    frames: FrameRange = field(default_factory=lambda: FrameRange(range(1001, 1049)))
    motion: Motion = Motion.PAN
    exposure: float = 0.3
    demosaic: Demosaic = Demosaic.MALVAR
    sensor: Sensor = field(default_factory=Sensor)
    recipe: tuple[Ingredient, ...] = STANDARD_RECIPE
    distractors: frozenset[Distractor] = frozenset()
    seed: int = 7


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
        The defects, in place of random ones by `spec.recipe`.

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
        self.raster = Raster(0, 0, spec.width, spec.height)
        self._size = (spec.height, spec.width)
        self._index = {frame: index for index, frame in enumerate(spec.frames)}
        self._path = camera_path(spec.motion, len(spec.frames), seed=spec.seed)
        self._planes, self._offset = self._look_at(picture)
        self._lights = (
            scatter_lights(self._size, self._offset, seed=spec.seed)
            if Distractor.LIGHTS in spec.distractors
            else None
        )
        if planted is None:
            planted = plant_defects(spec.recipe, self._size, spec.frames, seed=spec.seed)
        self.planted = _inside(planted, self.raster)
        self._amplitudes = [self._amplitude_electrons(defect) for defect in self.planted]

    def render(self, frame: int) -> NDArray[np.float32]:
        """Return one frame with its defects, (H, W, 3) float32, scene-linear. Errors as `render_pair`."""
        return self._finish(self._lie(self._noisy(frame), frame))

    def render_clean(self, frame: int, *, take: int = 0) -> NDArray[np.float32]:
        """Return the clean twin of one frame: the same noise, no defect. Else as `render`.

        Another `take` is the same view with other noise, which tells the noise of each sample.
        """
        return self._finish(self._noisy(frame, take=take))

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
        return self._finish(self._lie(noisy.copy(), frame)), self._finish(noisy)

    def mean_electrons(self, ys: NDArray[np.int64], xs: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the mean light on photosites (y, x) over the shot, without defects, (N,), electrons."""
        few = self.frames.thinned(_LEVEL_FRAMES)
        levels = [
            light_of_sites(self._planes, self._views(frame)[2:3], ys.astype(np.int64), xs.astype(np.int64))
            for frame in few
        ]
        mean: NDArray[np.float32] = np.mean(levels, axis=0, dtype=np.float32)
        return mean

    def _look_at(
        self, picture: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.float32], tuple[float, float]]:
        """Expose the picture on the sensor; say where in it the camera stands at rest."""
        top, left, bottom, right = reach_of(self._path, size=self._size)
        if picture is None:
            rows = min(int(bottom - top) + 8, int(_MOST_PICTURE * self._size[0]))
            columns = min(int(right - left) + 8, int(_MOST_PICTURE * self._size[1]))
            picture = procedural_street(rows, columns, seed=self.spec.seed)
        slack_y = picture.shape[0] - (bottom - top)
        slack_x = picture.shape[1] - (right - left)
        offset = (slack_y / 2 - top, slack_x / 2 - left)
        return camera_light(expose(picture, self.spec.exposure), self.spec.sensor), offset

    def _views(self, frame: int) -> NDArray[np.float64]:
        if frame not in self._index:
            raise ValueError(f"frame {frame} is not in the shot {self.frames}")
        return views_of_shutter(self._path, self._index[frame], size=self._size, offset=self._offset)

    def _noisy(self, frame: int, *, take: int = 0) -> NDArray[np.float32]:
        """Photosites of one frame with noise and without defects, in electrons."""
        views = self._views(frame)
        electrons = light_of_plane(self._planes, views, *self._size)
        rng = self._rng(frame, 104, take)
        if self._lights is not None:
            self._lights.shine(electrons, views, self.spec.sensor)
        if Distractor.RAIN in self.spec.distractors:
            rain_light(electrons, self.spec.sensor, self._rng(frame, 105))
        return add_noise(electrons, self.spec.sensor, rng)

    def _rng(self, frame: int, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.spec.seed, self._index[frame], *stream])

    def _lie(self, electrons: NDArray[np.float32], frame: int) -> NDArray[np.float32]:
        """Let the defects of a frame spoil its photosites, in place."""
        for number, (defect, amplitude) in enumerate(zip(self.planted, self._amplitudes, strict=True)):
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

    def _finish(self, electrons: NDArray[np.float32]) -> NDArray[np.float32]:
        linear = develop(electrons, self.spec.sensor, self.spec.demosaic)
        if Distractor.BURN_IN in self.spec.distractors:
            cover = burn_in_mask(self._size, seed=self.spec.seed)[..., None]
            linear = linear * (1 - cover) + np.float32(_BURN_IN_LIGHT) * cover
        return linear

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

# SPDX-License-Identifier: Apache-2.0
"""What the sensor sees: picture, lights and weather, as mean electrons."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixmend.simulate._camera import Motion, camera_path, reach_of, views_of_shutter
from pixmend.simulate._kernels import light_of_plane, light_of_sites
from pixmend.simulate._layers import Layer, foreground, moving_objects
from pixmend.simulate._lights import glints_of_frame, scatter_lights
from pixmend.simulate._picture import expose, procedural_street
from pixmend.simulate._sensor import camera_light
from pixmend.simulate._spec import Distractor, ShotSpec
from pixmend.simulate._weather import rain_light, snow_light

__all__ = ["Stage"]

_MOST_PICTURE = 2.0  # a long pan mirrors the picture rather than paint more of it

_Look: TypeAlias = Callable[[NDArray[np.float32], NDArray[np.float64]], NDArray[np.float32]]


class Stage:
    """The scene of a shot, and the camera's way over it.

    Parameters
    ----------
    spec : ShotSpec
    picture : (H, W, 3) float32 ndarray, optional
        Scene-linear RGB; default: a procedural street.
    """

    def __init__(self, spec: ShotSpec, picture: NDArray[np.float32] | None) -> None:
        self._spec = spec
        self._size = (spec.height, spec.width)
        self._path = camera_path(spec.motion, len(spec.frames), seed=spec.seed)
        top, left, bottom, right = reach_of(self._path, size=self._size)
        if picture is None:
            rows = min(int(bottom - top) + 8, int(_MOST_PICTURE * self._size[0]))
            columns = min(int(right - left) + 8, int(_MOST_PICTURE * self._size[1]))
            picture = procedural_street(rows, columns, seed=spec.seed)
        slack_y = picture.shape[0] - (bottom - top)
        slack_x = picture.shape[1] - (right - left)
        self._offset = (slack_y / 2 - top, slack_x / 2 - left)
        self._planes = camera_light(expose(picture, spec.exposure), spec.sensor)
        self._layers = self._stand_before()
        self._lights = (
            scatter_lights(self._size, self._offset, seed=spec.seed)
            if Distractor.LIGHTS in spec.distractors
            else None
        )
        self._stands_still = spec.motion is Motion.LOCKED and not self._layers
        self._still: NDArray[np.float32] | None = None

    def electrons(self, index: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return the mean electrons of every photosite in frame `index` from 0, (H, W); `rng` is the rain's."""
        spec = self._spec
        electrons = self._pictured(index)
        if self._lights is not None:
            self._lights.shine(electrons, self._views(index), spec.sensor)
        if Distractor.GLINTS in spec.distractors:
            glints = glints_of_frame(self._size, self._offset, index, seed=spec.seed)
            glints.shine(electrons, self._views(index), spec.sensor)
        if Distractor.RAIN in spec.distractors:
            rain_light(electrons, spec.sensor, rng)
        if Distractor.SNOW in spec.distractors:
            snow_light(electrons, spec.sensor, index, seed=spec.seed)
        return electrons

    def electrons_at(self, index: int, ys: NDArray[np.int64], xs: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the electrons of photosites (y, x) in frame `index`, (N,), without lights and weather."""
        return self._composed(lambda planes, views: light_of_sites(planes, views[2:3], ys, xs), index)

    def _pictured(self, index: int) -> NDArray[np.float32]:
        height, width = self._size
        if self._still is not None:
            return self._still.copy()
        seen = self._composed(lambda planes, views: light_of_plane(planes, views, height, width), index)
        if self._stands_still:
            self._still = seen.copy()
        return seen

    def _composed(self, look: _Look, index: int) -> NDArray[np.float32]:
        """Look at the picture, then at what stands before it."""
        seen = look(self._planes, self._views(index))
        for layer in self._layers:
            views = self._views(index, layer.path)
            seen *= 1 - np.minimum(look(layer.cover, views), np.float32(1))
            seen += look(layer.planes, views)
        return seen

    def _views(self, index: int, path: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        way = self._path if path is None else path
        return views_of_shutter(way, index, size=self._size, offset=self._offset)

    def _stand_before(self) -> tuple[Layer, ...]:
        makers = {Distractor.OBJECTS: moving_objects, Distractor.PARALLAX: foreground}
        return tuple(
            make(self._planes, self._path, seed=self._spec.seed)
            for distractor, make in makers.items()
            if distractor in self._spec.distractors
        )

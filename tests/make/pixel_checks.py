# SPDX-License-Identifier: Apache-2.0
"""A crew's pixel check through the sensor of a simulated shot: lens cap, lit card, black card."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import OpenEXR
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pixmend.frames import MemoryShot
from pixmend.model import Kind, Raster, SampleType
from pixmend.simulate import (
    Ingredient,
    PlantedDefect,
    ShotSpec,
    SimulatedShot,
    develop,
    procedural_street,
    to_acescct,
)
from pixmend.simulate._sensor import add_noise, camera_light
from tests.make.shots import rgb_plate, small_spec

CAP, WHITE, BLACK, FADE, HAND, STREET = "cap", "white", "black", "fade", "hand", "street"
USUAL_PLAN = ((CAP, 12), (FADE, 5), (STREET, 3), (WHITE, 12), (HAND, 4), (BLACK, 8))
"""What the crew did, and for how many frames."""

CAMERA_RECIPE = (
    Ingredient(label="faint", kind=Kind.HOT, count=3, amplitude_sigma=1.5),
    Ingredient(label="hot", kind=Kind.HOT, count=6, amplitude_sigma=8.0),
    Ingredient(label="bright", kind=Kind.HOT, count=3, amplitude_sigma=40.0),
    Ingredient(label="stuck", kind=Kind.STUCK, count=3, saturated=True),
    Ingredient(label="dead", kind=Kind.DEAD, count=3, gain=0.0),
    Ingredient(label="weak", kind=Kind.DEAD, count=3, gain=0.5),
    Ingredient(label="blinking", kind=Kind.BLINKING, count=3, amplitude_sigma=12.0, duty=0.3),
)
FIRST_FRAME = 1


class PixelCheckClip:
    """Frames of flat fields that show the defects of a camera.

    Parameters
    ----------
    shot : SimulatedShot
        Of the same camera: its defects lie here by as many electrons as there.
    plan : sequence of (str, int)
        Scenes and their frames.
    pattern : float
        Fixed unevenness of the photosites: gain, and 100 electrons of offset times it.
    """

    def __init__(
        self,
        shot: SimulatedShot,
        plan: Sequence[tuple[str, int]] = USUAL_PLAN,
        *,
        pattern: float = 0.003,
        seed: int = 5,
    ) -> None:
        self._shot, self._seed = shot, seed
        self._size = (shot.spec.height, shot.spec.width)
        self.scenes = [(name, index / count) for name, count in plan for index in range(count)]
        rng = np.random.default_rng([seed, 1])
        self._gain = (1 + pattern * rng.standard_normal(self._size)).astype(np.float32)
        self._offset = (100 * pattern * rng.standard_normal(self._size)).astype(np.float32)
        self._paper = gaussian_filter(rng.standard_normal((self._size[0] + 40, self._size[1] + 40)), 7.0)
        self._paper *= 0.01 / self._paper.std()
        self._on = rng.random((len(self.scenes), len(shot.planted))) < 0.4

    def frames_of(self, *names: str) -> list[int]:
        """Return the numbers of the frames of these scenes."""
        return [FIRST_FRAME + index for index, (name, _) in enumerate(self.scenes) if name in names]

    def render(self, frame: int) -> NDArray[np.float32]:
        """Return one frame, (H, W, 3) float32, scene-linear."""
        index = frame - FIRST_FRAME
        rng = np.random.default_rng([self._seed, 2, index])
        light = camera_light(self._scene(*self.scenes[index], rng), self._shot.spec.sensor)
        mosaic = light[1].copy()
        mosaic[0::2, 0::2], mosaic[1::2, 1::2] = light[0, 0::2, 0::2], light[2, 1::2, 1::2]
        noisy = add_noise(mosaic * self._gain, self._shot.spec.sensor, rng) + self._offset
        for defect, is_on in zip(self._shot.planted, self._on[index], strict=True):
            if defect.kind is not Kind.BLINKING or is_on:
                self._lie(noisy, defect, rng)
        return develop(noisy, self._shot.spec.sensor, self._shot.spec.demosaic)

    def _lie(self, electrons: NDArray[np.float32], defect: PlantedDefect, rng: np.random.Generator) -> None:
        xs, ys = np.array(defect.sites).T
        sensor = self._shot.spec.sensor
        added = defect.amplitude_sigma * sensor.noise_sigma_e(self._shot.mean_electrons(ys, xs))
        swing = 1 + defect.fluctuation * rng.standard_normal(len(xs))
        lying = defect.gain * electrons[ys, xs] + rng.poisson(np.maximum(added * swing, 0))
        electrons[ys, xs] = 1.02 * sensor.full_well_e if defect.saturated else lying

    def _scene(self, name: str, part: float, rng: np.random.Generator) -> NDArray[np.float32]:
        height, width = self._size
        if name == STREET:
            return procedural_street(height, width, seed=3)
        light = {CAP: 0.0, BLACK: 0.03, FADE: 0.9 * part}.get(name, 0.9) * self._card(rng, part)
        if name == HAND:
            light[:, : int(width * (0.3 + part / 2))] *= 0.2
        leak = np.linspace(0, 4e-4, width, dtype=np.float32)
        return np.repeat((light + leak).astype(np.float32)[..., None], 3, axis=2)

    def _card(self, rng: np.random.Generator, part: float) -> NDArray[np.float64]:
        """Paper out of focus in a moving hand, with a lens's fall-off, a gradient and a reflection that drifts."""
        height, width = self._size
        y, x = np.mgrid[:height, :width]
        across, down = x / width - 0.5, y / height - 0.5
        top, left = rng.integers(0, 40, 2)
        paper = 1 + self._paper[top : top + height, left : left + width]
        reflection = 0.15 * np.exp(-((across - part + 0.5) ** 2 + (down - 0.1) ** 2) / 0.02)
        return (1 - 0.8 * (across**2 + down**2)) * (1 + 0.1 * down) * paper + reflection


@cache
def camera_shot(**changes: object) -> SimulatedShot:
    """Return a small moving shot of a camera that has `CAMERA_RECIPE`."""
    spec: ShotSpec = small_spec(width=320, height=240, recipe=CAMERA_RECIPE, **changes)
    return SimulatedShot(spec)


@cache
def stored_clip(
    shot: SimulatedShot, plan: tuple[tuple[str, int], ...] = USUAL_PLAN
) -> dict[int, NDArray[np.float16]]:
    """Return the frames of a pixel check as half floats; do not write to them."""
    clip = PixelCheckClip(shot, plan)
    return {
        FIRST_FRAME + index: clip.render(FIRST_FRAME + index).astype(np.float16)
        for index in range(len(clip.scenes))
    }


def log_clip(frames: Mapping[int, NDArray[np.floating]]) -> MemoryShot:
    """Return frames as 10-bit ACEScct codes, with blacks that are clipped at zero light."""
    codes = {
        number: np.rint(to_acescct(np.maximum(frame.astype(np.float32), 0)) * 1023).astype(np.uint16)
        for number, frame in frames.items()
    }
    height, width, _ = next(iter(codes.values())).shape
    return MemoryShot(rgb_plate(Raster(0, 0, width, height), SampleType.UINT10), codes, label="log")


def write_clip(folder: Path, frames: Mapping[int, NDArray[np.floating]]) -> Path:
    """Write frames as half-float EXR; return the folder."""
    folder.mkdir()
    for number, frame in frames.items():
        channels = {name: np.ascontiguousarray(frame[..., c], np.float16) for c, name in enumerate("RGB")}
        header = {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage}
        with OpenEXR.File(header, channels) as image:
            image.write(str(folder / f"check.{number:04d}.exr"))
    return folder

# SPDX-License-Identifier: Apache-2.0
"""The shot model: what is learned from a few frames before all frames are measured."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.model import PlateInfo, Raster, SampleCodec, SampleType
from pixmend.stats._noise import FlatBlocks, NoiseModel, blinded, fit_noise, flat_blocks
from pixmend.stats._noise_levels import BLOCK_PX
from pixmend.stats._scale import SigmaScale
from pixmend.stats._whiten import RADIUS_PX, Whitener, train_stored_covariance

__all__ = ["ShotModel", "clip_for", "train_scale", "train_shot_model"]

_ENOUGH_BLOCKS = 64_000  # of a channel: 2700 for each of 24 brightnesses
_ONE_PICTURE = 0.025  # of the detail; after a codec a grey picture has .01, one of colours .03 to .4
_SEED = 20_261_123  # of the blocks that are looked at; any number, but for ever the same


@dataclass(frozen=True, eq=False)
class ShotModel:
    """Noise and small-scale structure of one shot.

    Attributes
    ----------
    noise : NoiseModel
    covariance : (D, D) float64 ndarray
        Of C x 7 x 7 patches on the sigma scale.
    clip_sigma : float
        How much one sample of one frame may count.
    """

    raster: Raster
    channels: tuple[str, ...]
    sample: SampleType
    encoding: str
    noise: NoiseModel
    covariance: NDArray[np.float64]
    clip_sigma: float

    @cached_property
    def whitener(self) -> Whitener:
        """The filters that the statistics are made with."""
        return Whitener(self.covariance, len(self.channels))

    @cached_property
    def has_colours(self) -> bool:
        """Whether the channels differ in detail: not where a grey picture was stored as red, green and blue."""
        side = 2 * RADIUS_PX + 1
        pixel = np.arange(len(self.channels) * side**2).reshape(-1, side, side)[
            :, RADIUS_PX - 1 :, RADIUS_PX - 1 :
        ]
        at = pixel[:, [1, 0, 2, 1, 1], [1, 1, 1, 0, 2]]  # a pixel, and the four beside it
        weights = np.array([1.0, -0.25, -0.25, -0.25, -0.25])
        detail = weights @ self.covariance[at[:, None, :, None], at[None, :, None, :]] @ weights
        alone = np.diag(detail)
        both = alone[:, None] + alone
        return bool((both - 2 * detail > _ONE_PICTURE * both).any())

    def digest(self) -> str:
        """Return a hash of everything that the statistics depend on."""
        sha = hashlib.sha256(self._facts().encode())
        for array in (self.noise.coefficients, self.covariance):
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model as named arrays."""
        return {
            "model": np.array(self._facts()),
            "noise": self.noise.coefficients,
            "covariance": self.covariance,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "ShotModel":
        """Rebuild the model from `to_arrays`; KeyError, TypeError or ValueError if that is not what it is."""
        facts = json.loads(str(arrays["model"]))
        channels = tuple(str(name) for name in facts["channels"])
        noise, covariance = _checked_numbers(arrays, channels=len(channels))
        return cls(
            raster=Raster(*(int(each) for each in facts["raster"])),
            channels=channels,
            sample={each.label: each for each in SampleType}[facts["sample"]],
            encoding=str(facts["encoding"]),
            noise=NoiseModel(noise),
            covariance=covariance,
            clip_sigma=float(facts["clip_sigma"]),
        )

    def _facts(self) -> str:
        raster = self.raster
        return json.dumps(
            {
                "raster": [raster.x, raster.y, raster.width, raster.height],
                "channels": self.channels,
                "sample": self.sample.label,
                "encoding": self.encoding,
                "clip_sigma": self.clip_sigma,
            }
        )


def _checked_numbers(
    arrays: Mapping[str, NDArray[Any]], *, channels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return noise coefficients and covariance; ValueError if they are not of so many channels."""
    noise, covariance = (np.array(arrays[name], np.float64) for name in ("noise", "covariance"))
    size = channels * (2 * RADIUS_PX + 1) ** 2
    if not channels or covariance.shape != (size, size) or noise.shape != (channels, 3):
        raise ValueError(f"noise {noise.shape} and covariance {covariance.shape} of {channels} channels")
    if not (np.isfinite(covariance).all() and np.isfinite(noise).all() and (noise >= 0).all()):
        raise ValueError("noise or covariance is no number")
    return noise, covariance


def clip_for(frames: int) -> float:
    """Return how many sigma one sample of one frame may count when `frames` are pooled.

    3 keeps a glint in one frame of many from being taken for a defect. With few
    frames each has to say more, or nothing could pass the threshold.
    """
    return max(3.0, 12.0 / float(np.sqrt(max(frames, 1))))


def train_scale(
    frames: Sequence[NDArray[Any]], *, sample: SampleType, codec: SampleCodec
) -> tuple[NoiseModel, SigmaScale]:
    """Learn a shot's noise, and the scale on which it is 1, from a few frames as stored, (H, W, C).

    Of large frames some of their blocks serve: fewer than there are tell as much.
    """
    noise, _ = _noise_of(frames, sample=sample, codec=codec)
    return noise, SigmaScale(codec, sample, noise)


def _noise_of(
    frames: Sequence[NDArray[Any]], *, sample: SampleType, codec: SampleCodec
) -> tuple[NoiseModel, list[FlatBlocks]]:
    blocks = [flat_blocks(each, sample=sample, codec=codec) for each in _enough_blocks(frames)]
    return fit_noise(blocks), blocks


def _enough_blocks(frames: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
    """Return frames (H, W, C) with some of their columns of blocks, evenly spread; small ones as they are."""
    parts = sum(frame.shape[0] * frame.shape[1] for frame in frames) // (_ENOUGH_BLOCKS * BLOCK_PX**2)
    if parts < 2:
        return frames
    first = np.random.default_rng(_SEED).integers(parts, size=len(frames))
    return [_every_column(frame, start, parts) for frame, start in zip(frames, first, strict=True)]


def _every_column(frame: NDArray[Any], first: int, step: int) -> NDArray[Any]:
    """Return each `step`-th column of blocks of a frame (H, W, C) from the one named on."""
    height, width, channels = frame.shape
    whole = frame[:, : width // BLOCK_PX * BLOCK_PX]
    columns = whole.reshape(height, width // BLOCK_PX, BLOCK_PX * channels)[:, first::step]
    return columns.reshape(height, -1, channels)


def train_shot_model(
    frames: Sequence[NDArray[Any]],
    *,
    plate: PlateInfo,
    codec: SampleCodec,
    encoding: str,
    pooled_frames: int,
) -> tuple[ShotModel, SigmaScale]:
    """Learn a shot's noise and structure from a few frames of it.

    Parameters
    ----------
    frames : sequence of (H, W, C) ndarray
        Colour channels as stored; one or more frames.
    encoding : str
        Name of what `codec` decodes, for the record.
    pooled_frames : int
        How many frames the statistics will hold in all; sets the clip.

    Notes
    -----
    NaN and Inf are left out. A channel that is clipped nearly everywhere says nothing
    (`blinded`). Same frames, same model, to the bit.
    """
    sample = plate.sample_type(plate.colour[0])
    noise = blinded(*_noise_of(frames, sample=sample, codec=codec))
    scale = SigmaScale(codec, sample, noise)
    model = ShotModel(
        raster=plate.raster,
        channels=plate.colour,
        sample=sample,
        encoding=encoding,
        noise=noise,
        covariance=_by_themselves(train_stored_covariance(frames, scale.forward), noise.is_blind),
        clip_sigma=clip_for(pooled_frames),
    )
    return model, scale


def _by_themselves(covariance: NDArray[np.float64], is_blind: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a covariance (D, D) in which the samples of blind channels are white noise."""
    chosen = np.repeat(is_blind, len(covariance) // len(is_blind))
    is_told = ~(chosen[:, None] | chosen)
    return np.where(is_told, covariance, np.diag(chosen.astype(np.float64)))

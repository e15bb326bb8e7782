# SPDX-License-Identifier: Apache-2.0
"""Stored samples to scene-linear light and back, and how it is decided what they mean."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UsageError
from pixmend.frames._curves import find_curve
from pixmend.frames._kernels import look_up
from pixmend.model import PlateInfo, SampleType

__all__ = ["Encoding", "choose_encoding"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a plate's samples stand for light; a `model.SampleCodec`.

    Attributes
    ----------
    name : str
        ``linear``, ``cineon``, a camera's short name or a colour space.
    reason : str
        One sentence: what was decided, and why.

    Notes
    -----
    NaN and Inf of floating-point samples pass through both ways. Finite samples stay
    finite. Where a curve is flat (codes below the black of some curves), several codes
    stand for one light, and `from_linear` returns the one nearest to zero; elsewhere
    ``from_linear(to_linear(x)) == x`` for every code of up to 16 bits.
    """

    name: str
    reason: str

    def to_linear(self, samples: NDArray[Any], sample: SampleType) -> NDArray[np.float32]:
        """Decode stored samples.

        Parameters
        ----------
        samples : ndarray of `sample.dtype`
            Any shape.
        sample : SampleType
            Anything but 32-bit integers.

        Returns
        -------
        linear : float32 ndarray
            Same shape, scene-linear; ``linear`` integers become code / `sample.max_code`.

        Raises
        ------
        ValueError
            If the samples are 32-bit integers.
        """
        stored = np.ascontiguousarray(samples, sample.dtype)
        if sample is SampleType.FLOAT:
            return _pass_through(find_curve(self.name).decode, stored)
        linear = np.empty(stored.shape, np.float32)
        codes = stored.reshape(-1).view(f"u{sample.dtype.itemsize}")
        look_up(_light_by_code(self.name, sample), codes, linear.reshape(-1))
        return linear.reshape(np.shape(samples))

    def from_linear(self, linear: NDArray[np.float32], sample: SampleType) -> NDArray[Any]:
        """Encode light as stored samples.

        Parameters
        ----------
        linear : float32 ndarray
            Any shape; without NaN where `sample` is an integer type.
        sample : SampleType
            Anything but 32-bit integers.

        Returns
        -------
        samples : ndarray of `sample.dtype`
            Same shape. The legal code whose light is nearest: integers 0 to
            `sample.max_code`, half within +-65504.

        Raises
        ------
        ValueError
            If the samples are 32-bit integers, or NaN is to become an integer.
        """
        light = np.ascontiguousarray(linear, np.float32).reshape(-1)
        if sample is SampleType.FLOAT:
            encoded = _pass_through(find_curve(self.name).encode, light)
        elif sample.is_float:
            is_finite = np.isfinite(light)
            encoded = np.empty(light.shape, sample.dtype)
            encoded[is_finite] = _nearest_codes(self.name, sample, light[is_finite])
            encoded[~is_finite] = light[~is_finite]
        elif np.isnan(light).any():
            raise ValueError(f"NaN cannot be stored as {sample.label}")
        else:
            encoded = _nearest_codes(self.name, sample, light)
        return encoded.reshape(np.shape(linear))


def _pass_through(
    curve: Callable[[NDArray[np.float32]], NDArray[np.float32]], given: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the curve of `given`, with NaN and Inf exactly where `given` has them."""
    largest = float(np.finfo(np.float32).max)
    with np.errstate(invalid="ignore", over="ignore"):  # signalling NaN, codes far above white
        found = np.nan_to_num(curve(given), nan=0.0, posinf=largest, neginf=-largest)
    return np.where(np.isfinite(given), found, given)


@lru_cache(maxsize=32)
def _light_by_code(name: str, sample: SampleType) -> NDArray[np.float32]:
    """Return the light of every pattern that `sample.dtype` can hold."""
    if sample is SampleType.UINT32:
        raise ValueError("32-bit integers are no picture")
    patterns = np.arange(1 << 8 * sample.dtype.itemsize, dtype=f"u{sample.dtype.itemsize}")
    largest = np.float32(1 if sample.is_float else sample.max_code)
    with np.errstate(invalid="ignore"):  # signalling NaN
        codes = patterns.view(sample.dtype).astype(np.float32) / largest
    light = _pass_through(find_curve(name).decode, codes)
    light.flags.writeable = False
    return light


@lru_cache(maxsize=32)
def _codes_by_light(name: str, sample: SampleType) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Return every different light of the legal codes, rising, and the code of each."""
    light = _light_by_code(name, sample)
    codes = np.arange(len(light), dtype=f"u{sample.dtype.itemsize}").view(sample.dtype)
    legal = np.isfinite(codes) if sample.is_float else codes <= sample.max_code
    light, codes = light[legal], codes[legal]
    order = np.lexsort((np.abs(codes.astype(np.float32)), light))  # of equal light, nearest zero first
    values, first = np.unique(light[order], return_index=True)
    return values, codes[order][first]


def _nearest_codes(name: str, sample: SampleType, light: NDArray[np.float32]) -> NDArray[Any]:
    values, codes = _codes_by_light(name, sample)
    above = np.searchsorted(values, light).clip(1, len(values) - 1)
    to_above = values[above].astype(np.float64) - light
    to_below = light - values[above - 1].astype(np.float64)
    return codes[np.where(to_below <= to_above, above - 1, above)]


def choose_encoding(plate: PlateInfo, asked: str | None = None) -> Encoding:
    """Decide what a plate's samples mean.

    Parameters
    ----------
    plate : PlateInfo
    asked : str, optional
        What the user says: ``linear``, ``cineon``, a camera's short name (``logc3``,
        ``slog3`` ...) or a colour space of the OpenColorIO config. Without it the file's
        header decides, then its format.

    Raises
    ------
    UsageError
        If no encoding goes by the asked name, or it cannot be had sample by sample.
    """
    if asked is not None:
        find_curve(asked)
        return Encoding(asked, f"samples are read as {asked}, as asked")
    hint, form = plate.encoding_hint, plate.file_format.upper()
    if hint:
        try:
            find_curve(hint)
        except UsageError as exc:
            return Encoding("linear", f"samples are read as linear: the header says {hint!r}, but {exc.what}")
        return Encoding(hint, f"samples are read as {hint}, {_ground(plate)}")
    name = _usual(plate)
    return Encoding(
        name,
        f"samples are read as {name}, as usual for such {form}: the header does not say; --encoding does",
    )


def _ground(plate: PlateInfo) -> str:
    if plate.file_format == "dpx":
        return "as the DPX header says"
    if plate.file_format == "tiff":
        kind = "floating-point" if plate.sample_type(plate.colour[0]).is_float else "integer"
        return f"as usual for {kind} TIFF"
    return "as EXR is" if plate.encoding_hint == "linear" else "as the EXR header says"


def _usual(plate: PlateInfo) -> str:
    """Return what is most often meant where the header is silent: scans are log, 8 bits are video."""
    sample = plate.sample_type(plate.colour[0])
    if sample.is_float:
        return "linear"
    if plate.file_format == "dpx":
        return "rec709" if sample is SampleType.UINT8 else "cineon"
    return "srgb"

# SPDX-License-Identifier: Apache-2.0
"""The curves that samples are encoded by: code to scene-linear light and back, sample by sample.

A curve is for one channel. A colour space's gamut is not touched: its conversion to the
scene-linear reference is taken along the neutral axis, where matrices that keep white drop out.
"""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UsageError

__all__ = ["Curve", "find_curve"]

_BUILT_IN_CONFIG = "studio-config-v2.2.0_aces-v1.3_ocio-v2.4"  # pinned: the same numbers on every machine
_REFERENCE = "scene_linear"  # a role
_SHORT_NAMES: Mapping[str, str] = {
    "acescc": "ACEScc",
    "acescct": "ACEScct",
    "adx10": "ADX10",
    "applelog": "Apple Log",
    "bmdfilm": "BMDFilm WideGamut Gen5",
    "canonlog2": "CanonLog2 CinemaGamut D55",
    "canonlog3": "CanonLog3 CinemaGamut D55",
    "davinci": "DaVinci Intermediate WideGamut",
    "gamma1.8": "Gamma 1.8 Encoded Rec.709",
    "gamma2.2": "Gamma 2.2 Encoded Rec.709",
    "gamma2.4": "Gamma 2.4 Encoded Rec.709",
    "log3g10": "Log3G10 REDWideGamutRGB",
    "logc3": "ARRI LogC3 (EI800)",
    "logc4": "ARRI LogC4",
    "rec709": "Camera Rec.709",
    "slog3": "S-Log3 S-Gamut3.Cine",
    "srgb": "sRGB Encoded Rec.709 (sRGB)",
    "vlog": "V-Log V-Gamut",
}


class Curve(Protocol):
    """One channel's codes, scaled so that an integer type's largest code is 1, and linear light."""

    def decode(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the linear light of codes, same shape."""
        ...

    def encode(self, linear: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the codes of linear light, same shape."""
        ...


@dataclass(frozen=True, slots=True)
class _Linear:
    def decode(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        return codes

    def encode(self, linear: NDArray[np.float32]) -> NDArray[np.float32]:
        return linear


@dataclass(frozen=True, slots=True)
class _Cineon:
    """Printing density, as DPX and Cineon scans hold it; no OpenColorIO config has it.

    Glenn Kennel, "Conversion of 10-bit Log Film Data to 8-bit Linear or Video Data for the
    Cineon Digital Film System", Eastman Kodak, 1995: reference black 95, reference white
    685, 0.002 density a code, negative gamma 0.6.
    """

    black: float = 95.0
    white: float = 685.0
    decades_per_code: float = 0.002 / 0.6

    @property
    def _offset(self) -> float:
        return float(10.0 ** ((self.black - self.white) * self.decades_per_code))

    def decode(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        decades = (codes.astype(np.float64) * 1023.0 - self.white) * self.decades_per_code
        with np.errstate(over="ignore"):
            linear = (10.0**decades - self._offset) / (1.0 - self._offset)
            return linear.astype(np.float32)

    def encode(self, linear: NDArray[np.float32]) -> NDArray[np.float32]:
        light = linear.astype(np.float64) * (1.0 - self._offset) + self._offset
        decades = np.log10(np.maximum(light, np.finfo(np.float64).tiny))
        return ((decades / self.decades_per_code + self.white) / 1023.0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Neutral:
    """An OpenColorIO conversion along the neutral axis; the two processors are inverse."""

    decoder: Any
    encoder: Any

    def decode(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        return _along_neutral(self.decoder, codes)[..., 1]

    def encode(self, linear: NDArray[np.float32]) -> NDArray[np.float32]:
        return _along_neutral(self.encoder, linear)[..., 1]


def _along_neutral(processor: Any, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., 3): what becomes of R = G = B = sample."""
    neutral = np.repeat(np.ravel(samples).astype(np.float32)[:, np.newaxis], 3, axis=1)
    processor.applyRGB(neutral)
    return neutral.reshape(*samples.shape, 3)


@cache
def find_curve(name: str) -> Curve:
    """Return the curve of a name: ours, a camera's short name, or a colour space's.

    Colour spaces are those of the config that ``$OCIO`` names, else of a pinned built-in
    one. Short names always mean the built-in config's.

    Raises
    ------
    UsageError
        If no curve goes by this name, its colour space cannot be had sample by sample, or
        the config cannot be read.
    """
    short = name.strip().lower()
    if short in {"linear", "lin"}:
        return _Linear()
    if short == "cineon":
        return _Cineon()
    config = _load_config() if short not in _SHORT_NAMES else _built_in_config()
    space = _SHORT_NAMES.get(short, name.strip())
    if config.getColorSpace(space) is None:
        raise UsageError(
            f"no encoding is called {name!r}", where="--encoding", hint=_close_names(name, config)
        )
    return _neutral_curve(config, space)


def _neutral_curve(config: Any, space: str) -> Curve:
    ocio = _ocio()
    try:
        # Lossless: fast approximations of log and power are not monotone at 16 bits.
        decoder, encoder = (
            config.getProcessor(*pair).getOptimizedCPUProcessor(
                ocio.BIT_DEPTH_F32, ocio.BIT_DEPTH_F32, ocio.OPTIMIZATION_LOSSLESS
            )
            for pair in ((space, _REFERENCE), (_REFERENCE, space))
        )
    except (ocio.Exception, ocio.ExceptionMissingFile) as exc:
        raise UsageError(
            f"{space!r} cannot be converted to the config's {_REFERENCE}: {_first_line(exc)}",
            where="--encoding",
        ) from exc
    probe = _along_neutral(decoder, np.linspace(0.0, 1.0, 1025, dtype=np.float32))
    spread = np.ptp(probe, axis=-1)
    if not np.all(spread <= 1e-3 * np.maximum(np.abs(probe[:, 1]), 0.01)):
        raise UsageError(
            f"{space!r} mixes the channels: grey does not stay grey",
            where="--encoding",
            hint="name a camera's log space, a gamma, or linear",
        )
    if not np.all(np.diff(probe[:, 1]) >= 0.0):
        raise UsageError(f"{space!r} does not rise with its codes", where="--encoding")
    return _Neutral(decoder, encoder)


@cache
def _ocio() -> Any:
    import PyOpenColorIO as ocio  # noqa: N813, PLC0415  (slow to load, not needed for linear frames)

    ocio.SetLoggingLevel(ocio.LOGGING_LEVEL_NONE)
    return ocio


@cache
def _built_in_config() -> Any:
    return _ocio().Config.CreateFromBuiltinConfig(_BUILT_IN_CONFIG)


def _load_config() -> Any:
    named = os.environ.get("OCIO", "")
    if not named:
        return _built_in_config()
    ocio = _ocio()
    try:
        return ocio.Config.CreateFromEnv()
    except (ocio.Exception, ocio.ExceptionMissingFile) as exc:
        raise UsageError(
            f"the OpenColorIO config cannot be read: {_first_line(exc)}",
            where=f"$OCIO={named}",
            hint="mend the variable, or unset it for the built-in config",
        ) from exc


def _close_names(name: str, config: Any) -> str:
    ours = ["linear", "cineon", *_SHORT_NAMES]
    spaces = list(config.getColorSpaceNames())
    by_lower = {each.lower(): each for each in (*spaces, *ours)}
    close = difflib.get_close_matches(name.strip().lower(), by_lower, n=4, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(by_lower[each] for each in close)}?"
    return f"one of {', '.join(ours)}, or a colour space of the config"


def _first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0].rstrip(".") if str(exc).strip() else "no reason given"

# SPDX-License-Identifier: Apache-2.0
"""Code values that a repair may write: none that a video link keeps for itself, unless the plate has them there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.model import SampleType

__all__ = ["has_reserved", "off_reserved"]

# SMPTE ST 292-1 and ST 425-1: timing references, at both ends of the code range. A DPX may hold them all the
# same; then picture is there, and a repair beside it may hold them too.
_RESERVED_AT_EACH_END = {SampleType.UINT10: 4, SampleType.UINT12: 16}


def has_reserved(samples: NDArray[Any], sample: SampleType) -> NDArray[np.bool_]:
    """Tell which stored samples hold a reserved code; none of types that have no reserved codes. Same shape."""
    reserved = _RESERVED_AT_EACH_END.get(sample)
    if reserved is None:
        return np.zeros(samples.shape, bool)
    return np.asarray((samples < reserved) | (samples > sample.max_code - reserved))


def off_reserved(
    bits: NDArray[np.uint32], sample: SampleType, *, allowed: NDArray[np.bool_]
) -> NDArray[np.uint32]:
    """Return code values with those that are reserved moved to the nearest that is not, but where `allowed`.

    Parameters
    ----------
    bits : (N,) uint32 ndarray
    sample : SampleType
    allowed : (N,) bool ndarray
        Where the sound samples around use reserved codes themselves.
    """
    reserved = _RESERVED_AT_EACH_END.get(sample)
    if reserved is None:
        return bits
    return np.where(allowed, bits, bits.clip(reserved, sample.max_code - reserved))

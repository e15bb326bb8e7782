# SPDX-License-Identifier: Apache-2.0
"""The rows of a frame that filling is given."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Band"]


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Whole rows of a frame: array row `top` onward, (rows, W, C) as stored."""

    top: int
    samples: NDArray[Any]

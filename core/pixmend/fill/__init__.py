# SPDX-License-Identifier: Apache-2.0
"""Pure: a frame's rows and its defects -> a patch. Never a picture."""

from pixmend.fill._holes import Holes, bad_pixels, doubtful_samples, find_holes, spoiled_samples
from pixmend.fill._kriging import Kriging, train_kriging
from pixmend.fill._mend import Band, Mend, Scale, fill_samples, mend_frame

__all__ = [
    "Band",
    "Holes",
    "Kriging",
    "Mend",
    "Scale",
    "bad_pixels",
    "doubtful_samples",
    "fill_samples",
    "find_holes",
    "mend_frame",
    "spoiled_samples",
    "train_kriging",
]

# SPDX-License-Identifier: Apache-2.0
"""Pure: a frame's rows and its defects -> a patch. Never a picture."""

from pixmend.fill._holes import bad_pixels, doubtful_samples, rows_around, spoiled_samples
from pixmend.fill._kriging import Kriging, train_kriging
from pixmend.fill._mend import Band, Mend, Scale, fill_samples, mend_frame

__all__ = [
    "Band",
    "Kriging",
    "Mend",
    "Scale",
    "bad_pixels",
    "doubtful_samples",
    "fill_samples",
    "mend_frame",
    "rows_around",
    "spoiled_samples",
    "train_kriging",
]

# SPDX-License-Identifier: Apache-2.0
"""Pure: a frame's rows and its defects -> a patch. Never a picture."""

from pixmend.fill._band import Band
from pixmend.fill._data_channels import data_samples, mend_data_channel, rows_of_data
from pixmend.fill._frame_defects import FrameDefects, defects_of_frame
from pixmend.fill._holes import Holes, bad_pixels, doubtful_samples, find_holes, spoiled_samples
from pixmend.fill._kriging import Kriging, kriging_of, sound_windows, train_kriging, window_places
from pixmend.fill._mend import Learnt, Mend, mend_frame
from pixmend.fill._prediction import Predicted, PredictedTile, fill_samples, predict_holes
from pixmend.fill._tables import Prediction, SiteTable
from pixmend.fill._windows import Scale, cut_windows, scaled_windows

__all__ = [
    "Band",
    "FrameDefects",
    "Holes",
    "Kriging",
    "Learnt",
    "Mend",
    "Predicted",
    "PredictedTile",
    "Prediction",
    "Scale",
    "SiteTable",
    "bad_pixels",
    "cut_windows",
    "data_samples",
    "defects_of_frame",
    "doubtful_samples",
    "fill_samples",
    "find_holes",
    "kriging_of",
    "mend_data_channel",
    "mend_frame",
    "predict_holes",
    "rows_of_data",
    "scaled_windows",
    "sound_windows",
    "spoiled_samples",
    "train_kriging",
    "window_places",
]

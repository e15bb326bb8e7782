# SPDX-License-Identifier: Apache-2.0
"""Pure: a frame's rows and its defects -> a patch. Never a picture."""

from pixmend.fill._answers import Answers, Wishes
from pixmend.fill._band import Band
from pixmend.fill._data_channels import data_samples, mend_data_channel, rows_of_data
from pixmend.fill._footprint_learning import LearntFootprint, known_footprint
from pixmend.fill._frame_defects import FrameDefects, defects_of_frame
from pixmend.fill._fusing import Beside
from pixmend.fill._fusion import Fused, Fusion, learn_fusion
from pixmend.fill._grain import Grain, add_grain, draw_grain, grain_of
from pixmend.fill._graining import Graining
from pixmend.fill._holes import (
    Holes,
    bad_pixels,
    doubtful_samples,
    find_holes,
    rows_of_windows,
    spoiled_samples,
)
from pixmend.fill._kriging import Kriging
from pixmend.fill._kriging_training import (
    SoundWindows,
    kriging_of,
    sound_windows,
    train_kriging,
    window_places,
)
from pixmend.fill._line_lessons import LineGlimpse, LineStudy
from pixmend.fill._line_plan import LinePlan, plan_line
from pixmend.fill._lines import Line, line_of
from pixmend.fill._mend import Learnt, Mend, Trace, mend_frame
from pixmend.fill._motion import CURRENT_RADIUS_PX, NEIGHBOUR_RADIUS_PX, Compensated, Neighbour, compensate
from pixmend.fill._motion_lessons import Lesson, lesson_at
from pixmend.fill._prediction import Predicted, PredictedTile, fill_samples, predict_holes
from pixmend.fill._recovering import Recoveries
from pixmend.fill._recovery_plan import StoredLight
from pixmend.fill._recovery_planning import PhotositeWindows, plan_recoveries, reach_of
from pixmend.fill._rings import Rings
from pixmend.fill._tables import Prediction, SiteTable
from pixmend.fill._windows import Scale, cut_windows, scaled_windows

__all__ = [
    "CURRENT_RADIUS_PX",
    "NEIGHBOUR_RADIUS_PX",
    "Answers",
    "Band",
    "Beside",
    "Compensated",
    "FrameDefects",
    "Fused",
    "Fusion",
    "Grain",
    "Graining",
    "Holes",
    "Kriging",
    "Learnt",
    "LearntFootprint",
    "Lesson",
    "Line",
    "LineGlimpse",
    "LinePlan",
    "LineStudy",
    "Mend",
    "Neighbour",
    "PhotositeWindows",
    "Predicted",
    "PredictedTile",
    "Prediction",
    "Recoveries",
    "Rings",
    "Scale",
    "SiteTable",
    "SoundWindows",
    "StoredLight",
    "Trace",
    "Wishes",
    "add_grain",
    "bad_pixels",
    "compensate",
    "cut_windows",
    "data_samples",
    "defects_of_frame",
    "doubtful_samples",
    "draw_grain",
    "fill_samples",
    "find_holes",
    "grain_of",
    "known_footprint",
    "kriging_of",
    "learn_fusion",
    "lesson_at",
    "line_of",
    "mend_data_channel",
    "mend_frame",
    "plan_line",
    "plan_recoveries",
    "predict_holes",
    "reach_of",
    "rows_of_data",
    "rows_of_windows",
    "scaled_windows",
    "sound_windows",
    "spoiled_samples",
    "train_kriging",
    "window_places",
]

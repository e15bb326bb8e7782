# SPDX-License-Identifier: Apache-2.0
"""Pure: frames -> noise model, sigma scale and statistics that merge in any order."""

from pixmend.stats._cuts import SHORTEST_SHOT, Cut, find_cuts, frames_to_compare
from pixmend.stats._hit_finder import HitFinder
from pixmend.stats._hits import HIT, Hits
from pixmend.stats._idle import drawn_share, frame_is_idle
from pixmend.stats._kernels import correlate
from pixmend.stats._measure import EXCESS_STEPS, FrameEvidence, PlanesAt, measure_frame
from pixmend.stats._model import ShotModel, clip_for, train_scale, train_shot_model
from pixmend.stats._noise import FlatBlocks, NoiseModel, estimate_noise, fit_noise, flat_blocks
from pixmend.stats._noise_plot import noise_plot
from pixmend.stats._pool import ShotStatistics
from pixmend.stats._scale import SigmaCurve, SigmaScale
from pixmend.stats._signatures import sign_frame, signature_rows
from pixmend.stats._whiten import Whitener, train_covariance

__all__ = [
    "EXCESS_STEPS",
    "HIT",
    "SHORTEST_SHOT",
    "Cut",
    "FlatBlocks",
    "FrameEvidence",
    "HitFinder",
    "Hits",
    "NoiseModel",
    "PlanesAt",
    "ShotModel",
    "ShotStatistics",
    "SigmaCurve",
    "SigmaScale",
    "Whitener",
    "clip_for",
    "correlate",
    "drawn_share",
    "estimate_noise",
    "find_cuts",
    "fit_noise",
    "flat_blocks",
    "frame_is_idle",
    "frames_to_compare",
    "measure_frame",
    "noise_plot",
    "sign_frame",
    "signature_rows",
    "train_covariance",
    "train_scale",
    "train_shot_model",
]

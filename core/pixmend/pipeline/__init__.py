# SPDX-License-Identifier: Apache-2.0
"""The only room that knows the order of the work; no arithmetic in it."""

from pixmend.pipeline._audit import audit_repairs
from pixmend.pipeline._bake import bake
from pixmend.pipeline._bake_plan import BakePlan, BakeSettings, plan_bake
from pixmend.pipeline._camera_footprints import learn_camera_footprints
from pixmend.pipeline._cuts import CutShot, find_shots
from pixmend.pipeline._demo import Demo, run_demo
from pixmend.pipeline._detect import Detection, detect, detect_in_statistics
from pixmend.pipeline._farm_files import asked_of
from pixmend.pipeline._farm_mend import JobReport, report_job, verify_part, write_report, write_skipped
from pixmend.pipeline._farm_parts import map_of_parts, measure_part
from pixmend.pipeline._farm_reel import (
    FarmReel,
    MappedReel,
    find_priors,
    look_again_at_shots,
    look_at_shots,
    map_of_looks,
    read_cuts,
    write_cuts,
)
from pixmend.pipeline._fix import FixReport, SkippedFrame, fix
from pixmend.pipeline._fix_audit import FixAudit
from pixmend.pipeline._fix_plan import FixPlan, frames_not_mended, plan_fix
from pixmend.pipeline._job import FixSettings
from pixmend.pipeline._measuring import MOST_FRAMES, Sampling, chosen_frames, merge_statistics
from pixmend.pipeline._mender import Mender, train_mender
from pixmend.pipeline._noise_plot import plot_noise
from pixmend.pipeline._pixel_check import PixelCheck, PixelCheckSettings, check_pixels
from pixmend.pipeline._reel import FoundTake, Looking, Take, camera_maps, detect_takes, map_of_reel
from pixmend.pipeline._seal import Seals
from pixmend.pipeline._statistics_file import read_statistics, write_statistics
from pixmend.pipeline._statistics_of import check_statistics_are_of
from pixmend.pipeline._undo import UndoReport, left_to_undo, undo, undo_targets
from pixmend.pipeline._verify import Verification, verify
from pixmend.pipeline._verify_look import AuditedRepair

__all__ = [
    "MOST_FRAMES",
    "AuditedRepair",
    "BakePlan",
    "BakeSettings",
    "CutShot",
    "Demo",
    "Detection",
    "FarmReel",
    "FixAudit",
    "FixPlan",
    "FixReport",
    "FixSettings",
    "FoundTake",
    "JobReport",
    "Looking",
    "MappedReel",
    "Mender",
    "PixelCheck",
    "PixelCheckSettings",
    "Sampling",
    "Seals",
    "SkippedFrame",
    "Take",
    "UndoReport",
    "Verification",
    "asked_of",
    "audit_repairs",
    "bake",
    "camera_maps",
    "check_pixels",
    "check_statistics_are_of",
    "chosen_frames",
    "detect",
    "detect_in_statistics",
    "detect_takes",
    "find_priors",
    "find_shots",
    "fix",
    "frames_not_mended",
    "learn_camera_footprints",
    "left_to_undo",
    "look_again_at_shots",
    "look_at_shots",
    "map_of_looks",
    "map_of_parts",
    "map_of_reel",
    "measure_part",
    "merge_statistics",
    "plan_bake",
    "plan_fix",
    "plot_noise",
    "read_cuts",
    "read_statistics",
    "report_job",
    "run_demo",
    "train_mender",
    "undo",
    "undo_targets",
    "verify",
    "verify_part",
    "write_cuts",
    "write_report",
    "write_skipped",
    "write_statistics",
]

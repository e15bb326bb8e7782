# SPDX-License-Identifier: Apache-2.0
"""The whole way once, on a shot whose truth is known."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import UsageError
from pixmend.frames import FileShot, choose_encoding, open_shot
from pixmend.model import DefectMap, FrameRange, map_to_json
from pixmend.pipeline._detect import detect
from pixmend.pipeline._fix import FixReport, fix
from pixmend.pipeline._fix_plan import plan_fix
from pixmend.pipeline._job import FixSettings
from pixmend.pipeline._undo import undo, undo_targets
from pixmend.pipeline._verify import Verification, verify
from pixmend.progress import Progress
from pixmend.publish import publish_text
from pixmend.simulate import (
    DEMO_RECIPE,
    Found,
    Motion,
    ShotSpec,
    SimulatedShot,
    comparison_sheet,
    score_points,
    truth_plane,
    write_png,
    write_shot,
)

__all__ = ["Demo", "run_demo"]

_SPEC = ShotSpec(
    width=960,
    height=540,
    frames=FrameRange.parse("1001-1024"),
    motion=Motion.PAN,
    exposure=0.06,
    recipe=DEMO_RECIPE,
)
_ON_THE_SHEET = 6
_PARTS = ("plate", "clean", "mended", "restored")


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo did, part by part."""

    planted: int
    found: Found
    fixed: FixReport
    proof: Verification
    restored_identical: int
    frames: int
    sheet: Path


def run_demo(folder: Path, *, overwrite: bool, workers: int, progress: Progress) -> Demo:
    """Render a dark moving shot with known defects; detect, fix, verify, undo; draw before and after.

    Raises
    ------
    UsageError
        If the folder holds something already and `overwrite` is not set.
    """
    _make_room(folder, overwrite=overwrite)
    shot = SimulatedShot(_SPEC)
    progress.start("rendering a shot with known defects", len(shot.frames))
    write_shot(shot, folder / "plate", clean_folder=folder / "clean", on_frame=lambda _: progress.advance())
    plate = open_shot(folder / "plate")
    encoding = choose_encoding(plate.plate)
    found_map = detect(plate, encoding, workers=workers, progress=progress).defect_map
    publish_text(folder / "map.json", map_to_json(found_map))
    plan = plan_fix(plate, found_map, folder / "mended", FixSettings(encoding=encoding))
    report = fix(plan, workers=workers, progress=progress)
    mended = open_shot(folder / "mended")
    proof = verify(
        mended, source=plate, defect_map=found_map, encoding=encoding, workers=workers, progress=progress
    )
    undo(mended, undo_targets(mended, folder / "restored"), workers=workers, progress=progress)
    sheet = folder / "before_after_truth.png"
    write_png(sheet, _draw([plate, mended, open_shot(folder / "clean")], found_map))
    return Demo(
        planted=len(shot.planted),
        found=score_points(
            [(each.x, each.y) for each in found_map.defects],
            truth_plane(shot.planted, (_SPEC.height, _SPEC.width)),
        ),
        fixed=report,
        proof=proof,
        restored_identical=_same_bytes(plate, open_shot(folder / "restored")),
        frames=len(plate.frames),
        sheet=sheet,
    )


def _make_room(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that is in use; with `overwrite` take away what an earlier demo left, and no more."""
    if folder.exists() and not folder.is_dir():
        raise UsageError("this is a file, a folder was to be made here", where=str(folder))
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not overwrite:
        raise UsageError(
            "the folder is not empty", where=str(folder), hint="choose another, or pass --overwrite"
        )
    if not (folder / "plate" / "truth.json").exists():
        raise UsageError(
            "the folder holds something that no demo wrote", where=str(folder), hint="choose another"
        )
    for part in _PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)
    for name in ("map.json", "before_after_truth.png"):
        (folder / name).unlink(missing_ok=True)


def _draw(versions: Sequence[FileShot], found_map: DefectMap) -> NDArray[np.uint8]:
    """Draw the defects in order of strength, spread from the strongest to the faintest."""
    ranked = sorted(found_map.defects, key=lambda each: -abs(each.amplitude_sigma or 0.0))
    step = max(len(ranked) // _ON_THE_SHEET, 1)
    frame = versions[0].frames.frames[len(versions[0].frames) // 2]
    pictures = [each.read(frame).astype(np.float32) for each in versions]
    return comparison_sheet(pictures, [(each.x, each.y) for each in ranked[::step][:_ON_THE_SHEET]])


def _same_bytes(first: FileShot, second: FileShot) -> int:
    return sum(first.path(frame).read_bytes() == second.path(frame).read_bytes() for frame in first.frames)

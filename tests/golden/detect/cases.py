# SPDX-License-Identifier: Apache-2.0
"""Frozen detections: what a case is, what was found in it and how far from the threshold.

Run as a program to make the expected files anew (from the root of the repository:
``python tests/golden/detect/cases.py``); it prints what moved. Say why in ``why.md``.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pixmend.detect import DetectSettings
from pixmend.frames import Encoding, MemoryShot
from pixmend.model import Channel, Defect, FrameRange, PlateInfo, SampleType
from pixmend.pipeline import detect
from pixmend.simulate import DEMO_RECIPE, Demosaic, Motion, ShotSpec, SimulatedShot

FOLDER = Path(__file__).parent
CASES = tuple(sorted(path.parent for path in FOLDER.glob("*/input.json")))
MARGIN = 0.05
"""A case nearer to its threshold than this share of it is no case: another machine may decide otherwise."""


def detect_case(case: Path) -> dict[str, Any]:
    """Render and detect a case; return what its ``expected.json`` should hold.

    Raises
    ------
    ValueError
        If a score is too near to the threshold.
    """
    shot = SimulatedShot(_spec_of(json.loads((case / "input.json").read_text(encoding="utf-8"))))
    plate = PlateInfo(
        shot.raster,
        (shot.raster.width, shot.raster.height),
        tuple(Channel(name, SampleType.HALF) for name in "RGB"),
        ("R", "G", "B"),
        "exr",
    )
    frames = {frame: shot.render(frame).astype(np.float16) for frame in shot.frames}
    return _expected(detect(MemoryShot(plate, frames), Encoding("linear", "")).defect_map.defects)


def _spec_of(fields: dict[str, Any]) -> ShotSpec:
    return ShotSpec(
        width=fields["width"],
        height=fields["height"],
        frames=FrameRange.parse(fields["frames"]),
        motion=Motion(fields["motion"]),
        demosaic=Demosaic(fields["demosaic"]),
        exposure=fields["exposure"],
        recipe=DEMO_RECIPE,
        seed=fields["seed"],
    )


def _expected(found: Sequence[Defect]) -> dict[str, Any]:
    threshold = DetectSettings().threshold_sigma
    defects = [
        {
            "x": each.x,
            "y": each.y,
            "kind": each.kind.value,
            "frames": str(each.frames),
            "score": abs(each.evidence.score) if each.evidence else 0.0,
        }
        for each in found
    ]
    weakest = min(each["score"] for each in defects)
    if weakest < threshold * (1 + MARGIN):
        raise ValueError(f"too near to the threshold of {threshold}: {weakest}")
    return {"threshold": threshold, "defects": defects}


def _what_moved(case: Path, made: dict[str, Any]) -> Iterator[str]:
    path = case / "expected.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"defects": []}
    old, new = (
        {(each["x"], each["y"], each["kind"]): each["score"] for each in every["defects"]}
        for every in (before, made)
    )
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield f"{case.name} {key}: {old.get(key)} -> {new.get(key)}"


if __name__ == "__main__":
    for case in CASES:
        made = detect_case(case)
        for line in _what_moved(case, made):
            print(line)  # noqa: T201  this is its output
        (case / "expected.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")

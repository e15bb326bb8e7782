# SPDX-License-Identifier: Apache-2.0
"""Frozen detections: what a case is, what was found in it and how far from the threshold.

Run as a program to make the expected files anew (from the root of the repository:
``python tests/golden/detect/cases.py``); it prints what moved. Say why in ``why.md``.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pixmend.detect import DetectSettings, prior_footprints, score_footprints, sigma_shapes
from pixmend.frames import Encoding, MemoryShot
from pixmend.model import Channel, FrameRange, PlateInfo, SampleType
from pixmend.pipeline import detect
from pixmend.simulate import DEMO_RECIPE, Demosaic, Motion, ShotSpec, SimulatedShot
from pixmend.stats import ShotStatistics

FOLDER = Path(__file__).parent
CASES = tuple(sorted(path.parent for path in FOLDER.glob("*/input.json")))
MARGIN = 0.05
"""A case nearer to its threshold than this share of it is no case: another machine may decide otherwise."""

_SKIRT_PX = 8  # what a defect's own ringing may score in


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
    found = detect(MemoryShot(plate, frames), Encoding("linear", ""))
    return _expected(
        found.statistics, [(each.x, each.y, each.kind.value) for each in found.defect_map.defects]
    )


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


def _expected(statistics: ShotStatistics, places: list[tuple[int, int, str]]) -> dict[str, Any]:
    shapes = sigma_shapes(statistics, prior_footprints(len(statistics.model.channels)))
    score = np.abs(score_footprints(statistics, shapes).score)
    threshold = DetectSettings().threshold_sigma
    defects = []
    elsewhere = score.copy()
    for x, y, kind in places:
        around = score[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        defects.append({"x": x, "y": y, "kind": kind, "score": round(float(around.max()), 2)})
        elsewhere[max(y - _SKIRT_PX, 0) : y + _SKIRT_PX + 1, max(x - _SKIRT_PX, 0) : x + _SKIRT_PX + 1] = 0
    loudest = round(float(elsewhere.max()), 2)
    weakest = min(each["score"] for each in defects)
    if weakest < threshold * (1 + MARGIN) or loudest > threshold * (1 - MARGIN):
        raise ValueError(f"too near to the threshold of {threshold}: defects {weakest}, others {loudest}")
    return {"threshold": threshold, "loudest_elsewhere": loudest, "defects": defects}


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

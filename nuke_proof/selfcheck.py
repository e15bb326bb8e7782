# SPDX-License-Identifier: Apache-2.0
"""What the self-check inside Nuke compares with: a small plate, its bake, and the numbers that must come out.

``python -m nuke_proof.selfcheck`` writes ``nuke_plugin/pixmend_nuke/selfcheck.json``; ``--check`` exits with 1 where
the committed file is another. The numbers are those of the committed gizmo, evaluated without Nuke.
"""

import base64
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuke_proof.graph import Box, Evaluation, Image, Node, Scene, picture_from_rows, read_gizmo
from pixmend.bake import Control, Curve, Entry, Mode, Segment, Table, apply_control, pack_control

__all__ = ["FRAME", "JSON", "make_selfcheck"]

ROOT = Path(__file__).parents[1]
JSON = ROOT / "nuke_plugin" / "pixmend_nuke" / "selfcheck.json"
GIZMO = ROOT / "gizmos" / "PixMend.gizmo"
WIDTH, HEIGHT = 48, 32
FRAMES, FRAME, BEYOND = (1001, 1010), 1003, 2000
ENGINES = ("Live", "Patch", "Preview")
RGB = ("rgba.red", "rgba.green", "rgba.blue")
RGBA = (*RGB, "rgba.alpha")
_EXR = ("R", "G", "B", "A")
Rows = NDArray[np.float32]


def make_selfcheck() -> str:
    """Return the text of the file."""
    gizmo = read_gizmo(GIZMO.read_text(encoding="ascii"))
    plate, control = _plate(), _control()
    index = _index(control)
    told = apply_control(plate, index, pack_control(control), FRAME)
    patch = np.where((index[..., :1] > 0), np.concatenate([told, np.ones_like(told[..., :1])], -1), 0)
    pictures = {
        "plate.exr": (plate, (WIDTH, HEIGHT)),
        "index.exr": (index, (WIDTH, HEIGHT)),
        "control.exr": (pack_control(control), pack_control(control).shape[1::-1]),
        f"patch.{FRAME:04d}.exr": (patch.astype(np.float32), (WIDTH, HEIGHT)),
    }
    points = _points(control)
    disk = _Disk({f"/b/{name}": _image(rows, size) for name, (rows, size) in pictures.items()})
    result = partial(_sampled, gizmo, disk, told, points)
    document = {
        "made_by": "python -m nuke_proof.selfcheck",
        "frame": FRAME,
        "beyond": BEYOND,
        "knobs": sorted(gizmo.user_knobs),
        "kernel_description": _described(gizmo),
        "pictures": {name: _stored(rows, size) for name, (rows, size) in pictures.items()},
        "points": points,
        "plate": _values(_image(plate, (WIDTH, HEIGHT)), points),
        "expected": {engine: result(engine) for engine in ENGINES},
    }
    return (
        "{\n"
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in document.items())
        + "\n}\n"
    )


def _plate() -> Rows:
    """Return a plate (H, W, 3) of half floats: a slope, a wave and something like grain, without a random number."""
    y, x, c = np.mgrid[:HEIGHT, :WIDTH, :3]
    light = 0.2 + x / 400 + np.abs((y + 3 * c) % 16 - 8) / 100 + ((x * 37 + y * 61 + c * 17) % 29 - 14) / 2000
    for at_x, at_y, channel in ((9, 8, 0), (20, 12, 1), (33, 20, 2), (40, 25, 1)):
        light[at_y, at_x, channel] += 0.6
    halves: Rows = light.astype(np.float16).astype(np.float32)
    return halves


def _control() -> Control:
    """Return a control with every mode: subtracted, predicted with grain, given, left; steady and not."""
    passes, subtracts = (Mode.PASS, 0, 0), (Mode.SUBTRACT, 0.6, 0)
    predicts, gives = (Mode.PREDICT, 0.5, 0), (Mode.VALUE, 0.25, 0)
    later = np.zeros((4, 3, 3), np.float32)
    later[:, 1, 0], later[:, 1, 1] = Mode.SUBTRACT, (0.5, 0.6, 0.7, 0.8)
    first, last = FRAMES
    return Control(
        (WIDTH, HEIGHT),
        FRAMES,
        (
            Entry(9, 8, 1, 0, 1, (_steady(first, last, predicts, passes, passes),)),
            Entry(20, 12, 2, 0, 2, (_steady(first, last, passes, subtracts, passes),)),
            Entry(33, 20, 7, 1, 3, (_steady(1002, 1003, gives, gives, gives),)),
            Entry(40, 25, 2, 3, 4, (Segment(1002, 1005, later),)),
            Entry(41, 25, 2, 3, 4, (_steady(1004, 1006, gives, gives, gives),)),
        ),
        (_table(),),
        tuple(_curve(each) for each in range(3)),
    )


def _steady(first: int, last: int, *modes: tuple[float, float, float]) -> Segment:
    return Segment(first, last, np.array([modes], np.float32))


def _table() -> Table:
    """Return the weights of R from the 5 x 5 around it in R and G."""
    steps = [(dx, -dy, c) for c in (0, 1) for dy in range(-2, 3) for dx in range(-2, 3) if (dx, dy) != (0, 0)]
    near = np.array([1 / (1 + dx * dx + dy * dy) for dx, dy, _ in steps])
    of_red = np.array([c == 0 for _, _, c in steps])
    weights = np.where(of_red, near / near[of_red].sum(), (near - near[~of_red].mean()) / 8)
    return Table(0, np.array(steps, np.int8), weights.astype(np.float32))


def _curve(channel: int) -> Curve:
    x = np.arange(33) / 16 - 0.25
    y = np.sign(x) * np.sqrt(np.abs(x)) * (40 + channel) + x
    return Curve(x.astype(np.float32), y.astype(np.float32))


def _index(control: Control) -> Rows:
    picture = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    for number, each in enumerate(control.entries, 1):
        frames = [(segment.first, segment.last) for segment in each.segments]
        picture[each.y, each.x] = (
            number,
            each.channels,
            min(first for first, _ in frames),
            max(last for _, last in frames),
        )
    return picture


def _points(control: Control) -> list[list[int]]:
    """Return pixels in Nuke's coordinates: each entry, its neighbours, the corners."""
    places = {(0, 0), (WIDTH - 1, 0), (0, HEIGHT - 1), (WIDTH - 1, HEIGHT - 1)}
    for each in control.entries:
        places |= {
            (each.x + dx, each.y + dy) for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (2, 2))
        }
    return [[x, HEIGHT - 1 - y] for x, y in sorted(places)]


def _image(rows: Rows, size: tuple[int, int]) -> Image:
    planes = dict(zip(RGBA, np.moveaxis(rows, -1, 0), strict=False))
    return picture_from_rows(planes, size=size)


class _Disk(dict[str, Image]):
    """Pictures by path; the manifest is there, too."""

    def exists(self, path: str) -> bool:
        return path in self or path == "/b/bake.json"

    def read(self, path: str) -> Image:
        return self[path]


def _sampled(
    gizmo: Node, disk: _Disk, told: Rows, points: list[list[int]], engine: str
) -> dict[str, list[float]]:
    """Return what an engine gives at the points; Live is the bake's own twin of the kernel."""

    def live(_node: Node, images: list[Image]) -> Image:
        box = images[0].box
        for each in images[1:]:
            box = box.union(each.box)
        rows = np.concatenate([told, np.zeros_like(told[..., :1])], -1)
        return _image(rows, (WIDTH, HEIGHT)).over(box)

    knobs: dict[str, float | str] = {"bake": "/b", "engine": engine}
    plate = disk["/b/plate.exr"]
    scene = Scene({0: plate}, disk, frame=FRAME, knobs=knobs, format=(WIDTH, HEIGHT), blink=live)
    return _values(Evaluation(gizmo, scene).output(), points)


def _values(image: Image, points: list[list[int]]) -> dict[str, list[float]]:
    return {name: [float(image.read(name, Box(x, y, x + 1, y + 1))[0, 0]) for x, y in points] for name in RGB}


def _stored(rows: Rows, size: tuple[int, int]) -> dict[str, Any]:
    """Return a picture as the plug-in writes it: its data window ends one pixel beyond what is not zero, as in a bake."""
    y, x = np.nonzero(rows.any(-1))
    left, top = max(int(x.min()) - 1, 0), max(int(y.min()) - 1, 0)
    cut = rows[top : int(y.max()) + 2, left : int(x.max()) + 2]
    planes = {
        name: base64.b64encode(plane.astype("<f4").tobytes()).decode("ascii")
        for name, plane in zip(_EXR, np.moveaxis(cut, -1, 0), strict=False)
    }
    return {"display": list(size), "window": [left, top, cut.shape[1], cut.shape[0]], "planes": planes}


def _described(gizmo: Node) -> str:
    live = gizmo.child("PM_Live")
    return "" if live is None else live.knobs["KernelDescription"].text


def main() -> int:
    """Write the file, or say whether it is current."""
    text = make_selfcheck()
    if "--check" in sys.argv[1:]:
        is_current = JSON.exists() and JSON.read_text(encoding="ascii") == text
        print(f"{JSON.name} is {'current' if is_current else 'old: run python -m nuke_proof.selfcheck'}")
        return 0 if is_current else 1
    JSON.write_text(text, encoding="ascii")
    print(JSON)
    return 0


if __name__ == "__main__":
    sys.exit(main())

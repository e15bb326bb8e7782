# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 (the plug-in is there only inside a session; lambdas take what they are given)
"""What the panel's tests share: a small shot, its map, and a node below it in a strict fake Nuke."""

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pixmend.model import FrameRange
from pixmend.simulate import DEMO_RECIPE, Motion, ShotFormat, ShotSpec, SimulatedShot, write_shot
from tests.make.nuke_sessions import session, with_plate
from tests.make.shots_on_disk import seen_in

WIDTH, HEIGHT, FRAMES = 160, 120, "1001-1005"
CLI = Path(sys.executable).with_name("pixmend")

MAP = {
    "schema": "pixmend.map/1",
    "raster": {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT},
    "source": {"sequence": "plate.#.exr", "frames": FRAMES, "camera": "", "channels": ["R", "G", "B"]},
    "made_by": {"pixmend": "0.1.0", "settings": {}},
    "defects": [
        {"id": "d0001", "x": 20, "y": 10, "kind": "hot", "samples": [[0, 0, "*"]], "amplitude_sigma": 30.0}
        | {"confidence": 1.0, "status": "proposed", "severity": "issue", "note": ""},
        {"id": "d0002", "x": 40, "y": 70, "kind": "dead", "frames": "1003-1004", "samples": [[0, 0, "*"]]}
        | {"amplitude_sigma": -9.0, "confidence": 1.0, "status": "proposed", "severity": "issue", "note": ""},
        {"id": "d0003", "x": 90, "y": 99, "kind": "hot", "samples": [[0, 0, "*"]], "amplitude_sigma": None}
        | {"confidence": None, "status": "accepted", "severity": "issue", "note": ""},
    ],
}


@dataclass
class Desk:
    """A compositor's desk: a session, the plate's Read, a PixMend below it, and the folder of the job."""

    world: Any
    read: Any
    node: Any
    folder: Path
    before: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.before = seen_in(self.folder / "plate")

    @property
    def nuke(self):
        return self.world.module

    def press(self, button):
        """Click a button: its own text in the gizmo runs."""
        with self.world.at(self.node):
            self.node[button].execute()

    def finish(self):
        """Wait for what runs beside Nuke."""
        from pixmend_nuke import _work

        self.world.pump(lambda: not _work._running)

    def do(self, button):
        """Click, and wait for what it started."""
        self.press(button)
        self.finish()

    def knob(self, name):
        return self.node[name].value()

    @property
    def baked(self):
        """The folder of the one bake beside the map."""
        (found,) = self.folder.glob("*.pixmend")
        return found

    @property
    def manifest(self):
        return json.loads((self.baked / "bake.json").read_text())

    @property
    def map(self):
        return json.loads((self.folder / "map.json").read_text())

    def plate_is_untouched(self):
        return seen_in(self.folder / "plate") == self.before


@pytest.fixture(scope="session")
def plate(tmp_path_factory):
    """A shot of five small frames with defects that nobody may miss."""
    folder = tmp_path_factory.mktemp("nuke") / "plate"
    spec = ShotSpec(
        width=WIDTH,
        height=HEIGHT,
        frames=FrameRange.parse(FRAMES),
        motion=Motion.PAN,
        exposure=0.06,
        recipe=DEMO_RECIPE,
    )
    write_shot(SimulatedShot(spec), folder, file_format=ShotFormat("exr"))
    return folder


@pytest.fixture
def job(plate, tmp_path):
    """A folder with the plate and a map of three defects."""
    shutil.copytree(plate, tmp_path / "plate")
    (tmp_path / "map.json").write_text(json.dumps(MAP))
    return tmp_path


@pytest.fixture
def make_desk(job, monkeypatch):
    """Open desks; every setting of a test's machine is taken away."""
    for name in ("PIXMEND_CLI", "PIXMEND_KEEP_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    opened = []

    def make(**options):
        entered = session(**options)
        world = entered.__enter__()
        opened.append(entered)
        file = job / "plate" / "plate.####.exr"
        read, node = with_plate(world, file, first=1001, last=1005, size=(WIDTH, HEIGHT))
        node["cli"].setValue(str(CLI))
        node["map"].setValue(str(job / "map.json"))
        world.steps.clear()
        world.touched.clear()
        return Desk(world, read, node, job)

    yield make
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def desk(make_desk):
    """A desk with a window."""
    return make_desk()


@pytest.fixture
def stand_in(tmp_path):
    """Write a command that stands in for pixmend: `stand_in(body)` runs `body` as Python with `argv`."""

    def make(body):
        path = tmp_path / "bin with spaces" / "pixmend"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable} -SE\nimport json, os, sys, time\nargv = sys.argv[1:]\n{body}\n")
        path.chmod(0o755)
        return path

    return make


BAKES = """
if argv[0] == "bake":
    import hashlib
    out, given = argv[argv.index("-o") + 1], argv[argv.index("--map") + 1]
    os.makedirs(out, exist_ok=True)
    sha = hashlib.sha256(open(given, "rb").read()).hexdigest()
    shot = None if argv[1] == "--map" else os.path.basename(argv[1]).replace("%04d", "1001-1005#")
    json.dump({"schema": "pixmend.bake/1", "map": {"sha256": sha}, "shot": shot, "argv": argv}, open(out + "/bake.json", "w"))
    if "--patch" in argv: open(out + "/patch.1001.exr", "w").close()
    print(json.dumps({"ok": True, "output": out, "notices": []}))
    sys.exit(0)
"""
"""A stand-in's body: a bake that takes no time."""


@pytest.fixture
def quick(desk, stand_in):
    """A desk whose bake takes no time."""
    desk.node["cli"].setValue(str(stand_in(BAKES)))
    desk.world.steps.clear()
    return desk

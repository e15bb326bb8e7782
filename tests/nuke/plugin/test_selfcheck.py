# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415, ARG005 (the plug-in is there only inside a session; lambdas take what they are given)
"""The self-check, with a Nuke whose pictures are those of the evaluator: what it finds, and that it finds errors."""

import base64
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from nuke_proof.graph import Evaluation, FilesOnDisk, Scene, blink_by, read_gizmo
from nuke_proof.selfcheck import JSON, make_selfcheck
from nuke_proof.shim import STRICT, works_here
from tests.make.nuke_sessions import GIZMO, PLUGIN, session

DISK = FilesOnDisk()


class Pictures:
    """What nodes of a fake session give, evaluated once for each state of the knobs."""

    def __init__(self, world, blink):
        self.world, self.blink, self.known = world, blink, {}
        self.gizmo = read_gizmo(GIZMO.read_text(encoding="ascii"))
        self.spoil = lambda node, channel, value: value

    def __call__(self, node, channel, x, y):
        at_x, at_y = int(x), int(y)
        image = self.of(node)
        plane = image.channels[channel]
        return self.spoil(node, channel, float(plane[at_y - image.box.y, at_x - image.box.x]))

    def of(self, node):
        if node.Class() == "Read":
            return self._once(("read", node["file"].value()), lambda: DISK.read(node["file"].value()))
        engine, folder = node["engine"].value(), node["bake"].value()
        proxy = self.world.root.proxy()
        return self._once(
            (engine, self.world.at_frame, proxy), lambda: self._result(node, folder, engine, proxy)
        )

    def _result(self, node, folder, engine, proxy):
        plate = self.of(node.input(0))
        scene = Scene(
            {0: plate},
            DISK,
            frame=self.world.at_frame,
            knobs={"bake": folder, "engine": engine},
            proxy=proxy,
            format=plate.format,
            blink=self.blink,
        )
        return Evaluation(self.gizmo, scene).output()

    def _once(self, key, make):
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]


@pytest.fixture
def checked(tmp_path, workshop):
    if not works_here(STRICT):
        pytest.skip("there is no g++")
    blink = blink_by(workshop)

    def run(*, spoil=None, gui=True):
        with session(gui=gui) as world:
            world.sampler = Pictures(world, blink)
            if spoil:
                world.sampler.spoil = spoil
            import pixmend_nuke

            other = world.module.createNode("Dot")
            report = pixmend_nuke.self_check(str(tmp_path / "report.txt"))
            assert [each.name() for each in world.root._children] == [other.name()]
            assert other.isSelected()
            assert world.steps == []
            assert world.at_frame == 1001
            assert not world.root.proxy()
            return Path(report).read_text(encoding="utf-8"), world

    return run


def verdicts(report):
    return {
        line[11:].partition(":")[0]: line[:9].strip() for line in report.splitlines()[3:] if line[:9].strip()
    }


def test_the_numbers_are_those_of_the_committed_gizmo():
    assert JSON.read_text(encoding="ascii") == make_selfcheck(), "run python -m nuke_proof.selfcheck"


def test_everything_is_the_same_where_nuke_does_as_we_think(checked):
    report, world = checked()
    found = verdicts(report)
    assert set(found.values()) <= {"SAME", "CLOSE", "NOTE"}, report
    assert found["engine Live, GPU"] == found["engine Live, CPU"] == found["engine Patch"] == "SAME"
    assert found["proxy mode"] == found["a frame without defects"] == found["kernel description"] == "SAME"
    assert "0 of 12 checks failed" in report
    assert "13.2v8" in report
    assert "report.txt" in world.messages[0]
    assert not list(Path(world.gizmo["name"]).glob("*"))


def test_a_wrong_pixel_is_found_and_shown(checked):
    def spoil(node, channel, value):
        wrong = node.Class() != "Read" and node["engine"].value() == "Patch" and channel == "rgba.red"
        return value + 0.01 if wrong else value

    report, _ = checked(spoil=spoil)
    found = verdicts(report)
    assert found["engine Patch"] == "DIFFERENT"
    assert found["engine Preview"] in {"SAME", "CLOSE"}
    assert "wanted" in report


def test_nan_and_rounding_are_told_apart(checked):
    def nudge(node, channel, value):
        return value if node.Class() == "Read" else float(np.nextafter(np.float32(value), np.float32(2)))

    assert verdicts(checked(spoil=nudge)[0])["engine Patch"] == "CLOSE"
    report, _ = checked(spoil=lambda node, channel, value: value if node.Class() == "Read" else float("nan"))
    assert verdicts(report)["engine Live, CPU"] == "DIFFERENT"


def test_one_check_that_breaks_hides_no_other(checked):
    def breaks(node, channel, value):
        if node.Class() != "Read" and node["engine"].value() == "Live":
            raise RuntimeError("Kernel failed to compile")
        return value

    found = verdicts(checked(spoil=breaks)[0])
    assert found["engine Live, GPU"] == "ERROR"
    assert found["engine Patch"] == "SAME"


def test_without_a_window_it_prints_where_the_report_is(checked):
    _, world = checked(gui=False)
    assert "report.txt" in world.printed[0]
    assert world.messages == []


def test_the_script_for_the_terminal(tmp_path, monkeypatch):
    known = json.loads(JSON.read_text(encoding="ascii"))
    points = [tuple(each) for each in known["points"]]
    monkeypatch.setattr("sys.argv", ["selfcheck.py", str(tmp_path / "mine.txt")])
    with session(gui=False) as world:
        world.sampler = lambda node, channel, x, y: known["plate"][channel][points.index((int(x), int(y)))]
        runpy.run_path(str(PLUGIN / "selfcheck.py"))
    assert "4 of 12 checks failed" in (tmp_path / "mine.txt").read_text()
    assert Path(world.plugin_paths[0]) == GIZMO.parent


def test_the_files_of_the_check_hold_what_the_numbers_say(tmp_path):
    known = json.loads(JSON.read_text(encoding="ascii"))
    with session():
        from pixmend_nuke._exr import Picture, write_exr

        for name, stored in known["pictures"].items():
            planes = {channel: base64.b64decode(text) for channel, text in stored["planes"].items()}
            write_exr(
                str(tmp_path / name), Picture(tuple(stored["display"]), tuple(stored["window"]), planes)
            )
    plate = DISK.read(str(tmp_path / "plate.exr"))
    for name, values in known["plate"].items():
        assert [float(plane) for plane in (plate.channels[name][y, x] for x, y in known["points"])] == values
    index = DISK.read(str(tmp_path / "index.exr"))
    assert index.box.shape < plate.box.shape
    assert index.format == plate.format

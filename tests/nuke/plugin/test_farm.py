# SPDX-License-Identifier: Apache-2.0
"""Send to farm: what the command line is told, and every way in which a job can end."""

import json
from pathlib import Path

import pytest

from nuke_proof.graph import read_gizmo
from nuke_proof.graph._lint import CLASSES_OF_NUKE_13
from pixmend.farm import ENGINES
from tests.make.shots_on_disk import seen_in

BUTTON = 22
GIZMO = Path(__file__).parents[3] / "gizmos" / "PixMend.gizmo"

SUBMITS = """
folder = argv[argv.index("-o") + 1]
with open(os.path.join(os.path.dirname(sys.argv[0]), "argv.json"), "w") as file: json.dump(argv, file)
answer = {"ok": True, "engine": argv[argv.index("--engine") + 1], "job": folder + ".job", "output": folder,
          "steps": [{"name": "Fix", "tasks": 4}, {"name": "Report", "tasks": 1}]}
"""
HANDED = SUBMITS + 'print(json.dumps({**answer, "ids": {"Fix": "4711"}, "is_over": False, "failures": []}))'
DONE = SUBMITS + 'print(json.dumps({**answer, "ids": {}, "is_over": True, "failures": []}))'
FAILED = SUBMITS + (
    'print(json.dumps({**answer, "ids": {}, "is_over": True, "failures": ["Fix 1001-1003: the disk is full"]}))'
    "\nsys.exit(5)"
)


@pytest.fixture
def send(desk, stand_in):
    """Press the button with a stand-in for the command; return what that was called with."""

    def press(body):
        command = stand_in(body)
        desk.node["cli"].setValue(str(command))
        desk.world.files = [str(desk.folder / "mended")]
        desk.do("send_to_farm")
        assert desk.plate_is_untouched()
        return json.loads((command.parent / "argv.json").read_text())

    return press


def test_the_map_and_the_engine_and_the_site_are_handed_over(desk, send):
    desk.node["farm_engine"].setValue("slurm")
    desk.node["farm_site"].setValue(str(desk.folder / "site.toml"))
    argv = send(HANDED)
    assert argv == [
        *("submit", str(desk.folder / "plate" / "plate.%04d.exr"), "-o", str(desk.folder / "mended")),
        *("--engine", "slurm", "--site", str(desk.folder / "site.toml")),
        *("--map", str(desk.folder / "map.json"), "--json", "--progress", "json"),
    ]
    (said,) = desk.world.messages
    job = desk.folder / "mended.job"
    assert said == f"5 tasks handed to slurm as 4711. How far they are says: pixmend farm status {job}"
    assert desk.knob("status_text") == said


def test_without_a_map_the_farm_detects_first(desk, send):
    desk.node["map"].setValue("")
    argv = send(DONE)
    assert "--map" not in argv
    assert argv[argv.index("--engine") + 1] == "local"
    assert desk.world.messages == [f"The job is done: {desk.folder / 'mended'}"]


def test_a_job_that_failed_says_why(desk, send):
    send(FAILED)
    assert desk.world.messages == ["The job failed: Fix 1001-1003: the disk is full"]


def test_only_the_frames_of_the_knob_are_sent(desk, send):
    desk.node["frames"].setValue("1002-1003")
    argv = send(HANDED)
    assert argv[argv.index("--frames") + 1] == "1002-1003"


def test_edits_are_saved_before_they_are_sent(desk):
    desk.press("next")
    desk.press("reject")
    before = seen_in(desk.folder)
    desk.press("send_to_farm")
    assert desk.world.messages == ["Save the map first: the farm reads it from the disk."]
    assert seen_in(desk.folder) == before


def test_the_real_command_understands_it(desk):
    desk.node["farm_site"].setValue(str(desk.folder / "site.toml"))
    (desk.folder / "site.toml").write_text("colour = 1\n")
    desk.world.files = [str(desk.folder / "mended")]
    desk.do("send_to_farm")
    (said,) = desk.world.messages
    assert "'colour' is not known here" in said
    assert not (desk.folder / "mended").exists()


def test_every_engine_can_be_chosen(desk):
    assert tuple(desk.node["farm_engine"].values()) == ENGINES


def test_a_script_with_the_node_needs_only_nuke_and_the_bake_to_render():
    group = read_gizmo(GIZMO.read_text(encoding="ascii"))
    assert {node.kind for node in group.walk()} <= CLASSES_OF_NUKE_13
    asking = [knob for knob in group.user_knobs.values() if "pixmend_nuke" in (knob.text or "")]
    assert {knob.code for knob in asking} == {BUTTON}
    assert GIZMO.read_text(encoding="ascii").count("import pixmend_nuke") == len(asking)
    files = [node.knobs["file"].text for node in group.walk() if "file" in node.knobs]
    assert files
    assert all(file.startswith("[value parent.bake]/") for file in files)

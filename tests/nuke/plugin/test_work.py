# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415, ARG005 (the plug-in is there only inside a session; lambdas take what they are given)
"""Detect, bake, render: the command line as a child of Nuke, and every way in which it can end."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from tests.make.shots_on_disk import seen_in
from tests.nuke.plugin.conftest import BAKES

DETECTS = """
if argv[0] == "detect":
    print(json.dumps({"event": "progress", "stage": "reading", "done": 1, "total": 4}), file=sys.stderr, flush=True)
    time.sleep(60)
"""


def test_detect_and_bake_with_the_real_command(desk):
    (desk.folder / "map.json").unlink()
    desk.do("detect")
    assert desk.world.messages == []
    found = desk.map["defects"]
    assert len(found) > 10
    assert desk.knob("status_text") == f"{len(found)} defects, baked."
    assert desk.knob("bake") == str(desk.baked)
    detecting = desk.world.bars[0]
    assert detecting.percents[-1] == 100
    baked = {each.name for each in desk.baked.iterdir()}
    assert {"bake.json", "index.exr", "control.exr"} <= baked
    assert len(set(detecting.sentences)) > 2
    assert desk.plate_is_untouched()
    inner = {each for each in desk.world.touched if each.startswith("PixMend1.")}
    assert inner == {"PixMend1.PM_ReadIndex", "PixMend1.PM_ReadControl", "PixMend1.PM_ReadMarks"}
    assert {name for _node, name in desk.world.clicked} >= {"reload"}


@pytest.mark.slow
def test_render_with_the_real_command(desk):
    desk.press("next")
    desk.press("reject")
    desk.world.files = [str(desk.folder / "mended")]
    desk.do("render")
    assert "5 frames written" in desk.world.asked[-1]
    fresh = next(each for each in desk.world.root._children if each.name() == "Read2")
    assert fresh["file"].value() == str(desk.folder / "mended" / "plate.%04d.exr")
    assert (fresh["first"].value(), fresh["last"].value()) == (1001, 1005)
    desk.world.files = [str(desk.folder / "mended")]
    desk.press("next")
    desk.press("reject")
    desk.do("render")  # again, without a defect that shows in two frames
    assert "is not empty" in desk.world.asked[-2]
    assert "2 frames written" in desk.world.asked[-1]
    assert desk.world.messages == []
    assert len(list((desk.folder / "mended" / ".pixmend").glob("*.ledger"))) == 5
    assert seen_in(desk.folder / "mended", hidden=False).keys() == desk.before.keys() - {"truth.json"}
    assert desk.plate_is_untouched()


MENDS = """
given = argv[argv.index("--map") + 1]
states = [each["status"] for each in json.load(open(given))["defects"]]
assert argv[:2] == ["fix", argv[1]] and argv[1].endswith("plate.%04d.exr"), argv
assert states == ["rejected", "proposed", "accepted"], states
print(json.dumps({"ok": False, "exit_code": 5, "frames_written": 3, "frames_already_done": 1, "skipped": [{}]}))
sys.exit(5)
"""


def test_render_takes_the_map_with_its_edits_and_says_what_was_left(desk, stand_in):
    desk.node["cli"].setValue(str(stand_in(MENDS)))
    desk.press("next")
    desk.press("reject")
    desk.world.files = [str(desk.folder / "mended")]
    desk.do("render")
    said = f"3 frames written to {desk.folder / 'mended'}, 1 were done already. 1 could not be read and were left out."
    assert desk.world.asked[1:] == [said + " Make a Read of them?"]
    assert desk.knob("status_text") == said


def test_the_plate_is_never_rendered_over(desk):
    desk.world.files = [str(desk.folder / "plate") + "/"]
    desk.press("render")
    assert "the plate's own folder" in desk.world.messages[0]
    assert desk.plate_is_untouched()


@pytest.mark.parametrize(
    "button",
    ["detect", *(pytest.param(each, marks=pytest.mark.slow) for each in ("bake_now", "render"))],
)
def test_what_is_cancelled_leaves_nothing(desk, button):
    before = seen_in(desk.folder)
    desk.world.cancel_when = lambda bar: bool(bar.percents)
    desk.world.files = [str(desk.folder / "mended")]
    desk.do(button)
    (said,) = desk.world.messages
    assert said.startswith("Stopped: ")
    assert ("nothing was written" in said) is (button != "render")
    after = {name: seen for name, seen in seen_in(desk.folder).items() if not name.startswith("mended/")}
    assert after == before
    assert desk.knob("map") == str(desk.folder / "map.json")
    assert desk.knob("bake") == ""


def test_the_cancel_button_stops_the_child(desk, stand_in, tmp_path):
    marker = tmp_path / "pid"
    body = f"open({str(marker)!r}, 'w').write(str(os.getpid()))\n{DETECTS}"
    desk.node["cli"].setValue(str(stand_in(body)))
    desk.press("detect")
    assert desk.knob("status_text") == "PixMend: detect ..."
    desk.press("detect")
    assert "at work already" in desk.world.messages.pop()
    while not desk.world.bars[0].percents:
        threading.Event().wait(0.02)
    desk.press("cancel")
    desk.finish()
    assert desk.world.messages == ["Stopped: nothing was written, and the picture is as it was."]
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_a_broken_map_is_not_loaded(quick):
    desk = quick
    desk.do("load_map")
    (desk.folder / "broken.json").write_text('{"schema": "pixmend.map/1", "defects": [{"id": 1}]}')
    desk.node["map"].setValue(str(desk.folder / "broken.json"))
    desk.do("load_map")
    assert len(desk.world.messages) == 1
    assert "broken.json: defect 1 of this map is broken" in desk.world.messages[0]
    assert desk.knob("bake") == str(desk.baked)  # the picture is as it was


def test_a_map_without_a_plate_is_baked_alone(quick):
    desk = quick
    desk.node.setInput(0, None)
    desk.do("bake_now")
    argv = desk.manifest["argv"]
    assert argv[:2] == ["bake", "--map"]


def test_nuke_without_blink_gets_patches(make_desk, stand_in):
    desk = make_desk(env={"nc": True})
    desk.node["cli"].setValue(str(stand_in(BAKES)))
    desk.do("load_map")
    assert "--patch" in desk.manifest["argv"]
    assert desk.knob("engine") == "Patch"
    assert "PixMend1.PM_ReadPatch" in desk.world.touched


@pytest.mark.parametrize(
    ("values", "colours", "is_told"),
    [
        ("linear", "default (linear)", False),
        ("linear", "scene_linear", False),
        ("linear", "ACES - ACES2065-1", True),
        ("raw", "default (linear)", True),
        ("raw", "Cineon", True),
    ],
)
def test_a_read_that_converts_colours_is_told(quick, stand_in, values, colours, is_told):
    desk = quick
    desk.read["colorspace"].setValue(colours)
    body = BAKES.replace('"notices": []', f'"notices": ["d0001 is left"], "values": {values!r}')
    desk.node["cli"].setValue(str(stand_in(body)))
    desk.do("bake_now")
    assert desk.world.messages[-1] == "d0001 is left"
    assert ["Read1 converts" in each for each in desk.world.messages[:-1]] == [True] * is_told
    desk.read["raw"].setValue(True)
    desk.world.messages.clear()
    desk.do("bake_now")
    assert desk.world.messages == ["d0001 is left"]


def test_frames_are_the_knobs_or_the_cut_of_the_read(quick):
    desk = quick
    desk.read["first"].setValue(1002)
    desk.do("bake_now")
    assert "1002-1005" in desk.manifest["argv"]
    desk.node["frames"].setValue("1003,1005")
    desk.do("bake_now")
    assert "1003,1005" in desk.manifest["argv"]


FAILS = """
print(json.dumps({"schema": "pixmend.%s/1" % argv[0], "ok": False, "exit_code": 3, "error":
    {"kind": "FrameError", "what": "is cut short", "where": "plate.1002.exr", "hint": "copy it again"}}))
sys.exit(3)
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (FAILS, "plate.1002.exr: is cut short\n(copy it again)"),
        ("sys.exit('no licence for numpy')", "pixmend ended with code 1: no licence for numpy"),
        ("print('not JSON'); sys.exit(70)", "pixmend ended with code 70: it said nothing"),
        ("os.kill(os.getpid(), 9)", "pixmend ended with code -9"),
    ],
)
def test_a_command_that_fails_says_why(desk, stand_in, body, said):
    desk.node["cli"].setValue(str(stand_in(body)))
    desk.do("bake_now")
    assert len(desk.world.messages) == 1
    assert said in desk.world.messages[0]
    assert not list(desk.folder.glob("*.pixmend"))
    assert desk.knob("bake") == ""


@pytest.mark.parametrize(
    ("knob", "variable", "said"),
    [
        ("", "", "is not found"),
        ("nowhere/pixmend", "", "the knob `cli` names 'nowhere/pixmend'"),
        ("", "nowhere/pixmend", "PIXMEND_CLI names"),
    ],
)
@pytest.mark.parametrize("button", ["detect", "bake_now", "render", "load_map"])
def test_a_missing_command_is_said_plainly(desk, monkeypatch, knob, variable, said, button):
    monkeypatch.setenv("PATH", str(desk.folder))
    monkeypatch.setenv("PIXMEND_CLI", variable)
    desk.node["cli"].setValue(knob)
    desk.world.files = [str(desk.folder / "mended")]
    before = seen_in(desk.folder)
    desk.press(button)
    assert len(desk.world.messages) == 1
    assert said in desk.world.messages[0]
    assert seen_in(desk.folder) == before
    assert desk.knob("map") == str(desk.folder / "map.json")


def test_the_command_is_found_by_variable_and_path(quick, monkeypatch):
    desk = quick
    command = desk.knob("cli")
    desk.node["cli"].setValue("")
    monkeypatch.setenv("PIXMEND_CLI", command)
    desk.do("bake_now")
    monkeypatch.delenv("PIXMEND_CLI")
    monkeypatch.setenv("PATH", str(Path(command).parent))
    desk.do("bake_now")
    assert desk.world.messages == []


def test_the_child_does_not_see_what_nuke_sets_for_itself(desk, stand_in, monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "nowhere")
    monkeypatch.setenv("QT_PLUGIN_PATH", "nowhere")
    body = "print(json.dumps({'ok': False, 'error': {'what': ' '.join(sorted(os.environ))}})); sys.exit(2)"
    desk.node["cli"].setValue(str(stand_in(body)))
    desk.do("bake_now")
    seen = set(desk.world.messages.pop().split())
    assert not seen & {"PYTHONHOME", "PYTHONPATH", "QT_PLUGIN_PATH", "LD_LIBRARY_PATH"}
    assert "PATH" in seen
    from pixmend_nuke._cli import clean_environment

    kept = clean_environment({"PYTHONPATH": "a", "PIXMEND_KEEP_ENVIRONMENT": "1"})
    assert kept["PYTHONPATH"] == "a"


def test_paths_with_spaces_quotes_and_letters_of_anywhere_go_through(quick):
    desk = quick
    odd = desk.folder / "o'dd \u30d7\u30ec\u30fc\u30c8 $HOME"
    (desk.folder / "plate").rename(odd)
    desk.world.tcl = {str(odd / "plate.####.exr"): str(odd / "plate.####.exr")}
    desk.read["file"].setValue(str(odd / "plate.####.exr"))
    desk.do("bake_now")
    argv = desk.manifest["argv"]
    assert argv[1] == str(odd / "plate.%04d.exr")


def test_tcl_in_the_reads_file_is_evaluated(quick):
    desk = quick
    desk.world.tcl = {"[getenv JOB]": str(desk.folder)}
    desk.read["file"].setValue("[getenv JOB]/plate/plate.%04d.exr")
    desk.do("bake_now")
    argv = desk.manifest["argv"]
    assert argv[1] == str(desk.folder / "plate" / "plate.%04d.exr")


@pytest.mark.parametrize("kind", ["Grade", "Reformat", "TimeOffset", "Group"])
def test_what_may_change_samples_on_the_way_is_named(desk, kind):
    between = desk.nuke.createNode(kind)
    between.setInput(0, desk.read)
    desk.node.setInput(0, between)
    for button in ("detect", "bake_now", "render", "next"):
        desk.press(button)
        assert f"{kind}1 stands between the plate and PixMend" in desk.world.messages.pop()


def test_what_leaves_samples_alone_may_stand_between(quick):
    desk = quick
    between = desk.nuke.createNode("Dot")
    between.setInput(0, desk.read)
    desk.node.setInput(0, between)
    desk.do("bake_now")
    assert desk.world.messages == []


def test_a_read_that_renumbers_frames_is_named(desk):
    desk.read["frame"].setValue("frame+1000")
    desk.press("bake_now")
    assert "Read1 renumbers" in desk.world.messages[0]


def test_no_read_above_is_said(desk):
    constant = desk.nuke.createNode("Dot")
    constant.setInput(0, None)
    desk.node.setInput(0, constant)
    desk.press("detect")
    assert "No Read stands above" in desk.world.messages[0]


def test_a_folder_that_is_no_bake_is_not_replaced(desk):
    desk.node["bake"].setValue(str(desk.folder / "plate"))
    desk.press("bake_now")
    assert "is no bake" in desk.world.messages[0]
    assert desk.plate_is_untouched()


def test_saying_no_starts_nothing(desk):
    desk.world.answers = [False]
    desk.press("detect")
    assert desk.world.messages == ["Nothing was changed."]
    assert desk.world.bars == []
    desk.press("render")  # no folder is chosen
    assert "No folder" in desk.world.messages[-1]


def test_a_node_that_is_deleted_meanwhile_is_no_crash(quick):
    desk = quick
    desk.press("bake_now")
    desk.nuke.delete(desk.node)
    desk.finish()
    assert desk.world.messages == ["The PixMend node is gone; what it ran has ended."]


def test_a_thread_that_breaks_is_heard_of(quick, stand_in):
    desk = quick
    stand_in("print('{}', file=sys.stderr)\n" + BAKES)
    desk.world.cancel_when = lambda bar: 1 / 0
    desk.do("bake_now")
    assert "ZeroDivisionError" in desk.world.messages[0]
    desk.world.cancel_when = lambda bar: False
    desk.do("bake_now")
    assert desk.knob("status_text") == "3 defects, baked."


def test_a_bug_after_a_job_is_a_message(quick, monkeypatch, capfd):
    from pixmend_nuke import _work

    monkeypatch.setattr(_work, "_take_bake", lambda node, folder: 1 / 0)
    quick.do("bake_now")
    assert quick.world.messages[0].startswith("PixMend met a bug: ZeroDivisionError")
    assert "Traceback" in capfd.readouterr().err


def test_a_bug_of_ours_is_a_message_too(desk, monkeypatch, capfd):
    from pixmend_nuke import _panel

    monkeypatch.setitem(_panel.BUTTONS, "detect", lambda node: 1 / 0)
    desk.press("detect")
    assert desk.world.messages[0].startswith("PixMend met a bug: ZeroDivisionError")
    assert "Traceback" in capfd.readouterr().err


def test_without_a_window_there_are_no_threads(make_desk, stand_in, monkeypatch):
    desk = make_desk(gui=False)
    desk.node["cli"].setValue(str(stand_in(BAKES)))
    monkeypatch.setattr("nuke.ProgressTask", None, raising=False)
    desk.press("load_map")
    assert desk.knob("status_text") == "3 defects, baked."
    desk.node["cli"].setValue(str(stand_in(FAILS)))
    from pixmend_nuke import Problem

    with pytest.raises(Problem, match="cut short"):
        desk.press("render")
    assert desk.world.messages == []


def test_the_message_names_the_command_so_that_it_can_be_typed(desk, stand_in):
    desk.node["cli"].setValue(str(stand_in("sys.exit(9)")))
    desk.do("bake_now")
    typed = desk.world.messages[0].partition("The command was: ")[2]
    done = subprocess.run(["/bin/sh", "-c", typed], check=False)
    assert done.returncode == 9

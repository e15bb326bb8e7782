# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415, ARG005 (the plug-in is there only inside a session; lambdas take what they are given)
"""Going through defects by the buttons of the committed gizmo: places, frames, filters, edits, undo."""

import json

import pytest

from pixmend.cli import main


def visited(desk, button, times):
    found = []
    for _ in range(times):
        desk.press(button)
        found.append(desk.knob("current"))
    return found


def test_next_and_previous_go_round(desk):
    assert visited(desk, "next", 4) == ["d0001", "d0002", "d0003", "d0001"]
    assert visited(desk, "previous", 2) == ["d0003", "d0002"]
    assert desk.world.messages == []


def test_going_to_a_defect_points_at_its_pixel_in_a_frame_that_shows_it(desk):
    desk.world.at_frame = 1001
    visited(desk, "next", 2)
    assert (desk.node["pick"].value(0), desk.node["pick"].value(1)) == (40.5, 120 - 70 - 0.5)
    assert desk.world.at_frame == 1003
    assert "dead at 40, 70" in desk.knob("status_text")
    assert "2 of 3" in desk.knob("status_text")
    desk.press("next")
    assert desk.world.at_frame == 1003  # this one shows in every frame


@pytest.mark.parametrize(
    ("knob", "value", "names"),
    [
        ("filter_kind", "dead", ["d0002"]),
        ("filter_status", "accepted", ["d0003"]),
        ("filter_status", "proposed", ["d0001", "d0002"]),
        ("filter_amplitude", 10.0, ["d0001", "d0003"]),  # what was not measured passes
    ],
)
def test_filters_choose_where_next_stops(desk, knob, value, names):
    desk.node[knob].setValue(value)
    assert visited(desk, "next", len(names) + 1) == [*names, names[0]]


def test_next_goes_on_from_where_a_defect_was(desk):
    visited(desk, "next", 2)
    desk.press("remove")
    desk.press("accept")
    assert desk.world.messages == ["The map has no defect d0002."]
    assert visited(desk, "next", 1) == ["d0003"]
    desk.node["current"].setValue("d0002")
    assert visited(desk, "previous", 1) == ["d0001"]
    desk.node["filter_kind"].setValue("dead")
    desk.press("next")
    assert desk.world.messages[1:] == ["No defect of the map passes the filters."]


def test_filters_that_nothing_passes_are_said(desk):
    desk.node["filter_kind"].setValue("row")
    desk.press("next")
    assert desk.world.messages == ["No defect of the map passes the filters."]
    assert desk.knob("current") == ""


def test_what_was_decided_is_undone_by_nuke_and_saved_on_request(quick, capsys):
    desk = quick
    visited(desk, "next", 1)
    desk.press("reject")
    visited(desk, "next", 1)
    desk.press("remove")
    desk.node["pick"].setValue([61.2, 30.9])
    desk.press("add")
    assert desk.knob("current") == "d0004"
    desk.press("accept")
    desk.world.undo()  # accept
    desk.world.undo()  # add
    assert desk.knob("current") == "d0002"  # which was removed before
    assert [each["status"] for each in desk.map["defects"]] == [
        "proposed",
        "proposed",
        "accepted",
    ]  # the file waits
    desk.press("add")
    desk.press("save_map")
    assert desk.world.asked[-1].startswith("Save 3 defects over ")
    assert desk.knob("edits") == ""
    path = str(desk.folder / "map.json")
    assert main(["map", "show", path, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["status"]) for each in shown["defects"]] == [
        ("d0001", "rejected"),
        ("d0003", "accepted"),
        ("d0004", "accepted"),
    ]
    added = desk.map["defects"][-1]
    assert (added["x"], added["y"]) == (61, 120 - 1 - 30)
    assert sorted(added["samples"]) == sorted(
        [dx, dy, "*"] for dx, dy in [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
    )
    assert desk.plate_is_untouched()


def test_a_step_of_undo_is_one_press(desk):
    visited(desk, "next", 1)
    desk.press("accept")
    names = [name for name, _ in desk.world.steps]
    assert names == ["PixMend: go to d0001", "PixMend: accepted d0001"]
    desk.world.undo()
    assert desk.knob("edits") == ""
    assert "d0001 (1 of 3)" in desk.knob("status_text")


def test_nothing_but_the_node_itself_is_touched(desk):
    visited(desk, "next", 3)
    desk.press("accept")
    desk.press("previous")
    assert desk.world.touched <= {"PixMend1", "Read1"}


@pytest.mark.parametrize(
    ("prepare", "button", "said"),
    [
        (lambda desk: None, "accept", "No defect is chosen"),
        (lambda desk: desk.node["current"].setValue("x9"), "reject", "no defect x9"),
        (lambda desk: desk.nuke.root()["proxy"].setValue(True), "add", "proxy"),
        (lambda desk: desk.node["close_up"].setValue(True), "add", "close-up"),
        (lambda desk: desk.node["pick"].setValue([500, 5]), "add", "outside the raster"),
        (lambda desk: desk.node["pick"].setValue([20.5, 109.5]), "add", "d0001 is at this pixel"),
        (lambda desk: desk.node.setInput(0, None), "add", "Connect the plate"),
        (lambda desk: desk.node["map"].setValue(""), "next", "No map is named"),
        (lambda desk: (desk.folder / "map.json").write_text("{"), "next", "broken"),
        (lambda desk: None, "cancel", "Nothing is running"),
        (lambda desk: desk.read._knobs["file"].setValue(""), "next", "names no file"),
    ],
)
def test_what_cannot_be_done_is_one_message(desk, prepare, button, said):
    prepare(desk)
    edits = desk.knob("edits")
    desk.press(button)
    assert len(desk.world.messages) == 1
    assert said in desk.world.messages[0]
    assert said in desk.knob("status_text")
    assert desk.knob("edits") == edits
    assert desk.plate_is_untouched()


def test_a_map_that_changed_on_the_disk_is_not_overwritten(desk):
    visited(desk, "next", 1)
    desk.press("reject")
    path = desk.folder / "map.json"
    path.write_text(path.read_text() + " ")
    desk.press("save_map")
    assert "changed since" in desk.world.messages[0]
    assert path.read_text().endswith(" ")


def test_saying_no_changes_nothing(desk):
    visited(desk, "next", 1)
    desk.press("reject")
    before = (desk.folder / "map.json").read_bytes(), desk.knob("edits")
    desk.world.answers = [False]
    desk.press("save_map")
    assert ((desk.folder / "map.json").read_bytes(), desk.knob("edits")) == before


def test_without_a_window_it_works_and_raises(make_desk):
    desk = make_desk(gui=False)
    visited(desk, "next", 1)
    desk.press("reject")
    desk.press("save_map")
    assert desk.map["defects"][0]["status"] == "rejected"
    desk.node["filter_kind"].setValue("row")
    from pixmend_nuke import Problem

    with pytest.raises(Problem, match="passes the filters"):
        desk.press("next")
    assert desk.world.messages == desk.world.asked == []

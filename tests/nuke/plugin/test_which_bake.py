# SPDX-License-Identifier: Apache-2.0
"""Which bake a node takes: of one map, with its edits, and of one plate."""

import json
from pathlib import Path

import pytest

from tests.make.shots_on_disk import seen_in


def test_load_map_takes_the_bake_that_is_there_and_makes_none_twice(quick):
    desk = quick
    desk.do("load_map")
    assert desk.knob("status_text") == "3 defects, baked."
    assert desk.manifest["argv"][1] == str(desk.folder / "plate" / "plate.%04d.exr")
    made = (desk.baked / "bake.json").stat().st_mtime_ns
    desk.do("load_map")
    assert (desk.baked / "bake.json").stat().st_mtime_ns == made
    assert desk.knob("bake") == str(desk.baked)


@pytest.mark.parametrize("name", ["plate.####.exr", "other.####.exr"])
@pytest.mark.parametrize("button", ["load_map", "bake_now"])
def test_shots_that_share_a_map_have_a_bake_each(quick, name, button):
    """The repair of one shot would harm another: the amplitudes are those of its frames."""
    desk = quick
    desk.do("load_map")
    first, seen = desk.baked, seen_in(desk.baked)
    desk.read["file"].setValue(str(desk.folder / "second" / name))  # as after copy and paste of the node
    desk.do(button)
    assert desk.world.messages == []
    assert desk.knob("bake") != str(first)
    assert len(list(desk.folder.glob("*.pixmend"))) == 2
    assert seen_in(first) == seen


def test_a_folder_that_holds_the_bake_of_another_shot_is_not_replaced(quick):
    desk = quick
    mine = desk.folder / "mine"
    desk.node["bake"].setValue(str(mine))
    desk.do("bake_now")
    seen = seen_in(mine)
    desk.read["file"].setValue(str(desk.folder / "second" / "other.####.exr"))
    desk.do("bake_now")
    assert seen_in(mine) == seen
    assert desk.knob("bake") == str(desk.baked)


def test_a_bake_of_the_map_alone_gives_way_to_one_of_the_plate(quick):
    desk = quick
    desk.node.setInput(0, None)
    desk.do("load_map")
    alone = desk.knob("bake")
    assert alone == str(desk.folder / "map.pixmend")
    desk.do("load_map")
    assert desk.knob("bake") == alone
    desk.node.setInput(0, desk.read)
    desk.do("load_map")
    assert desk.knob("bake") != alone


def test_another_map_takes_the_bake_of_the_first_away(quick):
    """Else the node would mend pixels of a map that nobody looks at any more."""
    desk = quick
    desk.do("load_map")
    other = json.loads((desk.folder / "map.json").read_text()) | {"defects": []}
    (desk.folder / "other.json").write_text(json.dumps(other))
    desk.node["map"].setValue(str(desk.folder / "other.json"))
    first = seen_in(desk.baked)
    desk.do("load_map")
    assert desk.knob("bake") == ""
    assert desk.knob("status_text") == "0 defects loaded."
    assert seen_in(desk.baked) == first
    desk.node["map"].setValue(str(desk.folder / "map.json"))
    desk.do("load_map")
    assert desk.knob("bake") == str(desk.baked)


def test_a_bake_of_another_name_that_fits_is_kept(quick):
    desk = quick
    desk.node["bake"].setValue(str(desk.folder / "mine"))
    desk.do("bake_now")
    desk.do("load_map")
    assert desk.knob("bake") == str(desk.folder / "mine")
    assert not list(desk.folder.glob("*.pixmend"))


def test_a_bake_is_of_the_map_with_its_edits(quick):
    desk = quick
    desk.press("next")
    desk.press("remove")
    desk.do("bake_now")
    argv = desk.manifest["argv"]
    given = argv[argv.index("--map") + 1]
    assert Path(given).name == "map.json"
    assert not Path(given).parent.exists()
    assert desk.knob("status_text") == "2 defects, baked."
    assert len(desk.map["defects"]) == 3
    desk.press("save_map")
    made = (desk.baked / "bake.json").stat().st_mtime_ns
    desk.do("load_map")  # the saved map is the one that was baked
    assert (desk.baked / "bake.json").stat().st_mtime_ns == made

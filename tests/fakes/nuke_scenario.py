# SPDX-License-Identifier: Apache-2.0
"""A compositor's quarter of an hour in a strict fake Nuke, in whichever Python runs this file (3.7 and later).

``python nuke_scenario.py ROOT STUBS GIZMO.json FOLDER``: FOLDER holds a map.json and a stand-in command `pixmend`.
Prints ``ok`` where everything went as it should; an exception else.
"""

import json
import sys
from pathlib import Path

ROOT, STUBS, GIZMO, FOLDER = sys.argv[1:]
sys.path[:0] = [ROOT, str(Path(ROOT, "nuke_plugin"))]

from tests.fakes.nuke import Stubs, World  # noqa: E402 (the path is set above)
from tests.fakes.nuke._nodes import Format  # noqa: E402


def finish(world):
    """Wait for what runs beside Nuke."""
    from pixmend_nuke import _work  # noqa: PLC0415 (it is there only inside a session)

    world.pump(lambda: not _work._running)


def work(world):
    """Press the buttons."""
    nuke = world.module
    read = nuke.createNode("Read")
    read["file"].setValue(str(Path(FOLDER, "plate.####.exr")))
    read["colorspace"].setValue("scene_linear")
    read._format = Format(world, 160, 120)
    node = nuke.createNode("PixMend")
    node["cli"].setValue(str(Path(FOLDER, "pixmend")))
    node["map"].setValue(str(Path(FOLDER, "map.json")))
    for button in (
        "load_map",
        "next",
        "reject",
        "next",
        "remove",
        "next",
        "accept",
        "save_map",
        "bake_now",
        "detect",
    ):
        with world.at(node):
            node[button].execute()
        finish(world)
    assert world.messages == ["no frames: nothing to do\n(copy the plate)"], world.messages
    saved = json.loads(Path(FOLDER, "map.json").read_text(encoding="utf-8"))
    assert [(each["id"], each["status"]) for each in saved["defects"]] == [
        ("d0001", "rejected"),
        ("d0003", "accepted"),
    ]
    assert Path(node["bake"].value(), "bake.json").exists()


def check(world):
    """Run the self-check against the plate's own numbers: each engine is then wrong, and the report says so."""
    import pixmend_nuke  # noqa: PLC0415 (it is there only inside a session)

    known = json.loads(
        Path(ROOT, "nuke_plugin", "pixmend_nuke", "selfcheck.json").read_text(encoding="ascii")
    )
    points = [tuple(each) for each in known["points"]]
    world.sampler = lambda _node, channel, x, y: known["plate"][channel][points.index((int(x), int(y)))]
    report = Path(pixmend_nuke.self_check(str(Path(FOLDER, "report.txt")))).read_text(encoding="utf-8")
    assert "4 of 12 checks failed" in report, report
    assert "ERROR" not in report, report


world = World(Stubs(STUBS), json.loads(Path(GIZMO).read_text(encoding="ascii")))
with world.imported("pixmend_nuke"):
    exec(compile(Path(ROOT, "nuke_plugin", "menu.py").read_text(encoding="utf-8"), "menu.py", "exec"))  # noqa: S102
    assert len(world.menus) == 3
    work(world)
    check(world)
print("ok")  # noqa: T201 (it is a script)

# SPDX-License-Identifier: Apache-2.0
"""Sessions of the strict fake Nuke with the committed gizmo, a plate and a PixMend node below it."""

import sys
from contextlib import contextmanager
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from nuke_proof.graph import read_gizmo
from tests.fakes.nuke import Stubs, World
from tests.fakes.nuke._nodes import Format

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "nuke_plugin"
GIZMO = ROOT / "gizmos" / "PixMend.gizmo"
OURS = "pixmend_nuke"

__all__ = ["GIZMO", "OURS", "PLUGIN", "described_gizmo", "session", "stubs_folder", "with_plate"]


def stubs_folder():
    """Return where the stubs of `types-nuke` lie."""
    return Path(str(distribution("types-nuke").locate_file("nuke-stubs")))


@cache
def described_gizmo():
    """Return the committed gizmo as plain values, as the fake builds its node from."""
    gizmo = read_gizmo(GIZMO.read_text(encoding="ascii"))
    user_knobs = [
        {
            "code": each.code,
            "name": each.name,
            "label": each.label,
            "tooltip": each.tooltip,
            "text": each.text,
            "choices": list(each.choices),
            **({"value": gizmo.knobs[each.name].text} if each.name in gizmo.knobs else {}),
            **({"value": each.text} if each.code == 26 else {}),
        }
        for each in gizmo.user_knobs.values()
    ]
    children = [
        {
            "kind": each.kind,
            "name": each.name,
            "knobs": {name: word.text for name, word in each.knobs.items()},
        }
        for each in gizmo.children
    ]
    return {
        "name": gizmo.name or "PixMend",
        "user_knobs": user_knobs,
        "children": children,
        "text": GIZMO.read_text(encoding="ascii"),
    }


@cache
def _stubs():
    return Stubs(stubs_folder())


@contextmanager
def session(**options):
    """Yield a World in which `import nuke` and `import pixmend_nuke` work, imported anew."""
    world = World(_stubs(), described_gizmo(), **options)
    sys.path.insert(0, str(PLUGIN))
    try:
        with world.imported(OURS):
            yield world
    finally:
        sys.path.remove(str(PLUGIN))


def with_plate(world, file="plate.####.exr", *, first=1001, last=1012, size=(256, 192)):
    """Make a Read and a PixMend below it; return both."""
    nuke = world.module
    read = nuke.createNode("Read")
    read["file"].setValue(str(file))
    for name, value in (("first", first), ("origfirst", first), ("last", last), ("origlast", last)):
        read[name].setValue(value)
    read["colorspace"].setValue("default (linear)")
    read._format = Format(world, *size)
    node = nuke.createNode("PixMend")
    world.touched.clear()
    world.steps.clear()
    return read, node

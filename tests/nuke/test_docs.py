# SPDX-License-Identifier: Apache-2.0
"""docs/nuke.md says what the gizmo and the plug-in say, and its pictures are there and small."""

import re
from pathlib import Path

import OpenImageIO
import pytest

from nuke_proof.graph import read_gizmo
from nuke_proof.pictures import PICTURES, draw_pictures

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "nuke.md").read_text(encoding="utf-8")
GROUP = read_gizmo((ROOT / "gizmos" / "PixMend.gizmo").read_text(encoding="ascii"))
SAID = " ".join(
    [
        GROUP.knobs["label"].text,
        *(knob.text or "" for knob in GROUP.user_knobs.values()),
        *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "nuke_plugin").rglob("*.py"))),
    ]
)


@pytest.mark.parametrize("sentence", re.findall(r'^\|[^|]*?"([^"]+)"', PAGE, re.MULTILINE))
def test_what_is_quoted_is_said(sentence):
    assert all(part in SAID for part in re.split(r"\b(?:Read|Grade)1\b", sentence))  # nodes have any name


def test_every_engine_and_view_is_told_of():
    for knob in ("engine", "view"):
        for choice in GROUP.user_knobs[knob].choices:
            assert re.search(rf"^\| {choice} \|", PAGE, re.MULTILINE), choice


def test_every_button_that_is_named_is_there():
    labels = {knob.label for knob in GROUP.user_knobs.values()}
    steps = PAGE.partition("\n| plate |")[0]
    named = set(re.findall(r"(?<!\d\. )\*\*([A-Z][a-z ]+)\*\*", steps))
    assert {"Next", "Accept", "Load map", "Save map", "Add"} <= named
    assert named <= labels


def test_the_pictures_are_there_and_small():
    named = re.findall(r"\((nuke_\w+\.png)\)", PAGE)
    assert sorted(named) == sorted(f"nuke_{name}.png" for name in PICTURES)
    assert sum((DOCS / name).stat().st_size for name in named) < 300_000


@pytest.mark.slow
def test_the_pictures_are_what_the_gizmo_shows(tmp_path):
    for path in draw_pictures(tmp_path):
        drawn, kept = (
            OpenImageIO.ImageBuf(str(each)).get_pixels(OpenImageIO.FLOAT) for each in (path, DOCS / path.name)
        )
        assert drawn.shape == kept.shape
        assert (abs(drawn - kept) > 0.02).mean() < 0.02  # a better repair is no reason to draw anew

# SPDX-License-Identifier: Apache-2.0
"""From the crew's clip of cards to the camera's map, and with it to the footage."""

import json
from pathlib import Path

import pytest

from pixmend.cli import main
from pixmend.model import map_from_json
from pixmend.simulate import write_shot
from tests.make.pixel_checks import (
    CAP,
    FADE,
    STREET,
    WHITE,
    PixelCheckClip,
    camera_shot,
    stored_clip,
    write_clip,
)

PLAN = ((CAP, 10), (FADE, 3), (STREET, 2), (WHITE, 10))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("camera")
    write_clip(folder / "check", stored_clip(camera_shot(), PLAN))
    write_shot(camera_shot(), folder / "shot")
    assert (
        main(
            [
                "detect",
                str(folder / "check"),
                "--pixel-check",
                "-o",
                str(folder / "camera.json"),
                "--camera",
                "A 7",
                "-q",
            ]
        )
        == 0
    )
    return folder


def places(path):
    return {(each.x, each.y) for each in map_from_json(Path(path).read_text()).defects}


def test_the_clip_tells_the_camera_and_the_footage_confirms_it(say):
    shown = say("detect", "check", "--pixel-check", "-o", "again.json", "--camera", "A 7")
    assert Path("again.json").read_text() == Path("camera.json").read_text()
    clip = PixelCheckClip(camera_shot(), PLAN)
    assert set(clip.frames_of(CAP)) <= set(range(1, 12))
    assert (shown["dark_frames"], shown["lit_frames"], shown["camera"]) == ("1-11", "16-25", "A 7")
    alone, helped = (
        say("detect", "shot", "-o", f"{name}.json", *prior)
        for name, prior in (("a", ()), ("b", ("--prior", "camera.json")))
    )
    planted = {each.centre for each in camera_shot().planted}
    assert places("a.json") <= places("b.json") <= planted
    assert places("camera.json") <= planted
    assert helped["count"] >= alone["count"]
    assert json.loads(Path("b.json").read_text())["source"]["camera"] == "A 7"


def test_check_says_by_its_exit_code_that_there_are_defects(say):
    assert say("detect", "check", "--pixel-check", "--frames", "1-6", "--check", code=1)["written"] is False


def test_a_dry_run_writes_nothing(say):
    assert say("detect", "check", "--pixel-check", "-o", "dry.json", "--dry-run")["frames"] == "1-25"
    assert not Path("dry.json").exists()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("shot", "--pixel-check"), "no part of this clip is an even field"),
        (("check", "--pixel-check", "--frames", "11-15"), "no part of this clip is an even field"),
        (("check", "--pixel-check", "--prior", "camera.json"), "--prior does not go with --pixel-check"),
        (("check", "--pixel-check", "--stats-out", "s.npz"), "--stats-out does not go with --pixel-check"),
        (("check", "--camera", "B"), "--camera goes with --pixel-check only"),
        (("--pixel-check", "--merge", "s.npz"), "--merge does not go with --pixel-check"),
    ],
)
def test_wrong_use_is_one_clear_sentence(say, options, what):
    assert say("detect", *options, "-o", "x.json", code=2)["error"]["what"] == what
    assert not Path("x.json").exists()


def test_frames_that_are_missing_are_named(say):
    assert (
        "99"
        in say("detect", "check", "--pixel-check", "--frames", "1-99", "-o", "x.json", code=3)["error"][
            "what"
        ]
    )

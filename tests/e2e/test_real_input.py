# SPDX-License-Identifier: Apache-2.0
"""The main job on real sensors and on files of other programs: ../shared/data, which is not committed."""

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
import pytest
from scipy.ndimage import median_filter

from pixmend.cli import main
from pixmend.frames import open_shot
from tests.make.shots_on_disk import seen_in, write_integers

DATA = Path(__file__).parents[2] / "../shared/data"
STARS = DATA / "hotpixel/tetra3_stars16"
STILL = DATA / "hotpixel/nikon_d200_jpeg"
NEAR_PX = 2

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there"),
]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say(capfd):
    def call(*argv):
        capfd.readouterr()
        code = main([*map(str, argv), "--json", "-q"])
        out, err = capfd.readouterr()
        assert (code, err) == (0, ""), out
        return json.loads(out)

    return call


def found_places(path="map.json"):
    return [(each["x"], each["y"]) for each in json.loads(Path(path).read_text())["defects"]]


def missed(wanted, places):
    return [
        each
        for each in wanted
        if not any(max(abs(each[0] - x), abs(each[1] - y)) <= NEAR_PX for x, y in places)
    ]


def mend_prove_undo(say, *how, look=True):
    """Fix, verify, undo; return what `verify` says. What a hand marked need not be gone to `look` at."""
    before = seen_in(Path("plate"))
    fixed = say("fix", "plate", "--map", "map.json", "-o", "mended", *how)
    sight = ["--map", "map.json", *how] if look else []
    proof = say("verify", "mended", "--source", "plate", *sight)
    assert proof["samples_changed"] == fixed["samples_changed"] > 0
    elsewhere = (
        "samples_wrong",
        "samples_changed_elsewhere",
        "bytes_changed_elsewhere",
        "header_bytes_changed",
    )
    assert [proof[name] for name in elsewhere] == [0, 0, 0, 0]
    assert (proof["frames_undo_restores"], proof["problems"]) == (proof["frames"], [])
    say("undo", "mended", "-o", "restored")
    assert seen_in(Path("restored"), hidden=False) == before == seen_in(Path("plate"))
    return proof


# Night sky, one camera, eight pointings: stars move, hot pixels do not


@cache
def sky():
    """Return the frames, (8, 768, 1024) uint16 as the camera stored them."""
    paths = sorted(STARS.glob("*.tif"))
    assert len(paths) == 8
    return np.stack([OpenImageIO.ImageInput.open(str(path)).read_image("uint16") for path in paths]).reshape(
        8, 768, 1024
    )


@cache
def excess_sigma():
    """Return each sample's excess over its 5 x 5 median, in the frame's own noise, as in the manifest."""
    residuals = [frame - median_filter(frame, 5) for frame in sky().astype(np.float32)]
    return np.stack([each / (1.4826 * np.median(np.abs(each))) for each in residuals])


def consensus(least_sigma=0.0):
    """Return the places listed in the consensus that exceed a level in 80 % of the frames."""
    listed = json.loads((STARS / "consensus.json").read_text())["defects"]
    return [
        (each["x"], each["y"])
        for each in listed
        if np.mean(excess_sigma()[:, each["y"], each["x"]] > least_sigma) >= 0.8
    ]


def write_sky(form):
    """Write 16-bit DPX of one channel, or half EXR: code / 65535, so that half holds all of it to 11 bits."""
    Path("plate").mkdir()
    for number, frame in enumerate(sky()):
        path = Path(f"plate/stars.{1001 + number}.{form}")
        if form == "dpx":
            write_integers(path, frame[..., None])
            continue
        half = (frame / np.float32(65535)).astype(np.float16)
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        with OpenEXR.File(header, {"Y": half}) as image:
            image.write(str(path))


@pytest.mark.parametrize("form", ["dpx", "exr"])
def test_the_hot_pixels_of_a_star_camera_and_no_star(form, say):
    write_sky(form)
    assert open_shot("plate").plate.colour == ("Y",)
    say("detect", "plate", "-o", "map.json", "--encoding", "linear")
    places = found_places()

    strong = consensus(8.0)
    assert len(strong) == 14
    assert missed(strong, places) == []
    assert missed(consensus(), places) == []  # all 31 that the manifest lists

    # A star is bright in the frame whose pointing put it there; a warm pixel is brighter
    # than its neighbours in most frames.
    in_frames = [(excess_sigma()[:, y, x] > 1.5).sum() for x, y in places]
    assert [place for place, count in zip(places, in_frames, strict=True) if count < 5] == []

    assert mend_prove_undo(say, "--encoding", "linear")["defects_left"] == 0
    after = open_shot("mended").read(1004)[..., 0].astype(np.float64)
    before = open_shot("plate").read(1004)[..., 0].astype(np.float64)
    noise = 1.4826 * np.median(np.abs(before - median_filter(before, 5)))
    for x, y in strong:
        around = before[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        assert abs(after[y, x] - np.median(around)) < 5 * noise


# One frame of a stills camera, hot pixels after debayer and JPEG


TOP, BOTTOM = 150, 650


def test_hot_pixels_in_one_frame_of_a_stills_camera(say):
    opened = OpenImageIO.ImageInput.open(str(STILL / "image.JPG"))
    code = opened.read_image("uint8").reshape(2592, 3872, 3)[TOP:BOTTOM].astype(np.float32) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float16)
    Path("plate").mkdir()
    with OpenEXR.File(
        {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage},
        {name: np.ascontiguousarray(light[..., index]) for index, name in enumerate("RGB")},
    ) as image:
        image.write("plate/still.0001.exr")

    listed = json.loads((STILL / "candidates.json").read_text())["defects"]
    candidates = [(each["x"], each["y"] - TOP) for each in listed if TOP + 5 <= each["y"] < BOTTOM - 5]
    assert len(candidates) == 8
    found = say("detect", "plate", "-o", "map.json")
    places = found_places()
    assert found["kinds"].keys() == {"hot"}
    assert len(missed(candidates, places)) <= 3
    assert len(missed(places, candidates)) <= 1
    mend_prove_undo(say)


# Files that other programs wrote, with a map made by hand


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("exr/Desk.exr", "x,y,channel\n0,0,\n643,873,\n200,431,R\n201,431,G\n202,431,B\n"),
        ("exr/CandleGlass.exr", "x,y,channel\n500,400,\n501,400,\n17,809,G\n999,0,\n"),
        ("dpx/dpx_nuke_10bits_rgb.dpx", "x,y,channel\n218,145,\n338,333,R\n511,511,\n0,0,B\n"),
    ],
    ids=["Desk", "CandleGlass", "dpx_nuke_10bits"],
)
def test_files_of_other_programs(name, table, say):
    Path("plate").mkdir()
    shutil.copyfile(DATA / name, Path("plate") / Path(name).name)
    Path("map.csv").write_text(table)
    raster = open_shot("plate").plate.raster
    assert say("map", "convert", "map.csv", "-o", "map.json", "--raster", f"{raster.width}x{raster.height}")
    marked = json.loads(Path("map.json").read_text())["defects"]
    fixed = say("fix", "plate", "--map", "map.json", "-o", "all", "--dry-run")
    assert fixed["frames_that_would_change"] == 1
    proof = mend_prove_undo(say, look=False)
    assert 1 <= proof["samples_changed"] <= sum(3 if s[2] == "*" else 1 for d in marked for s in d["samples"])

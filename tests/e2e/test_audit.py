# SPDX-License-Identifier: Apache-2.0
"""Repairs that a viewer may see are named: `verify` on frames whose repairs are known to be good or bad."""

import json

import numpy as np
import pytest

from pixmend.cli import main
from pixmend.frames import open_shot
from pixmend.model import Channel, Defect, DefectMap, Kind, Patch, Sample, map_to_json
from pixmend.splice import WriteSettings, write_fixed
from tests.make.shots_on_disk import small_shot, write_form

SIDE = 5
PLACES = [(60, 60), (130, 90), (190, 130), (40, 140)]
BOX = tuple(Sample(dx, dy, channel) for dy in range(SIDE) for dx in range(SIDE) for channel in "RGB")


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A shot without defects, a map that names sound places, and frames whose repairs there are flat spots."""
    folder = tmp_path_factory.mktemp("audit")
    shot = open_shot(write_form(folder / "plate", "exr", small_shot(planted=False)))
    defects = tuple(
        Defect(id=f"d{number}", x=x, y=y, kind=Kind.CLUSTER, samples=BOX)
        for number, (x, y) in enumerate(PLACES, start=1)
    )
    (folder / "map.json").write_text(map_to_json(DefectMap(raster=shot.plate.raster, defects=defects)))
    for frame in shot.frames:
        for name, mend in (("flat", mean_of), ("mended", last_bit_of)):
            source = shot.path(frame)
            patch = patch_of(shot, frame, mend)
            write_fixed(source, folder / name / source.name, patch, shot.plate, settings=WriteSettings())
    return folder


def mean_of(spot):
    """Mend badly: without any grain."""
    return np.broadcast_to(spot.astype(np.float32).mean(axis=(0, 1)).astype(np.float16), spot.shape)


def last_bit_of(spot):
    """Mend so that it cannot be told from the truth."""
    return (spot.view(np.uint16) ^ 1).view(np.float16)


def patch_of(shot, frame, mend):
    """Return the patch that mends each place."""
    samples = shot.read(frame)
    mended = samples.copy()
    for x, y in PLACES:
        spot = np.s_[y : y + SIDE, x : x + SIDE]
        mended[spot] = mend(np.ascontiguousarray(samples[spot]))
    y, x, channel = np.nonzero(mended.view(np.uint16) != samples.view(np.uint16))
    old, new = (each[y, x, channel].view(np.uint16).astype(np.uint32) for each in (samples, mended))
    channels = tuple(Channel(name, shot.plate.sample_type(name)) for name in shot.plate.colour)
    return Patch(frame, channels, x.astype(np.int32), y.astype(np.int32), channel.astype(np.int16), old, new)


@pytest.fixture
def verified(job, capfd):
    def call(folder, *more, code=0):
        capfd.readouterr()
        argv = ["verify", str(job / folder), "--source", str(job / "plate"), "--map", str(job / "map.json")]
        assert main([*argv, "--json", "-q", *more]) == code
        return json.loads(capfd.readouterr().out)

    return call


def test_flat_spots_are_named_the_worst_first(verified):
    found = verified("flat")
    assert found["problems"] == []
    assert found["repairs_seen"] == sum(each["seen"] for each in found["repairs"]) >= 3
    worst = [max(each["outline"], abs(each["grain"]), each["colour"]) for each in found["repairs"]]
    assert worst == sorted(worst, reverse=True)
    assert found["repairs"][0]["grain"] < -4
    assert {(each["x"], each["y"]) for each in found["repairs"]} == set(PLACES)


def test_repairs_like_the_truth_are_not_named(verified):
    found = verified("mended", "--strict-audit")
    assert found["repairs_seen"] == 0
    assert len(found["repairs"]) == len(PLACES)


def test_a_repair_that_may_be_seen_fails_only_where_that_is_asked_for(verified):
    assert not verified("flat", "--strict-audit", code=4)["ok"]


def test_people_get_a_table(job, capfd):
    assert main(["verify", str(job / "flat"), "--map", str(job / "map.json"), "-q"]) == 0
    out = capfd.readouterr().out
    assert "repairs that may be seen" in out
    assert out.splitlines()[-1].startswith("d")
    assert "may be seen" in out.splitlines()[-len(PLACES)]


def test_without_a_map_no_repair_is_looked_at(job, capfd):
    assert main(["verify", str(job / "flat"), "--json", "-q"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["repairs"], found["repairs_seen"]) == (None, None)


def fixed(job, capfd, out, *more):
    capfd.readouterr()
    argv = ["fix", str(job / "plate"), "--map", str(job / "map.json"), "-o", str(job / out), "--audit"]
    code = main([*argv, "--json", "-q", *more])
    found = json.loads(capfd.readouterr().out)
    audit = found["audit"] or {"refused": [], "seen": []}
    assert code == (5 if audit["refused"] or audit["seen"] else 0)
    return found


@pytest.mark.slow
def test_fix_looks_at_repairs_first_and_any_part_of_a_shot_comes_out_the_same(job, capfd, tmp_path):
    whole = fixed(job, capfd, tmp_path / "whole")
    part = fixed(job, capfd, tmp_path / "part", "--frames", "1003", "--workers", "2")
    assert part["audit"] == whole["audit"]
    assert whole["audit"]["looked_at"] == len(PLACES)
    assert whole["audit"]["refused"] == whole["audit"]["seen"] == [], "what fix makes does not show"
    (name,) = (path.name for path in (tmp_path / "part").glob("*.exr"))
    assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert fixed(job, capfd, tmp_path / "whole")["frames_already_done"] == len(small_shot().frames)


def test_without_being_asked_fix_does_not_look(job, capfd, tmp_path):
    argv = ["fix", str(job / "plate"), "--map", str(job / "map.json"), "-o", str(tmp_path / "out")]
    assert main([*argv, "--json", "-q", "--frames", "1001"]) == 0
    assert json.loads(capfd.readouterr().out)["audit"] is None

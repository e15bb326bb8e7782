# SPDX-License-Identifier: Apache-2.0
"""From a map to mended files, proved and taken back."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from pixmend.errors import (
    BadFrameError,
    FrameError,
    MapError,
    MissingFrameError,
    ProofError,
    RangeError,
    UsageError,
)
from pixmend.frames import open_shot
from pixmend.model import FrameRange, Raster, Sample, Status
from pixmend.pipeline import FixSettings, fix, plan_fix, undo, undo_targets, verify
from pixmend.splice import ledger_path
from tests.make.shots import LINEAR


def bytes_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def frames_in(folder):
    return {name: data for name, data in bytes_in(folder).items() if name.endswith(".exr")}


def planned(shot, defect_map, out, *, frames=None, **settings):
    return plan_fix(shot, defect_map, out, FixSettings(**({"encoding": LINEAR} | settings)), frames=frames)


def fixed(shot, defect_map, out, encoding, **settings):
    report = fix(planned(shot, defect_map, out, **settings))
    return open_shot(out), report


@pytest.fixture(scope="session")
def mended_folder(plate_folder, defect_map, encoding, tmp_path_factory):
    out = tmp_path_factory.mktemp("mended") / "out"
    fix(planned(open_shot(plate_folder), defect_map, out))
    return out


@pytest.fixture
def mended(mended_folder, tmp_path):
    """A copy that may be spoiled."""
    shutil.copytree(mended_folder, tmp_path / "mended")
    return open_shot(tmp_path / "mended")


def changed_places(before, after, frame):
    old, new = (each.read(frame).view(np.uint16) for each in (before, after))
    return {(x, y, "RGB"[c]) for y, x, c in np.argwhere(old != new).tolist()}


def test_footprints_change_and_nothing_else(shot, mended, defect_map):
    allowed = {place for each in defect_map.defects for place in each.pixels("RGB")}
    for frame in shot.frames:
        changed = changed_places(shot, mended, frame)
        assert changed <= allowed
        assert len(changed) > 0.9 * len(allowed)


def test_the_mended_plate_is_near_the_clean_twin(simulated, mended, defect_map):
    places = np.array([(y, x) for x, y in sorted(defect_map.pixels())]).T
    for frame in (1001, 1008):
        spoiled, clean = simulated.render_pair(frame)
        before = np.abs(spoiled - clean)[tuple(places)].mean()
        after = np.abs(mended.read(frame).astype(np.float32) - clean)[tuple(places)].mean()
        assert after < 0.02 * before


def test_the_report_counts_what_was_done(shot, defect_map, encoding, tmp_path):
    mended, report = fixed(shot, defect_map, tmp_path / "out", encoding, frames=FrameRange([1003, 1005]))
    assert (report.frames_written, report.frames_changed) == (2, 2)
    assert (report.samples_left, report.skipped) == (0, [])
    assert report.samples_changed == sum(len(changed_places(shot, mended, frame)) for frame in (1003, 1005))


def test_a_part_of_the_frames_gives_the_same_bytes(shot, defect_map, encoding, mended_folder, tmp_path):
    fixed(shot, defect_map, tmp_path / "part", encoding, frames=FrameRange([1002, 1007]))
    part, whole = frames_in(tmp_path / "part"), frames_in(mended_folder)
    assert part == {name: whole[name] for name in ("plate.1002.exr", "plate.1007.exr")}


def test_any_number_of_workers_gives_the_same_bytes(shot, defect_map, encoding, mended_folder, tmp_path):
    fix(planned(shot, defect_map, tmp_path / "out"), workers=4)
    assert frames_in(tmp_path / "out") == frames_in(mended_folder)
    assert bytes_in(tmp_path / "out" / ".pixmend") == bytes_in(mended_folder / ".pixmend")


def with_status(defect_map, status, index):
    defects = list(defect_map.defects)
    defects[index] = replace(defects[index], status=status)
    return replace(defect_map, defects=tuple(defects))


def test_rejected_ones_stay(shot, defect_map, encoding, tmp_path):
    reviewed = with_status(defect_map, Status.REJECTED, 1)
    mended, _ = fixed(shot, reviewed, tmp_path / "out", encoding, frames=FrameRange([1001]))
    changed = changed_places(shot, mended, 1001)
    assert changed
    assert not changed & set(defect_map.defects[1].pixels("RGB"))


def test_only_the_accepted_where_asked_for(shot, defect_map, encoding, tmp_path):
    reviewed = with_status(defect_map, Status.ACCEPTED, 0)
    mended, _ = fixed(
        shot, reviewed, tmp_path / "out", encoding, only=Status.ACCEPTED, frames=FrameRange([1001])
    )
    changed = changed_places(shot, mended, 1001)
    assert changed
    assert changed <= set(defect_map.defects[0].pixels("RGB"))


def test_a_defect_is_mended_in_its_own_frames(shot, defect_map, encoding, tmp_path):
    first, *others = defect_map.defects
    some = replace(defect_map, defects=(replace(first, frames=FrameRange([1002])), *others))
    mended, _ = fixed(shot, some, tmp_path / "out", encoding, frames=FrameRange([1001, 1002]))
    own = set(first.pixels("RGB"))
    assert not changed_places(shot, mended, 1001) & own
    assert changed_places(shot, mended, 1002) & own


def test_frames_without_defects_are_copied_whole(shot, defect_map, encoding, tmp_path, plate_folder):
    empty = replace(defect_map, defects=())
    _, report = fixed(shot, empty, tmp_path / "out", encoding)
    assert (report.frames_written, report.frames_changed, report.samples_changed) == (8, 0, 0)
    assert frames_in(tmp_path / "out") == frames_in(plate_folder)


def moved(defect_map, x, y):
    first = replace(defect_map.defects[0], x=x, y=y, samples=(Sample(0, 0, "R"),))
    return replace(defect_map, defects=(first,))


REFUSED = {
    "another raster": (MapError, lambda m: replace(m, raster=Raster(0, 0, 64, 48)), {}),
    "outside": (MapError, lambda m: replace(moved(m, 128, 5), raster=None), {}),
    "above": (MapError, lambda m: replace(moved(m, 5, -1), raster=None), {}),
    "unknown channel": (
        MapError,
        lambda m: replace(m, defects=(replace(m.defects[0], samples=(Sample(0, 0, "beauty.R"),)),)),
        {},
    ),
    "missing frame": (MissingFrameError, lambda m: m, {"frames": FrameRange([1001, 1009])}),
    "no frame": (RangeError, lambda m: m, {"frames": FrameRange(())}),
}


@pytest.mark.parametrize(("error", "change", "options"), REFUSED.values(), ids=REFUSED.keys())
def test_a_plan_that_cannot_be_done_is_refused_before_anything_is_written(
    shot, defect_map, tmp_path, error, change, options
):
    with pytest.raises(error):
        planned(shot, change(defect_map), tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_the_same_folder_is_refused(shot, defect_map, plate_folder, tmp_path):
    (tmp_path / "link").symlink_to(plate_folder)
    for out in (plate_folder, plate_folder / ".." / plate_folder.name, tmp_path / "link"):
        for overwrite in (False, True):
            with pytest.raises(UsageError, match="same folder"):
                planned(shot, defect_map, out, overwrite=overwrite)


def test_in_place_into_another_folder_is_refused(shot, defect_map, tmp_path):
    """It would overwrite there what nobody allowed to overwrite."""
    with pytest.raises(UsageError, match="mending in place"):
        planned(shot, defect_map, tmp_path / "out", in_place=True)


def test_an_output_that_exists_is_refused(shot, defect_map, tmp_path):
    (tmp_path / "plate.1004.exr").write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists already"):
        planned(shot, defect_map, tmp_path)
    assert planned(shot, defect_map, tmp_path, overwrite=True).settings.overwrite
    assert bytes_in(tmp_path) == {"plate.1004.exr": b"mine"}


def test_a_plan_writes_nothing(shot, defect_map, tmp_path):
    plan = planned(shot, defect_map, tmp_path / "out")
    assert [plan.targets[frame].name for frame in plan.frames] == [
        f"plate.{n}.exr" for n in range(1001, 1009)
    ]
    assert len(plan.defects(1001)) == 4
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def damaged(plate_folder, tmp_path):
    """A copy of the plate with frame 1004 cut short: not one of the frames that train."""
    shutil.copytree(plate_folder, tmp_path / "plate")
    path = tmp_path / "plate" / "plate.1004.exr"
    path.write_bytes(path.read_bytes()[:3000])
    return open_shot(tmp_path / "plate")


def test_a_bad_frame_stops_the_run_and_leaves_nothing_half(damaged, defect_map, encoding, tmp_path):
    with pytest.raises(BadFrameError):
        fix(planned(damaged, defect_map, tmp_path / "out"))
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "out" / "plate.1004.exr").exists()


def test_a_bad_frame_is_skipped_where_asked_and_named(damaged, defect_map, encoding, tmp_path):
    report = fix(planned(damaged, defect_map, tmp_path / "out"), skip_bad_frames=True, workers=2)
    assert [skipped.frame for skipped in report.skipped] == [1004]
    assert "plate.1004.exr" in report.skipped[0].reason
    assert report.frames_written == 7
    assert len(list((tmp_path / "out").glob("*.exr"))) == 7


def test_where_every_frame_is_bad_it_is_said(damaged, defect_map, encoding, tmp_path):
    plan = planned(damaged, defect_map, tmp_path / "out")
    for path in (tmp_path / "plate").glob("*.exr"):
        path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FrameError):
        fix(plan, skip_bad_frames=True)


def test_in_place_and_back(plate_folder, defect_map, encoding, tmp_path):
    folder = tmp_path / "plate"
    shutil.copytree(plate_folder, folder)
    original = bytes_in(folder)
    shot = open_shot(folder)
    fix(planned(shot, defect_map, folder, in_place=True))
    assert all(data != original[name] for name, data in frames_in(folder).items())
    mended = open_shot(folder)
    assert undo(mended, undo_targets(mended, None), workers=2).restored == 8
    assert bytes_in(folder) == original
    assert not ledger_path(shot.path(1001)).exists()


def test_undo_elsewhere_brings_the_bytes_back(mended, plate_folder, tmp_path):
    undo(mended, undo_targets(mended, tmp_path / "back"))
    assert frames_in(tmp_path / "back") == frames_in(plate_folder)


def test_undo_of_frames_that_are_not_there_is_refused(mended, tmp_path):
    with pytest.raises(MissingFrameError):
        undo_targets(mended, tmp_path / "back", frames=FrameRange([1, 1001]))


def test_undo_does_not_write_over_what_is_there(mended, tmp_path):
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "plate.1008.exr").write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists already"):
        undo_targets(mended, tmp_path / "back")


def test_undo_without_a_ledger_is_refused(mended, tmp_path):
    ledger_path(mended.path(1001)).unlink()
    with pytest.raises(ProofError):
        undo(mended, undo_targets(mended, tmp_path / "back", frames=FrameRange([1001])))


def test_what_was_mended_is_proved(mended, shot, defect_map, encoding):
    proof = verify(mended, source=shot, defect_map=defect_map, encoding=encoding, workers=2)
    assert proof.problems == ()
    assert proof.defects_left == ()
    assert [each.frame for each in proof.proofs] == list(range(1001, 1009))
    for number in (
        "samples_changed_elsewhere",
        "bytes_changed_elsewhere",
        "header_bytes_changed",
        "samples_wrong",
    ):
        assert proof.total(number) == 0


def test_without_a_source_what_only_it_can_tell_is_unknown(mended, encoding):
    proof = verify(mended, encoding=encoding)
    assert proof.problems == ()
    assert proof.defects_left is None
    assert proof.total("samples_changed_elsewhere") is None


def test_a_tampered_sample_is_found(mended, shot, encoding):
    path = mended.path(1003)
    tampered = bytearray(path.read_bytes())
    tampered[-5] ^= 1
    path.write_bytes(bytes(tampered))
    proof = verify(mended, source=shot, encoding=encoding)
    assert [each.frame for each in proof.proofs if each.problems] == [1003]


def test_a_missing_ledger_is_found(mended, shot, encoding):
    ledger_path(mended.path(1006)).unlink()
    proof = verify(mended, source=shot, encoding=encoding)
    assert [each.frame for each in proof.proofs if each.problems] == [1006]
    assert len(proof.proofs) == 8


def test_a_defect_that_still_shows_is_named(shot, defect_map, encoding, tmp_path):
    """Mended with a map that lacks one; looked for with the whole map."""
    lacking = replace(defect_map, defects=defect_map.defects[1:])
    mended, _ = fixed(shot, lacking, tmp_path / "out", encoding)
    proof = verify(mended, source=shot, defect_map=defect_map, encoding=encoding)
    first = defect_map.defects[0]
    assert [each.id for each in proof.defects_left] == [first.id]
    assert proof.problems == (f"defect {first.id} at ({first.x}, {first.y}) still shows",)


def test_a_rejected_defect_may_show(shot, defect_map, encoding, tmp_path):
    reviewed = with_status(defect_map, Status.REJECTED, 3)
    mended, _ = fixed(shot, reviewed, tmp_path / "out", encoding)
    assert verify(mended, source=shot, defect_map=reviewed, encoding=encoding).problems == ()


def test_verify_of_frames_that_are_not_there_is_refused(mended, encoding):
    with pytest.raises(MissingFrameError):
        verify(mended, encoding=encoding, frames=FrameRange([7]))

# SPDX-License-Identifier: Apache-2.0
"""Learning a shot: the same to the bit, whatever stands where `fix` writes."""

import shutil
from dataclasses import replace

import numpy as np
import OpenEXR
import pytest

from pixmend.containers._exr_packing import _BLOCKS
from pixmend.errors import BadFrameError
from pixmend.frames import open_shot
from pixmend.frames._exr import _BLOCK_PX
from pixmend.model import Status
from pixmend.pipeline import FixSettings, fix, plan_fix
from pixmend.pipeline._mender import train_mender
from pixmend.pipeline._originals import OriginalShot
from pixmend.progress import Silent
from tests.make.shots import LINEAR

UNMENDED = 1008


@pytest.fixture(scope="module", params=["ZIPS", "B44", "DWAA"])
def form(request, plate_folder, defect_map, tmp_path_factory):
    """Return the plate, and one of which all frames but two are mended, of one compression."""
    root = tmp_path_factory.mktemp(request.param)
    plate, resumed = root / "plate", root / "resumed"
    plate.mkdir()
    compression = getattr(OpenEXR, f"{request.param}_COMPRESSION")
    for path in sorted(plate_folder.glob("*.exr")):
        pixels = OpenEXR.File(str(path)).channels()["RGB"].pixels
        header = {"compression": compression, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {"RGB": pixels}).write(str(plate / path.name))
    shutil.copytree(plate, resumed)
    shot = open_shot(resumed)
    some = shot.frames - shot.frames.thinned(2)
    fix(plan_fix(shot, defect_map, resumed, FixSettings(encoding=LINEAR, in_place=True), frames=some))
    return plate, resumed


def patch_of(folder, defect_map, **how):
    """Return what a mender that learned from a folder makes of a frame that is not mended."""
    mender = train_mender(OriginalShot(open_shot(folder)), defect_map, LINEAR, Silent(), **how)
    return mender.mend(UNMENDED, defect_map.to_mend(UNMENDED)).patch


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("x", "y", "channel", "old", "new")
    )


def test_frames_that_are_mended_already_teach_the_same(form, defect_map):
    plate, resumed = (patch_of(folder, defect_map) for folder in form)
    assert len(plate)
    assert same(plate, resumed)


def test_what_was_mended_in_place_is_read_as_it_was(form):
    plate, resumed = (open_shot(folder) for folder in form)
    bands = [(0, 70), (60, plate.plate.raster.height)]
    for frame in plate.frames:
        before, now = plate.read_bands(frame, bands), OriginalShot(resumed).read_bands(frame, bands)
        assert all(np.array_equal(one, other) for one, other in zip(before, now, strict=True))
    mended = [frame for frame in plate.frames if (plate.read(frame) != resumed.read(frame)).any()]
    assert mended
    assert np.array_equal(
        OriginalShot(resumed).read(mended[0], channels=["G"])[..., 0], plate.read(mended[0])[..., 1]
    )


def test_a_ledger_of_another_picture_puts_nothing_back(form, tmp_path):
    folder = shutil.copytree(form[1], tmp_path / "plate")
    shot = open_shot(folder)
    rendered = shot.frames.frames[0]
    OpenEXR.File(
        {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage},
        {"RGB": shot.read(rendered)[::-1].copy()},
    ).write(str(shot.path(rendered)))
    again = open_shot(folder)
    assert np.array_equal(OriginalShot(again).read(rendered), again.read(rendered))


def test_defects_that_are_not_mended_teach_nothing_either(form, defect_map):
    """Whoever rejects a defect after some frames are mended, mends the rest like the first."""
    kept, *rejected = defect_map.defects
    narrowed = replace(
        defect_map, defects=(kept, *(replace(each, status=Status.REJECTED) for each in rejected))
    )
    assert same(*(patch_of(folder, narrowed) for folder in form))


def test_the_reader_knows_the_blocks_that_the_writer_moves():
    assert {compression: block for compression, block in _BLOCKS.items() if block > 1} == _BLOCK_PX


def test_any_number_of_workers_learns_the_same(form, defect_map):
    assert same(*(patch_of(form[0], defect_map, workers=workers) for workers in (1, 3)))


def test_a_frame_that_cannot_be_read_teaches_nothing(plate_folder, defect_map, tmp_path):
    folder = shutil.copytree(plate_folder, tmp_path / "plate")
    (folder / "plate.1003.exr").write_bytes(b"no picture")
    with pytest.raises(BadFrameError):
        patch_of(folder, defect_map)
    assert len(patch_of(folder, defect_map, skip_bad_frames=True))

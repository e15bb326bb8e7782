# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import OpenEXR
import pytest

from pixmend.errors import UsageError
from pixmend.model import FrameRange
from pixmend.simulate import DEMO_RECIPE, ShotFormat, ShotSpec, SimulatedShot, to_acescct, write_shot


@pytest.fixture(scope="module")
def shot():
    return SimulatedShot(ShotSpec(width=161, height=120, frames=FrameRange([-1, 2]), recipe=DEMO_RECIPE))


def read_exr(path):
    with OpenEXR.File(str(path), separate_channels=True) as image:
        return np.stack([image.channels()[name].pixels for name in "RGB"], axis=-1)


@pytest.mark.parametrize("file_format", [each for each in ShotFormat if each.value.startswith("exr")])
def test_an_exr_holds_the_frame_as_half(shot, tmp_path, file_format):
    first, second = write_shot(shot, tmp_path, file_format=file_format)
    assert [path.name for path in (first, second)] == ["plate.-001.exr", "plate.0002.exr"]
    assert np.array_equal(read_exr(second), shot.render(2).astype(np.float16))


@pytest.mark.parametrize(("file_format", "bits"), [(ShotFormat.DPX10, 10), (ShotFormat.DPX16, 16)])
def test_a_dpx_holds_full_range_acescct_codes(shot, tmp_path, file_format, bits):
    """Read by hand: big endian, three 10-bit codes from the top of each word, or 16-bit samples."""
    path = write_shot(shot, tmp_path, file_format=file_format)[1]
    raw = path.read_bytes()
    assert raw[:4] == b"SDPX"
    data = raw[int.from_bytes(raw[4:8], "big") :]
    if bits == 10:
        words = np.frombuffer(data, ">u4").reshape(120, 161)
        codes = np.stack([words >> 22, words >> 12, words >> 2], axis=-1) & 1023
    else:
        codes = np.frombuffer(data, ">u2").reshape(120, 161, 3)
    assert np.array_equal(codes, np.rint(to_acescct(shot.render(2)) * (2**bits - 1)))


def test_the_clean_twin_goes_to_its_own_folder(shot, tmp_path):
    write_shot(shot, tmp_path / "plate", clean_folder=tmp_path / "clean")
    clean = read_exr(tmp_path / "clean" / "plate.0002.exr")
    assert np.array_equal(clean, shot.render_clean(2).astype(np.float16))
    assert not (tmp_path / "clean" / "truth.json").exists()


def test_the_truth_lists_every_planted_defect(shot, tmp_path):
    write_shot(shot, tmp_path)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["schema"] == "pixmend.truth/1"
    assert truth["shot"]["frames"] == "-1,2"
    assert [(each["x"], each["y"]) for each in truth["defects"]] == [each.centre for each in shot.planted]
    assert all(each["samples"] for each in truth["defects"])


def test_progress_is_told_frame_by_frame(shot, tmp_path):
    told = []
    write_shot(shot, tmp_path, on_frame=told.append)
    assert told == [-1, 2]


def test_files_that_exist_are_left_alone_unless_told(shot, tmp_path):
    write_shot(shot, tmp_path)
    before = (tmp_path / "plate.0002.exr").read_bytes()
    with pytest.raises(UsageError, match="exists"):
        write_shot(shot, tmp_path)
    write_shot(shot, tmp_path, overwrite=True)
    assert (tmp_path / "plate.0002.exr").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "plate.-001.exr",
        "plate.0002.exr",
        "truth.json",
    ]


def test_acescct_hits_its_published_values():
    """Academy S-2016-001: code 0.0729 at black, 0.1553 at the join, 0.4136 at 18 % grey, 0.5548 at 1."""
    light = np.array([0.0, 0.0078125, 0.18, 1.0, 222.875], np.float32)
    expected = [0.0729055, 0.1552511, 0.4135884, 0.5547945, 1.0]
    assert to_acescct(light) == pytest.approx(expected, abs=2e-5)
    assert to_acescct(np.array([-5.0, 1e9], np.float32)).tolist() == [0, 1]

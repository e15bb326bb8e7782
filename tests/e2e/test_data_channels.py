# SPDX-License-Identifier: Apache-2.0
"""Alpha and depth are touched where the map names them, and nowhere else."""

import json
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

SAMPLES = [[0, 0, "*"], [0, 0, "A"], [1, 0, "depth.Z"]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data_channels")
    (folder / "plate").mkdir()
    rng = np.random.default_rng(3)
    for frame in (1001, 1002):
        light = np.float16(rng.normal(0.2, 0.01, (60, 80, 3)))
        light[30, 40] = 5.0
        alpha = np.where(np.arange(80) < 41, np.float16(1.0), np.float16(0.0)) * np.ones((60, 1), np.float16)
        alpha[30, 40] = 0.0
        depth = np.where(np.arange(80) < 42, np.float32(5.0), np.float32(900.0)) * np.ones(
            (60, 1), np.float32
        )
        depth[30, 41] = np.inf
        channels = {"RGB": light, "A": alpha, "depth.Z": depth}
        header = {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, channels).write(str(folder / "plate" / f"plate.{frame}.exr"))
    raster = {"x": 0, "y": 0, "width": 80, "height": 60}
    defect = {"id": "d1", "x": 40, "y": 30, "kind": "hot", "samples": SAMPLES}
    document = {"schema": "pixmend.map/1", "raster": raster, "defects": [defect]}
    (folder / "map.json").write_text(json.dumps(document))
    return folder


def channels_of(path):
    return {name: each.pixels for name, each in OpenEXR.File(path, separate_channels=True).channels().items()}


def test_named_data_is_mended_from_beside_it(say):
    say("fix", "plate", "--map", "map.json", "-o", "mended")
    before, after = (channels_of(f"{folder}/plate.1001.exr") for folder in ("plate", "mended"))
    changed = {name: np.argwhere(before[name] != after[name]).tolist() for name in before}
    assert changed == {**{name: [[30, 40]] for name in "RGBA"}, "depth.Z": [[30, 41]]}
    assert after["A"][30, 40] == 1.0
    assert after["depth.Z"][30, 41] == 5.0
    assert all(abs(after[name][30, 40] - 0.2) < 0.05 for name in "RGB")
    say("verify", "mended", "--source", "plate")
    say("undo", "mended", "-o", "back")
    assert Path("back/plate.1001.exr").read_bytes() == Path("plate/plate.1001.exr").read_bytes()

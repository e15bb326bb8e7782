# SPDX-License-Identifier: Apache-2.0
"""Frames that others made: mended, proved and undone."""

from pathlib import Path

import numpy as np
import pytest

from pixmend.containers import open_container
from pixmend.model import Patch, PlateInfo
from pixmend.proof import prove_frame, undo_frame
from pixmend.splice import open_bytes, write_fixed

DATA = Path(__file__).parents[2] / "../shared/data"
GOOD = ("exr/Desk.exr", "exr/CandleGlass.exr", "exr/Carrots.exr", "dpx/dpx_nuke_10bits_rgb.dpx")

pytestmark = pytest.mark.real


def mend_prove_undo(path: Path, folder: Path) -> int:
    """Change 60 random samples; return how many samples were found changed."""
    with open_bytes(path) as source:
        container = open_container(source)
        raster, channels = container.raster, container.channels
        rng = np.random.default_rng(4)
        spots = np.unique(
            np.stack(
                [
                    rng.integers(raster.x, raster.x + raster.width, 60),
                    rng.integers(raster.y, raster.y + raster.height, 60),
                    rng.integers(0, len(channels), 60),
                ]
            ),
            axis=1,
        )
        nothing = np.zeros(spots.shape[1], np.uint32)
        x, y, channel = spots[0].astype(np.int32), spots[1].astype(np.int32), spots[2].astype(np.int16)
        old = container.read_bits(Patch(1, channels, x, y, channel, nothing, nothing))
    plate = PlateInfo(raster, (raster.width, raster.height), channels, (), container.file_format)
    target = folder / "out" / path.name
    ledger = write_fixed(path, target, Patch(1, channels, x, y, channel, old, old ^ 0x15), plate)
    proof = prove_frame(target, ledger, path)
    assert proof.problems == ()
    undo_frame(target, folder / "back" / path.name)
    assert (folder / "back" / path.name).read_bytes() == path.read_bytes()
    return proof.samples_changed or 0


@pytest.mark.parametrize("name", GOOD)
def test_a_real_frame_is_mended_proved_and_undone(name, tmp_path):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    assert mend_prove_undo(path, tmp_path) >= 55

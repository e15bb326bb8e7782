# SPDX-License-Identifier: Apache-2.0
"""Files that others made: mended, proved and undone, or refused in one sentence."""

from pathlib import Path

import numpy as np
import pytest

from pixmend.errors import PixError
from pixmend.model import Patch, PlateInfo
from pixmend.proof import prove_frame, undo_frame
from pixmend.splice import open_bytes, open_container, write_fixed

DATA = Path(__file__).parents[2] / "../shared/data"
GOOD = ("exr/Desk.exr", "exr/CandleGlass.exr", "exr/Carrots.exr", "dpx/dpx_nuke_10bits_rgb.dpx")
CONFORMANCE = sorted(path for path in (DATA / "conformance").glob("*/*") if path.is_file())
MENDED = {
    "oiio-images__grid-overscan.exr",
    "openexr-images__TestImages__AllHalfValues.exr",
    "openexr-images__TestImages__BrightRingsNanInf.exr",
    "openexr-images__DisplayWindow__t16.exr",
    "openexr-images__MultiView__Fog.exr",
    "openexr-images__Beachball__singlepart.0001.exr",
    "oiio-images__libtiffpic__depth__flower-rgb-planar-16.tif",
    "oiio-images__dpx__dpx_nuke_16bits_rgba.dpx",
}

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


@pytest.mark.skipif(not CONFORMANCE, reason="../shared/data/conformance is not there")
def test_every_conformance_file_is_mended_or_refused(tmp_path, capfd):
    mended, refused = set(), []
    for number, path in enumerate(CONFORMANCE):
        folder = tmp_path / str(number)
        try:
            mend_prove_undo(path, folder)
            mended.add(path.name)
        except PixError as exc:
            refused.append((path, str(exc)))
            assert not (folder / "out" / path.name).exists()
    assert all(str(path) in sentence and "\n" not in sentence for path, sentence in refused)
    assert mended >= {name for name in MENDED if any(path.name == name for path in CONFORMANCE)}
    assert capfd.readouterr().out == ""

# SPDX-License-Identifier: Apache-2.0
import os

import numpy as np
import OpenEXR
import OpenImageIO
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.frames import MemoryShot, open_shot
from pixmend.frames._frame import FrameBytes, read_joined
from pixmend.model import Channel, PlateInfo, Raster, SampleType

HEIGHT = 90
ROWS = np.arange(HEIGHT)[:, np.newaxis]

band = st.tuples(st.integers(0, HEIGHT - 1), st.integers(1, HEIGHT)).map(lambda ends: (min(ends), max(ends)))
bands = st.lists(band.filter(lambda each: each[0] < each[1]), max_size=12)


@given(wanted=bands, unit=st.integers(1, 100))
def test_bands_are_joined_so_that_no_unit_is_read_twice(wanted, unit):
    reads = []

    def read(rows):
        reads.append(rows)
        return ROWS[slice(*rows)]

    found = read_joined(wanted, unit, read)
    assert len(found) == len(wanted)
    for (first, stop), samples in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(samples, ROWS[first:stop])
    units = [number for first, stop in reads for number in range(first // unit, (stop - 1) // unit + 1)]
    assert len(units) == len(set(units))
    asked = {number for first, stop in wanted for number in range(first // unit, (stop - 1) // unit + 1)}
    assert set(units) == asked


def write(folder, extension):
    samples = np.random.default_rng(0).random((HEIGHT, 30, 3))
    if extension == "exr":
        stored = samples.astype(np.float16)
        header = {"compression": OpenEXR.PIZ_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {"RGB": stored}).write(str(folder / "a.1.exr"))
    else:
        stored = (samples * 65535).astype(np.uint16)
        opened = OpenImageIO.ImageOutput.create(extension)
        assert opened.open(str(folder / f"a.1.{extension}"), OpenImageIO.ImageSpec(30, HEIGHT, 3, "uint16"))
        assert opened.write_image(stored)
        opened.close()
    return open_shot(folder), stored


@pytest.mark.parametrize("extension", ["exr", "dpx", "tif"])
def test_bands_are_rows_of_the_frame_in_the_order_asked_for(tmp_path, extension):
    shot, truth = write(tmp_path, extension)
    wanted = [(80, 90), (3, 9), (33, 40), (8, 12), (3, 9), (0, 90)]
    for (first, stop), samples in zip(wanted, shot.read_bands(1, wanted), strict=True):
        np.testing.assert_array_equal(samples, truth[first:stop])
        assert samples.flags.c_contiguous
    (green,) = shot.read_bands(1, [(5, 6)], channels=["G"])
    np.testing.assert_array_equal(green, truth[5:6, :, 1:2])
    assert shot.read_bands(1, []) == []
    with pytest.raises(ValueError, match="rows 89 to 91"):
        shot.read_bands(1, [(0, 2), (89, 91)])


def test_memory_gives_bands():
    channels = tuple(Channel(name, SampleType.HALF) for name in "RGB")
    plate = PlateInfo(Raster(0, 0, 4, 6), (4, 6), channels, ("R", "G", "B"), "exr")
    samples = np.arange(72).reshape(6, 4, 3).astype(np.float16)
    first, second = MemoryShot(plate, {1: samples}).read_bands(1, [(4, 6), (0, 1)])
    np.testing.assert_array_equal(first, samples[4:])
    np.testing.assert_array_equal(second, samples[:1])


def test_a_frame_opens_its_file_once_and_closes_it(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)) * 1000)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None  # noqa: PTH112, PTH208
    opened = FrameBytes(path)
    path.unlink()  # it reads on from what it opened
    assert opened.read(200_000, 3) == bytes([64, 65, 66])
    del opened
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize("compression", ["NO", "ZSTD", "ZIPS", "PIZ"])
def test_rows_may_be_numbers_of_numpy(compression, tmp_path):
    """A chunk that goes right where it belongs is told an address that is made of them."""
    header = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"), "type": OpenEXR.scanlineimage}
    samples = np.random.default_rng(0).random((HEIGHT, 30, 3)).astype(np.float32)
    OpenEXR.File(header, {"RGB": samples}).write(str(tmp_path / "a.1.exr"))
    (found,) = open_shot(tmp_path).read_bands(1, [(np.int64(10), np.int64(80))])
    np.testing.assert_array_equal(found, samples[10:80])

# SPDX-License-Identifier: Apache-2.0
"""What every `FrameSource` keeps: same picture in, same samples out, and one sentence when it cannot."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
import pytest

from pixmend.errors import BadFrameError, MissingFrameError, PixError, UsageError
from pixmend.frames import MemoryShot, open_shot
from pixmend.model import Channel, PlateInfo, Raster, SampleType

DATA = Path(__file__).parents[2] / "../shared/data"
HEIGHT, WIDTH = 37, 23  # odd, and neither a multiple of any packing
FRAMES = (1001, 1002, 1004)


@dataclass(frozen=True)
class Form:
    """A way to keep a picture of channels R, G, B, A."""

    extension: str
    sample: SampleType
    origin: tuple[int, int] = (0, 0)
    compression: str = ""


FORMS = {
    "exr-half-zip": Form(".exr", SampleType.HALF, (-3, 5), "ZIP"),
    "exr-half-piz": Form(".exr", SampleType.HALF, (0, 0), "PIZ"),
    "exr-float-zips": Form(".exr", SampleType.FLOAT, (4, -2), "ZIPS"),
    "exr-float-none": Form(".exr", SampleType.FLOAT, (0, 0), "NO"),
    "dpx8": Form(".dpx", SampleType.UINT8),
    "dpx10": Form(".dpx", SampleType.UINT10),
    "dpx12": Form(".dpx", SampleType.UINT12),
    "dpx16": Form(".DPX", SampleType.UINT16),
    "tiff8": Form(".tif", SampleType.UINT8),
    "tiff16": Form(".tiff", SampleType.UINT16, compression="lzw"),
    "tiff-half": Form(".tif", SampleType.HALF),
    "tiff-float": Form(".TIF", SampleType.FLOAT, compression="zip"),
}


def picture(sample, seed):
    """Return (H, W, 4) of R, G, B, A; floating point with NaN, Inf and a negative zero."""
    rng = np.random.default_rng(seed)
    if not sample.is_float:
        return rng.integers(0, sample.max_code + 1, (HEIGHT, WIDTH, 4)).astype(sample.dtype)
    samples = rng.normal(0.2, 1.0, (HEIGHT, WIDTH, 4)).astype(sample.dtype)
    samples[3, 4, :3] = [np.nan, np.inf, -0.0]
    return samples


def write(path, form, samples):
    if form.extension == ".exr":
        write_exr(path, form, samples)
    else:
        write_with_openimageio(path, form, samples)


def write_exr(path, form, samples):
    height, width = samples.shape[:2]
    first = np.array(form.origin, np.int32) + 7  # the display window begins at (7, 7): pixel space does not
    header = {
        "compression": getattr(OpenEXR, f"{form.compression}_COMPRESSION"),
        "type": OpenEXR.scanlineimage,
        "dataWindow": (first, first + np.array([width - 1, height - 1], np.int32)),
        "displayWindow": (np.array([7, 7], np.int32), np.array([46, 46], np.int32)),
    }
    planes = {name: np.ascontiguousarray(samples[..., at]) for at, name in enumerate("RGBA")}
    depth = np.full((height, width), 7.0, np.float32)
    OpenEXR.File(header, {**planes, "depth.Z": depth}).write(str(path))


def write_with_openimageio(path, form, samples):
    height, width = samples.shape[:2]
    spec = OpenImageIO.ImageSpec(
        width,
        height,
        4,
        OpenImageIO.TypeDesc(str(form.sample.dtype).replace("float16", "half").replace("float32", "float")),
    )
    stored = samples
    if form.extension.lower() == ".dpx":
        spec.attribute("oiio:BitsPerSample", form.sample.bits)
        if form.sample.bits in {10, 12}:
            stored = samples << (16 - form.sample.bits) | samples >> (2 * form.sample.bits - 16)
    else:
        spec.attribute("oiio:UnassociatedAlpha", 1)
        spec.attribute("tiff:half", 1)
        spec.attribute("compression", form.compression or "none")
    opened = OpenImageIO.ImageOutput.create(form.extension.lower().strip("."))
    assert opened.open(str(path), spec)
    assert opened.write_image(stored)
    opened.close()


class Shot:
    """One shot in one form, and the truth about it."""

    def __init__(self, form, folder):
        self.form = form
        self.folder = folder
        self.samples = {frame: picture(form.sample, frame) for frame in FRAMES}

    def path(self, frame):
        return self.folder / f"plåte 'x'.{frame}{self.form.extension}"

    def open(self):
        for frame, samples in self.samples.items():
            write(self.path(frame), self.form, samples)
        return open_shot(self.folder)


@pytest.fixture(params=FORMS, name="shot")
def _shot(request, tmp_path):
    return Shot(FORMS[request.param], tmp_path)


def memory_shot():
    channels = tuple(Channel(name, SampleType.HALF) for name in "RGBA")
    plate = PlateInfo(Raster(0, 0, WIDTH, HEIGHT), (WIDTH, HEIGHT), channels, ("R", "G", "B"), "exr")
    samples = {frame: picture(SampleType.HALF, frame) for frame in FRAMES}
    return MemoryShot(plate, samples), samples


def check_reads(source, samples, sample):
    """What holds for every source, on disk or in memory."""
    assert source.frames.frames == FRAMES
    assert source.plate.colour == ("R", "G", "B")
    assert source.plate.sample_type("R") is sample
    for frame, truth in samples.items():
        whole = source.read(frame)
        assert whole.dtype == sample.dtype
        assert whole.flags.c_contiguous
        np.testing.assert_array_equal(sample.to_bits(whole), sample.to_bits(truth[..., :3]))
        window = source.read(frame, channels=("A", "G"), rows=(5, 14))
        np.testing.assert_array_equal(sample.to_bits(window), sample.to_bits(truth[5:14][..., [3, 1]]))
        assert window.flags.c_contiguous
    one = source.read(FRAMES[0], channels=["B"], rows=(HEIGHT - 1, HEIGHT))
    np.testing.assert_array_equal(one, samples[FRAMES[0]][-1:, :, 2:3])
    with pytest.raises(MissingFrameError, match="1003"):
        source.read(1003)
    with pytest.raises(UsageError, match="Q"):
        source.read(FRAMES[0], channels=["Q"])
    for rows in [(3, 3), (-1, 2), (0, HEIGHT + 1)]:
        with pytest.raises(ValueError, match="rows"):
            source.read(FRAMES[0], rows=rows)


def test_same_picture_in_same_samples_out(shot):
    source = shot.open()
    check_reads(source, shot.samples, shot.form.sample)
    assert source.plate.raster == Raster(*shot.form.origin, WIDTH, HEIGHT)
    assert source.gaps.frames == (1003,)
    assert source.path(1001) == shot.path(1001)
    assert "1001-1002,1004" in source.label


def test_memory_gives_what_it_was_given():
    source, samples = memory_shot()
    check_reads(source, samples, SampleType.HALF)


def test_a_shot_can_be_sent_to_another_process(shot):
    source = pickle.loads(pickle.dumps(shot.open()))  # noqa: S301  (our own bytes)
    assert source.plate.colour == ("R", "G", "B")
    np.testing.assert_array_equal(source.read(1002), shot.samples[1002][..., :3])


@pytest.mark.parametrize("kept", [0, 1, 3, 100, 0.5, 0.98])
def test_a_truncated_file_is_a_bad_frame(shot, kept):
    source = shot.open()
    stored = shot.path(1002).read_bytes()
    shot.path(1002).write_bytes(stored[: int(len(stored) * kept) if kept < 1 else kept])
    with pytest.raises(BadFrameError) as caught:
        source.read(1002)
    assert caught.value.where == str(shot.path(1002))
    assert "\n" not in str(caught.value)
    source.read(1001)


@pytest.mark.parametrize("head", [bytes(64), b"not a picture" * 5])
def test_a_wrong_magic_is_a_bad_frame(shot, head):
    source = shot.open()
    stored = shot.path(1002).read_bytes()
    shot.path(1002).write_bytes(head + stored[len(head) :])
    with pytest.raises(BadFrameError):
        source.read(1002)


def test_mixed_sizes_are_a_bad_frame_that_names_both(shot):
    source = shot.open()
    write(shot.path(1002), shot.form, shot.samples[1002][:-1])
    with pytest.raises(BadFrameError, match=rf"mixed sizes.*{WIDTH}x{HEIGHT - 1}.*{WIDTH}x{HEIGHT}"):
        source.read(1002)


def test_mixed_sample_types_are_a_bad_frame(shot):
    source = shot.open()
    other = next(
        form
        for form in FORMS.values()
        if form.extension.lower().startswith(shot.form.extension.lower()[:3])
        and form.sample is not shot.form.sample
    )
    other = Form(other.extension, other.sample, shot.form.origin, other.compression)
    write(shot.path(1002), other, picture(other.sample, 0))
    with pytest.raises(BadFrameError, match="mixed channels"):
        source.read(1002)


def test_a_frame_that_vanishes_is_missing(shot):
    source = shot.open()
    shot.path(1004).unlink()
    with pytest.raises(MissingFrameError):
        source.read(1004)


def test_bytes_gone_bad_are_read_or_refused_never_worse(shot):
    source = shot.open()
    stored = shot.path(1002).read_bytes()
    rng = np.random.default_rng(0)
    refusals = []
    for _ in range(30):
        damaged = bytearray(stored)
        reach = min(len(stored), 3000) if rng.random() < 0.5 else len(stored)
        for _ in range(int(rng.integers(1, 9))):
            damaged[rng.integers(reach)] = rng.integers(256)
        shot.path(1002).write_bytes(damaged)
        try:
            assert source.read(1002).shape == (HEIGHT, WIDTH, 3)
        except PixError as exc:
            refusals.append(exc)
    assert all(exc.where and "\n" not in str(exc) for exc in refusals)


@pytest.mark.real
@pytest.mark.parametrize("name", ["Desk.exr", "CandleGlass.exr", "Carrots.exr", "Cannon.exr"])
def test_real_exr_reads_as_openimageio_reads_it(name):
    path = DATA / "exr" / name
    if not path.exists():
        pytest.skip("needs ../shared/data")
    opened = OpenImageIO.ImageInput.open(str(path))
    spec = opened.spec()
    truth = opened.read_scanlines(spec.y, spec.y + spec.height, 0, 0, 3, OpenImageIO.HALF)
    opened.close()
    np.testing.assert_array_equal(
        open_shot(path).read(1), np.asarray(truth).reshape(spec.height, spec.width, 3)
    )


@pytest.mark.real
def test_real_star_field_is_sixteen_bit_luminance():
    folder = DATA / "hotpixel/tetra3_stars16"
    if not folder.exists():
        pytest.skip("needs ../shared/data")
    source = open_shot(min(folder.glob("*.tif")))
    assert source.plate.colour == ("Y",)
    samples = source.read(source.frames.frames[0])
    assert samples.shape == (768, 1024, 1)
    assert samples.dtype == np.uint16

# SPDX-License-Identifier: Apache-2.0
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixmend.errors import UsageError
from pixmend.frames import Encoding, choose_encoding
from pixmend.frames._curves import _SHORT_NAMES, find_curve
from pixmend.model import Channel, PlateInfo, Raster, SampleType

INTEGERS = [SampleType.UINT8, SampleType.UINT10, SampleType.UINT12, SampleType.UINT16]
NAMES = ["linear", "cineon", *_SHORT_NAMES]
SPACES = ["ACES2065-1", "lin_rec709", "Raw", "sRGB - Display", "ST2084-P3-D65 - Display", "arri_logc4"]


@pytest.fixture(autouse=True)
def _no_config_of_this_machine(monkeypatch):
    monkeypatch.delenv("OCIO", raising=False)
    find_curve.cache_clear()
    yield
    find_curve.cache_clear()


def encoding(name):
    return Encoding(name, "asked")


def every_code(sample):
    return np.arange(sample.max_code + 1, dtype=f"u{sample.dtype.itemsize}").view(sample.dtype)


@pytest.mark.parametrize("name", NAMES + SPACES)
def test_every_integer_code_comes_back(name):
    for sample in INTEGERS:
        codes = every_code(sample)
        linear = encoding(name).to_linear(codes, sample)
        assert linear.dtype == np.float32
        assert np.all(np.diff(linear) > 0)
        back = encoding(name).from_linear(linear, sample)
        assert back.dtype == sample.dtype
        np.testing.assert_array_equal(back, codes)


@pytest.mark.parametrize("name", NAMES)
def test_half_codes_of_the_picture_come_back(name):
    codes = every_code(SampleType.HALF)
    codes = codes[(codes >= np.float16(0.02)) & (codes <= 1.0)]
    back = encoding(name).from_linear(encoding(name).to_linear(codes, SampleType.HALF), SampleType.HALF)
    np.testing.assert_array_equal(back, codes)


@pytest.mark.parametrize("name", ["linear", "cineon", "logc3", "srgb"])
@pytest.mark.parametrize("sample", [SampleType.HALF, SampleType.FLOAT])
def test_what_is_not_finite_passes_and_what_is_stays_so(name, sample):
    special = np.array([np.nan, np.inf, -np.inf], sample.dtype)
    np.testing.assert_array_equal(encoding(name).to_linear(special, sample), special.astype(np.float32))
    np.testing.assert_array_equal(encoding(name).from_linear(special.astype(np.float32), sample), special)
    largest = np.array([np.finfo(sample.dtype).max, np.finfo(sample.dtype).min], sample.dtype)
    assert np.all(np.isfinite(encoding(name).to_linear(largest, sample)))
    far = np.array([3e38, -3e38], np.float32)
    assert np.all(np.isfinite(encoding(name).from_linear(far, sample)))


def test_signalling_nan_passes_quietly():
    signalling = np.array([0x7D01], np.uint16).view(np.float16)
    assert np.isnan(encoding("linear").to_linear(signalling, SampleType.HALF)).all()


@pytest.mark.parametrize("sample", INTEGERS)
def test_integers_are_kept_inside_their_codes(sample):
    light = np.array([-9.0, 2.0, np.inf, -np.inf, 1.0, 0.0], np.float32)
    found = encoding("linear").from_linear(light, sample)
    np.testing.assert_array_equal(found, np.array([0, 1, 1, 0, 1, 0]) * sample.max_code)
    with pytest.raises(ValueError, match="NaN"):
        encoding("linear").from_linear(np.array([np.nan], np.float32), sample)


def test_half_is_clipped_to_its_largest_and_rounded_to_nearest():
    light = np.array([1e6, -1e6, 1.0 + 0.4 / 1024, 1.0 + 0.6 / 1024], np.float32)
    found = encoding("linear").from_linear(light, SampleType.HALF)
    np.testing.assert_array_equal(found, np.array([65504, -65504, 1, 1 + 1 / 1024], np.float16))


@given(st.floats(0.0, 1.0, width=32), st.sampled_from(["cineon", "logc3", "srgb", "linear"]))
def test_the_nearest_code_is_chosen(light, name):
    sample = SampleType.UINT10
    found = int(encoding(name).from_linear(np.array([light], np.float32), sample)[0])
    table = encoding(name).to_linear(every_code(sample), sample).astype(np.float64)
    assert abs(table[found] - light) == np.abs(table - light).min()


def test_shapes_and_strides_are_kept():
    stored = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)[:, ::2, ::-1]
    linear = encoding("linear").to_linear(stored, SampleType.UINT10)
    np.testing.assert_allclose(linear, stored / np.float32(1023))
    np.testing.assert_array_equal(encoding("linear").from_linear(linear, SampleType.UINT10), stored)
    assert encoding("srgb").from_linear(np.zeros((0, 3), np.float32), SampleType.UINT8).shape == (0, 3)
    assert encoding("srgb").from_linear(np.float32(1.0), SampleType.UINT8) == 255


@pytest.mark.parametrize(
    ("name", "code", "light", "tolerance"),
    [
        ("cineon", 95 / 1023, 0.0, 1e-6),  # Kodak: reference black and white
        ("cineon", 685 / 1023, 1.0, 1e-5),
        ("logc3", 400 / 1023, 0.18, 2e-3),  # each maker's code for an 18 % grey card
        ("slog3", 420 / 1023, 0.18, 2e-3),
        ("vlog", 433 / 1023, 0.18, 2e-3),
        ("log3g10", 1 / 3, 0.18, 2e-3),
        ("acescct", 0.4135884, 0.18, 2e-3),
        ("logc4", 0.2784, 0.18, 2e-3),
        ("srgb", 0.5, 0.2140411, 1e-5),
        ("gamma2.2", 0.5, 0.5**2.2, 1e-5),
    ],
)
def test_curves_meet_their_makers_numbers(name, code, light, tolerance):
    found = encoding(name).to_linear(np.array([code], np.float32), SampleType.FLOAT)
    assert found[0] == pytest.approx(light, abs=tolerance)
    assert encoding(name).from_linear(found, SampleType.FLOAT)[0] == pytest.approx(code, abs=1e-5)


def test_32_bit_integers_are_no_picture():
    with pytest.raises(ValueError, match="32-bit"):
        encoding("linear").to_linear(np.zeros(3, np.uint32), SampleType.UINT32)


def test_an_encoding_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(encoding("logc3"))) == encoding("logc3")  # noqa: S301  (our own bytes)


def plate(file_format, sample, hint):
    channels = tuple(Channel(name, sample) for name in "RGB")
    return PlateInfo(Raster(0, 0, 4, 4), (4, 4), channels, ("R", "G", "B"), file_format, hint)


@pytest.mark.parametrize(
    ("file_format", "sample", "hint", "name", "word"),
    [
        ("exr", SampleType.HALF, "linear", "linear", "EXR"),
        ("exr", SampleType.HALF, "srgb_rec709_scene", "srgb_rec709_scene", "header says"),
        ("exr", SampleType.HALF, "made_up_space", "linear", "made_up_space"),
        ("dpx", SampleType.UINT10, "cineon", "cineon", "header says"),
        ("dpx", SampleType.UINT16, "linear", "linear", "header says"),
        ("dpx", SampleType.UINT10, "rec709", "rec709", "header says"),
        ("dpx", SampleType.UINT10, "", "cineon", "does not say"),
        ("dpx", SampleType.UINT8, "", "rec709", "does not say"),
        ("tiff", SampleType.UINT16, "srgb", "srgb", "integer TIFF"),
        ("tiff", SampleType.FLOAT, "linear", "linear", "floating-point TIFF"),
    ],
)
def test_header_and_format_decide_and_say_so(file_format, sample, hint, name, word):
    chosen = choose_encoding(plate(file_format, sample, hint))
    assert chosen.name == name
    assert word in chosen.reason
    assert name in chosen.reason


def test_what_was_asked_wins():
    chosen = choose_encoding(plate("exr", SampleType.HALF, "linear"), "ACEScct")
    assert chosen.name == "ACEScct"
    assert "as asked" in chosen.reason


def test_an_unknown_name_is_answered_with_close_ones():
    with pytest.raises(UsageError, match="'logc5'") as caught:
        choose_encoding(plate("exr", SampleType.HALF, "linear"), "logc5")
    assert "logc3" in caught.value.hint
    assert "logc4" in caught.value.hint


CONFIG = """ocio_profile_version: 1
roles: {{scene_linear: lin}}
colorspaces:
  - !<ColorSpace> {{name: lin}}
  - !<ColorSpace> {{name: cube, to_reference: !<ExponentTransform> {{value: [3, 3, 3, 1]}}}}
  - !<ColorSpace> {{name: tinted, to_reference: !<ExponentTransform> {{value: [3, 2, 3, 1]}}}}
  - !<ColorSpace> {{name: upside, to_reference: !<MatrixTransform> {{matrix: {matrix}}}}}
"""


@pytest.fixture(name="own_config")
def _own_config(tmp_path, monkeypatch):
    upside = [-1 if index in {0, 5, 10} else int(index == 15) for index in range(16)]
    (tmp_path / "config.ocio").write_text(CONFIG.format(matrix=upside))
    monkeypatch.setenv("OCIO", str(tmp_path / "config.ocio"))


def test_the_config_of_the_studio_is_used(own_config):
    cubed = encoding("cube").to_linear(np.array([0.5], np.float32), SampleType.FLOAT)
    assert cubed[0] == pytest.approx(0.125, abs=1e-5)
    assert choose_encoding(plate("dpx", SampleType.UINT10, ""), "logc3").name == "logc3"


@pytest.mark.parametrize(
    ("name", "match"), [("tinted", "grey does not stay grey"), ("upside", "does not rise")]
)
def test_spaces_that_are_no_curve_are_refused(own_config, name, match):
    with pytest.raises(UsageError, match=match):
        choose_encoding(plate("dpx", SampleType.UINT10, ""), name)


def test_an_unreadable_config_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("OCIO", str(tmp_path / "none.ocio"))
    with pytest.raises(UsageError, match="config cannot be read") as caught:
        choose_encoding(plate("dpx", SampleType.UINT10, ""), "some space")
    assert "none.ocio" in caught.value.where

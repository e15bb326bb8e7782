# SPDX-License-Identifier: Apache-2.0
"""The picture of the noise: what is drawn where, and that it is a sound file."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from pixmend.frames import Encoding
from pixmend.model import SampleType
from pixmend.stats import FlatBlocks, NoiseModel, fit_noise, flat_blocks, noise_plot
from tests.make.shots import LINEAR

SVG = "{http://www.w3.org/2000/svg}"
FLAT = NoiseModel(np.array([[1e-4, 0.0, 0.0]]))


def picture(channels=1):
    rng = np.random.default_rng(2)
    level = np.geomspace(0.02, 0.9, 256)[None, :, None] * np.ones((128, 1, channels))
    return (level + rng.normal(0, 0.01, level.shape)).astype(np.float32)


def told(levels):
    """Return blocks of one channel that show these levels and no noise."""
    level, none = np.array(levels, float), np.zeros(len(levels))
    return FlatBlocks((level,), (none,), (none,), (none > 0,))


def drawn(noise=None, blocks=None, **changes):
    given = {"channels": ("Y",), "sample": SampleType.HALF, "codec": LINEAR, "title": "a shot"} | changes
    if blocks is None:
        blocks = [flat_blocks(picture(len(given["channels"])), sample=SampleType.FLOAT, codec=LINEAR)]
    return ET.fromstring(noise_plot(noise or fit_noise(blocks), blocks, **given))  # noqa: S314 (our own text)


def texts(tree):
    return [each.text for each in tree.iter(f"{SVG}text")]


def points(line):
    return np.array([each.split(",") for each in line.get("points").split()], float)


def test_a_constant_sigma_is_a_level_line_through_its_markers():
    tree = drawn(FLAT)
    (line,) = tree.iter(f"{SVG}polyline")
    height = points(line)[:, 1]
    assert np.ptp(height) == 0
    markers = [float(each.get("cy")) for each in tree.iter(f"{SVG}circle")][:-1]  # the last is in the legend
    assert len(markers) > 10
    assert np.abs(np.array(markers) - height[0]).max() < 12  # of about 145 px a decade


def test_more_noise_is_higher():
    quiet, loud = (
        points(next(drawn(NoiseModel(np.array([[variance, 0.0, 0.0]]))).iter(f"{SVG}polyline")))[0, 1]
        for variance in (1e-5, 1e-3)
    )
    assert loud < quiet


def test_each_channel_has_its_colour_dash_and_shape():
    tree = drawn(channels=("R", "G", "B"))
    lines = list(tree.iter(f"{SVG}polyline"))
    assert (
        len({each.get("stroke") for each in lines})
        == len({each.get("stroke-dasharray") for each in lines})
        == 3
    )
    assert {"R", "G", "B"} <= set(texts(tree))


def test_axes_say_what_they_are():
    said = " ".join(texts(drawn()))
    assert "scene-linear light" in said
    assert "sigma of the noise" in said
    assert "stored value, half" in said


def test_the_upper_axis_holds_the_codes_of_the_levels():
    log = drawn(sample=SampleType.UINT10, codec=Encoding("acescct", "the tests' own"))
    assert "code value of 1023, uint10" in texts(log)
    codes = [int(each) for each in texts(log) if each.isdigit() and int(each) > 10]
    assert codes == sorted(codes)
    assert codes[0] == 180  # of the level 0.01


def test_a_title_cannot_break_the_file():
    tree = drawn(title='<script>"&\x07é')
    assert tree.find(f"{SVG}title").text == '<script>"& é'


@pytest.mark.parametrize(
    "blocks",
    [[], [told(())], [told([-0.01] * 40)]],
    ids=["none", "empty", "black without noise"],
)
def test_nothing_measured_is_drawn_as_the_model_alone(blocks):
    tree = drawn(FLAT, blocks)
    assert len(list(tree.iter(f"{SVG}polyline"))) == 1
    assert not list(tree.iter(f"{SVG}circle"))[1:]  # one in the legend


def test_it_is_small_whole_and_the_same_each_time():
    blocks = [flat_blocks(picture(3), sample=SampleType.FLOAT, codec=LINEAR)] * 40
    told = {"channels": ("R", "G", "B"), "sample": SampleType.HALF, "codec": LINEAR, "title": "a"}
    first = noise_plot(fit_noise(blocks), blocks, **told)
    assert first == noise_plot(fit_noise(blocks), blocks, **told)
    assert len(first) < 60_000
    assert "href" not in first

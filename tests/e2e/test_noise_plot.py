# SPDX-License-Identifier: Apache-2.0
"""``detect --noise-plot``: the noise of a shot as a picture."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from pixmend.cli import main
from tests.make.shots_on_disk import write_form


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    write_form(folder / "plate", "exr")
    options = ["--noise-plot", str(folder / "noise.svg"), "--stats-out", str(folder / "s.npz")]
    assert main(["detect", str(folder / "plate"), "-o", str(folder / "all.json"), *options, "-q"]) == 0
    return folder


def test_the_plot_is_a_picture_of_this_shot(say):
    tree = ET.parse("noise.svg").getroot()  # noqa: S314 (our own file)
    assert "plate.1001-1012#.exr" in tree.findtext("{http://www.w3.org/2000/svg}title")
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}polyline"))) == 3
    shown = say("detect", "plate", "--noise-plot", "again.svg")
    assert shown["noise_plot"] == "again.svg"
    assert Path("again.svg").read_text() == Path("noise.svg").read_text()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("plate", "--noise-plot", "noise.png"), "the plot is an SVG picture"),
        (("plate", "--noise-plot", "noise.svg"), "exists already"),
        (("--merge", "s.npz", "--noise-plot", "n.svg"), "--noise-plot does not go with --merge"),
    ],
)
def test_a_plot_that_cannot_be_drawn_is_said_before_any_work(say, options, what):
    assert say("detect", *options, code=2)["error"]["what"] == what

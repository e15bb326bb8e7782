# SPDX-License-Identifier: Apache-2.0
"""Which holes ask the frames beside: those that are poorly predicted, and those for which somebody wants it."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.fill import (
    Band,
    Fused,
    Recoveries,
    Rings,
    StoredLight,
    Wishes,
    defects_of_frame,
    predict_holes,
)
from pixmend.fill._answers import METHODS, answers_of
from pixmend.fill._fusing import askers_of, fuse_holes
from pixmend.fill._windows import cut_windows
from pixmend.frames import Encoding
from pixmend.model import Defect, Kind, Method, Raster, Sample, SampleType
from tests.make.shots import rgb_plate

PLACES = {"a": (40, 30), "b": (90, 50)}  # x and y


class _Elsewhere:
    """Neighbours that say 7 of every sample, and count how often they are asked."""

    def __init__(self):
        self.asked = []

    def motion(self):
        self.asked.append("motion")
        return self

    def beside(self, places):
        self.asked += places
        return [(np.zeros((3, 21, 21), np.float32), []) for _ in places]

    def predict(self, _window, is_target, _is_known, _spatial, _neighbours, *, place):  # noqa: ARG002  as Fusion has it
        count = np.count_nonzero(is_target)
        flat = np.zeros((count, 1))
        seven = np.full(count, 7.0, np.float32)
        return Fused(seven, np.full(count, 0.1), np.ones(count), flat, flat, 1.0)


@pytest.fixture(scope="module")
def scene(values, kriging):
    """Two holes of a frame, their windows, and what is predicted of them."""
    plate = rgb_plate(Raster(0, 0, values.shape[2], values.shape[1]))
    defects = [
        Defect(id=name, x=x, y=y, kind=Kind.CLUSTER, samples=tuple(Sample(0, 0, c) for c in "RGB"))
        for name, (x, y) in PLACES.items()
    ]
    found = defects_of_frame(defects, plate, radius_px=kriging.radius_px)
    cut = cut_windows([Band(0, np.moveaxis(values, 0, -1))], found.holes.origins, kriging.side)
    windows = np.ascontiguousarray(np.moveaxis(cut, -1, 1))
    return found, windows, predict_holes(windows, found.holes, kriging)


def fused(scene, sigmas, *, recoveries=None, **methods):
    """Fuse with some expected error of each hole; return who was asked for what, and how each was mended."""
    found, windows, predicted = scene
    variance = predicted.variance.copy()
    for members, sigma in zip(found.members, sigmas, strict=True):
        variance[members] = sigma**2
    answers = answers_of(replace(predicted, variance=variance))
    others = _Elsewhere()
    wishes = Wishes({name: Method(method) for name, method in methods.items()})
    fuse_holes(
        answers,
        found,
        predicted,
        windows,
        askers=askers_of(found, wishes, recoveries),
        motion=others.motion,
        beside=others.beside,
    )
    return others.asked, [METHODS[answers.method[members][0]] for members in found.members]


def place(name):
    x, y = PLACES[name]
    return y, x


def test_where_all_is_well_predicted_nobody_is_asked(scene):
    assert fused(scene, (0.9, 0.4)) == ([], [Method.SPATIAL] * 2)


def test_a_poorly_predicted_hole_asks_for_itself_alone(scene):
    asked, methods = fused(scene, (0.9, 1.4))
    assert asked == ["motion", place("b")]
    assert methods == [Method.SPATIAL, Method.TEMPORAL]


def test_what_somebody_wants_is_asked_for(scene):
    asked, methods = fused(scene, (0.2, 1.4), a="temporal", b="spatial")
    assert asked == ["motion", place("a")]
    assert methods == [Method.TEMPORAL, Method.SPATIAL]


def test_frames_that_tell_nothing_are_not_read(scene, monkeypatch):
    monkeypatch.setattr(_Elsewhere, "motion", lambda _self: None)
    assert fused(scene, (3.0, 3.0)) == ([], [Method.SPATIAL] * 2)


def test_what_can_be_recovered_does_not_ask_by_itself(scene, kriging):
    light = StoredLight(Encoding("linear", "test"), SampleType.HALF)
    recoveries = Recoveries({"a": None, "b": None}, Rings(kriging), light)
    assert fused(scene, (3.0, 3.0), recoveries=recoveries)[0] == []
    assert fused(scene, (3.0, 3.0), recoveries=recoveries, a="temporal")[0] == ["motion", place("a")]

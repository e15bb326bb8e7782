# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from pixmend.model import FrameRange, Kind, map_from_json, map_to_json
from pixmend.simulate import (
    DEMO_RECIPE,
    Demosaic,
    Ingredient,
    Motion,
    PlantedDefect,
    ShotSpec,
    SimulatedShot,
    spoiled_samples,
    true_map,
)


def locked(frames=1, planted=(), **changes):
    spec = ShotSpec(
        **{
            "width": 64,
            "height": 48,
            "frames": FrameRange(range(1, frames + 1)),
            "motion": Motion.LOCKED,
            "recipe": (),
            **changes,
        }
    )
    return SimulatedShot(spec, planted=planted)


def hot(x, y, amplitude=20.0):
    return PlantedDefect(sites=((x, y),), kind=Kind.HOT, amplitude_sigma=amplitude)


@pytest.mark.parametrize("demosaic", [Demosaic.MALVAR, Demosaic.BILINEAR])
@pytest.mark.parametrize("site", [(30, 20), (31, 20), (30, 21), (31, 21)])
def test_spoiled_samples_are_those_that_measurably_differ(demosaic, site):
    """The mean difference of 60 frames, over the measured noise, says the same as the prediction."""
    shot = locked(60, (hot(*site),), demosaic=demosaic)
    pairs = [shot.render_pair(frame) for frame in shot.frames]
    x, y = site
    window = np.s_[y - 3 : y + 4, x - 3 : x + 4]
    excess = np.mean([spoiled[window] - clean[window] for spoiled, clean in pairs], axis=0)
    measured = excess / np.std([clean[window] for _, clean in pairs], axis=0)
    spoiled = spoiled_samples(shot, shot.planted[0], least_sigma=1.0)
    found = {(dx, dy, "RGB".index(channel)) for dx, dy, channel in spoiled.samples}
    for i, j, c in np.ndindex(measured.shape):
        if not 0.75 < abs(measured[i, j, c]) < 1.35:  # nearer the limit, 60 frames cannot tell
            assert ((j - 3, i - 3, c) in found) == (abs(measured[i, j, c]) > 1)
    strongest = measured.flat[np.abs(measured).argmax()]
    assert spoiled.amplitude_sigma == pytest.approx(strongest, rel=0.3)


def test_a_faint_defect_still_has_its_strongest_sample():
    shot = locked(planted=(hot(30, 20, amplitude=0.01),))
    assert len(spoiled_samples(shot, shot.planted[0]).samples) == 1


def test_stronger_defects_spoil_more_and_a_stricter_limit_less():
    shot = locked()
    count = [len(spoiled_samples(shot, hot(30, 20, a)).samples) for a in (2, 20, 200)]
    assert count == sorted(set(count))
    assert len(spoiled_samples(shot, hot(30, 20), least_sigma=3.0).samples) < count[1]


@pytest.mark.parametrize("place", [(0, 0), (63, 0), (0, 47), (63, 47), (1, 46)])
def test_a_footprint_in_a_corner_stays_in_the_raster(place):
    shot = locked(planted=(hot(*place),))
    spoiled, clean = shot.render_pair(1)
    differs = {(int(x), int(y), int(c)) for y, x, c in np.argwhere(spoiled != clean)}
    samples = spoiled_samples(shot, shot.planted[0], least_sigma=0.1).samples
    found = {(place[0] + dx, place[1] + dy, "RGB".index(channel)) for dx, dy, channel in samples}
    assert found <= differs
    assert (*place, 0) in found or (*place, 1) in found or (*place, 2) in found


def test_the_true_map_holds_every_planted_defect_and_survives_its_file():
    spec = ShotSpec(width=200, height=160, frames=FrameRange([7, 8]), recipe=DEMO_RECIPE)
    shot = SimulatedShot(spec)
    truth = true_map(shot)
    assert [(each.x, each.y) for each in truth.defects] == [each.sites[0] for each in shot.planted]
    assert all(each.samples for each in truth.defects)
    signs = {each.kind: np.sign(each.amplitude_sigma) for each in truth.defects}
    assert signs == {Kind.HOT: 1, Kind.STUCK: 1, Kind.DEAD: -1}
    assert map_from_json(map_to_json(truth)).defects == truth.defects


def test_clusters_and_columns_are_one_defect_with_all_their_samples():
    recipe = (
        Ingredient(label="cluster", kind=Kind.CLUSTER, count=1, amplitude_sigma=15.0, size=(2, 2)),
        Ingredient(label="column", kind=Kind.COLUMN, count=1, amplitude_sigma=8.0, size=(12, 1)),
    )
    shot = SimulatedShot(ShotSpec(width=96, height=80, frames=FrameRange([1]), recipe=recipe))
    for planted, defect in zip(shot.planted, true_map(shot).defects, strict=True):
        spoiled = {(x, y) for x, y, _ in defect.pixels("RGB")}
        assert set(planted.sites) <= spoiled

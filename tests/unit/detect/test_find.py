# SPDX-License-Identifier: Apache-2.0
"""Whole shots: what is planted is found, where and as what it is, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from pixmend.detect import DetectSettings, defects_left, shot_is_still
from pixmend.model import Defect, FrameRange, Kind, Sample, Severity, Status
from pixmend.pipeline import Sampling, detect
from pixmend.simulate import (
    Demosaic,
    Distractor,
    Motion,
    PlantedDefect,
    Sensor,
    SimulatedShot,
    develop,
    score_points,
    spoiled_samples,
    truth_plane,
)
from tests.make.shots import (
    HEIGHT,
    LINEAR,
    WIDTH,
    defects_of_pools,
    detection_of,
    found_near,
    memory_shot,
    small_shot,
    small_spec,
    stored_frames,
)

VARIANTS = [
    pytest.param(motion, demosaic, seed, id=f"{motion}-{demosaic}-{seed}")
    for motion, demosaic, seed in [
        (Motion.PAN, Demosaic.MALVAR, 7),
        (Motion.HANDHELD, Demosaic.MALVAR, 11),
        (Motion.PAN, Demosaic.BILINEAR, 7),
    ]
]


def hot(x, y, amplitude=30.0):
    return PlantedDefect(sites=((x, y),), kind=Kind.HOT, amplitude_sigma=amplitude, fluctuation=0.05)


def scored(shot, detection):
    truth = truth_plane(shot.planted, (HEIGHT, WIDTH))
    return score_points([(each.x, each.y) for each in detection.defect_map.defects], truth)


@pytest.mark.parametrize(("motion", "demosaic", "seed"), VARIANTS)
def test_strong_defects_are_found_where_they_are_as_what_they_are(motion, demosaic, seed):
    shot = small_shot(motion=motion, demosaic=demosaic, seed=seed)
    detection = detection_of(shot)
    expected = {(*planted.centre, planted.kind) for planted in shot.planted}
    certain = {(*planted.centre, planted.kind) for planted in shot.planted if planted.label != "hot"}
    found = {(each.x, each.y, each.kind) for each in detection.defect_map.defects}
    assert found <= expected
    # What is looked for is Malvar's footprint: of another, weaker ones may be missed.
    assert found >= (expected if demosaic is Demosaic.MALVAR else certain)


@pytest.mark.parametrize(("motion", "demosaic", "seed"), VARIANTS)
def test_the_clean_twin_has_no_defect(motion, demosaic, seed):
    shot = small_shot(motion=motion, demosaic=demosaic, seed=seed)
    assert detection_of(shot, clean=True).defect_map.defects == ()


def test_amplitude_has_the_sign_and_size_of_the_lie():
    shot = small_shot()
    for planted in shot.planted:
        (found,) = found_near(detection_of(shot), *planted.centre)
        truth = spoiled_samples(shot, planted).amplitude_sigma
        assert np.sign(found.amplitude_sigma) == np.sign(truth)
        assert found.amplitude_sigma == pytest.approx(truth, rel=0.5)


def test_the_footprint_holds_what_is_truly_spoiled():
    """And is no carpet: at most the 7x7x3 that a photosite can reach."""
    shot = small_shot()
    detection = detection_of(shot)
    for planted in shot.planted:
        if planted.kind is Kind.DEAD:
            continue  # it is as weak as the scene is dark
        (found,) = found_near(detection, *planted.centre)
        x, y = planted.centre
        truly = {(x + dx, y + dy, name) for dx, dy, name in spoiled_samples(shot, planted).samples}
        marked = set(found.pixels("RGB"))
        assert truly <= marked, (planted, truly - marked)
        assert len(marked) <= 75


BORDERS = [
    (x, y) for x, y in [(0, 0), (255, 0), (0, 191), (255, 191), (1, 60), (254, 61), (100, 1), (101, 190), (2, 130),
    (253, 131), (60, 2), (61, 189), (3, 100), (160, 188)]
]  # fmt: skip


def test_defects_at_the_borders_and_in_the_corners_are_found():
    shot = small_shot(tuple(hot(x, y) for x, y in BORDERS))
    detection = detection_of(shot)
    assert scored(shot, detection).hits == set(range(len(BORDERS)))
    assert [(each.x, each.y) for each in detection.defect_map.defects] == sorted(
        BORDERS, key=lambda place: (place[1], place[0])
    )
    for each in detection.defect_map.defects:
        assert all(shot.raster.contains(each.x + dx, each.y + dy) for dx, dy, _ in each.samples)


@pytest.mark.parametrize(("dx", "dy"), [(5, 0), (0, 5), (5, 5), (8, 3)])
def test_two_defects_five_pixels_apart_are_two(dx, dy):
    shot = small_shot((hot(120, 90), hot(120 + dx, 90 + dy, 25.0), hot(60, 50), hot(60 + dx, 50 + dy, 60.0)))
    found = [(each.x, each.y) for each in detection_of(shot).defect_map.defects]
    assert sorted(found) == sorted(planted.centre for planted in shot.planted)


def test_a_cluster_of_four_is_one():
    sites = ((120, 90), (121, 90), (120, 91), (121, 91))
    cluster = PlantedDefect(sites=sites, kind=Kind.CLUSTER, amplitude_sigma=15.0)
    detection = detection_of(small_shot((cluster,)))
    (found,) = detection.defect_map.defects
    assert (found.x, found.y) in sites
    assert {(x, y) for x, y, _ in found.pixels("RGB")} >= set(sites)


def test_very_strong_defects_are_found_at_their_centre():
    """Their ringing clips everywhere, and may score at the neighbours only."""
    places = [(98, 16), (112, 106), (40, 40), (41, 120), (200, 61), (181, 150)]
    stuck = tuple(PlantedDefect(sites=(place,), kind=Kind.STUCK, saturated=True) for place in places)
    found = detection_of(small_shot(stuck)).defect_map.defects
    assert sorted((each.x, each.y) for each in found) == sorted(places)
    assert {each.kind for each in found} == {Kind.STUCK}


@pytest.mark.parametrize("exposure", [0.06, 1.0])
def test_hot_is_not_called_stuck_where_the_noise_is_judged_too_high(exposure):
    """Light has shot noise: only what is stiller than light is stuck."""
    places = [(16, 40), (40, 177), (152, 103), (95, 158)]
    planted = tuple(
        PlantedDefect(sites=(place,), kind=Kind.HOT, amplitude_sigma=amplitude, fluctuation=0.02)
        for place, amplitude in zip(places, (50, 100, 200, 400), strict=True)
    )
    found = detection_of(small_shot(planted, exposure=exposure)).defect_map.defects
    assert {each.kind for each in found if (each.x, each.y) in places} == {Kind.HOT}


LIGHTS = frozenset({Distractor.LIGHTS})


@pytest.mark.parametrize("motion", [Motion.PAN, Motion.HANDHELD])
def test_moving_stars_are_no_defects(motion):
    assert detection_of(small_shot((), motion=motion, distractors=LIGHTS)).defect_map.defects == ()


def test_white_stars_of_a_locked_camera_are_no_defects():
    """An optical point lights photosites of several colours, which no photosite does."""
    rng = np.random.default_rng(5)
    sky = np.full((HEIGHT, WIDTH, 3), 0.02, np.float32)
    ys, xs = rng.uniform(20, 170, 12), rng.uniform(20, 230, 12)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    for y, x, light in zip(ys, xs, rng.uniform(0.1, 2.0, 12), strict=True):
        star = light * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 0.7**2))
        sky += star[..., None].astype(np.float32)
    spec = small_spec(motion=Motion.LOCKED, exposure=0.1)
    shot = SimulatedShot(spec, picture=sky, planted=(hot(8, 60, 60.0), hot(245, 100, 60.0)))
    detection = detect(memory_shot(stored_frames(shot)), LINEAR)
    assert shot_is_still(detection.statistics)
    assert [(each.x, each.y) for each in detection.defect_map.defects] == [(8, 60), (245, 100)]


def what_is_where(defects, *, flip_width=None):
    return sorted(
        (each.y, each.x if flip_width is None else flip_width - 1 - each.x, each.kind, each.status)
        for each in defects
    )


@pytest.mark.parametrize("stops", [-3, 2])
def test_the_map_is_the_same_in_any_light(stops):
    """Half is exact under powers of two; the noise floor of black is not scaled, so scores move a little."""
    shot = small_shot()
    scaled = {frame: np.ldexp(samples, stops) for frame, samples in stored_frames(shot).items()}
    found = detect(
        memory_shot({k: v.astype(np.float16) for k, v in scaled.items()}), LINEAR
    ).defect_map.defects
    assert what_is_where(found) == what_is_where(detection_of(shot).defect_map.defects)


def test_flipping_the_plate_moves_the_map():
    shot = small_shot()
    flipped = {
        frame: np.ascontiguousarray(samples[:, ::-1]) for frame, samples in stored_frames(shot).items()
    }
    found = detect(memory_shot(flipped), LINEAR).defect_map.defects
    assert what_is_where(found, flip_width=WIDTH) == what_is_where(detection_of(shot).defect_map.defects)


def test_positions_are_in_pixel_space():
    shot = small_shot()
    there = detect(memory_shot(stored_frames(shot), x=-100, y=33), LINEAR).defect_map
    here = detection_of(shot).defect_map
    assert there.defects == tuple(replace(each, x=each.x - 100, y=each.y + 33) for each in here.defects)
    there.check_inside()


def test_mono_plates_have_defects_of_one_pixel():
    rng = np.random.default_rng(3)
    light = np.linspace(0.1, 0.6, WIDTH + 32) + 0.05 * np.sin(np.arange(WIDTH + 32) / 3)
    frames = {}
    for frame in range(1, 13):
        picture = np.broadcast_to(light[frame : frame + WIDTH], (HEIGHT, WIDTH)).copy()
        picture[50, 60] += 0.1
        picture[0, 255] = 0.0
        picture[120, 200] = 3.0
        noisy = picture + rng.normal(0, 0.005, picture.shape)
        noisy[120, 200] = 3.0
        frames[frame] = noisy[..., None].astype(np.float16)
    found = detect(memory_shot(frames), LINEAR).defect_map.defects
    assert [(each.x, each.y, each.kind) for each in found] == [
        (255, 0, Kind.DEAD),
        (60, 50, Kind.HOT),
        (200, 120, Kind.STUCK),
    ]
    assert {each.samples for each in found} == {(Sample(0, 0, "Y"),)}


def test_one_frame_is_enough_for_what_is_strong():
    shot = small_shot(tuple(hot(30 + 50 * k, 40 + 30 * k, 50.0) for k in range(5)))
    found = detect(memory_shot({1004: stored_frames(shot)[1004]}), LINEAR).defect_map.defects
    assert [(each.x, each.y) for each in found] == [planted.centre for planted in shot.planted]
    assert {(each.kind, str(each.frames)) for each in found} == {(Kind.HOT, "1004")}


def test_a_frame_of_nan_changes_nothing_but_the_count():
    shot = small_shot()
    frames = dict(stored_frames(shot))
    frames[1009] = np.full_like(frames[1009], np.nan)
    found = detect(memory_shot(frames), LINEAR, sampling=Sampling(train=FrameRange([1001, 1016])))
    assert what_is_where(found.defect_map.defects) == what_is_where(detection_of(shot).defect_map.defects)
    assert found.statistics.seen.max() == 15


def test_a_plate_of_one_colour_has_no_defect():
    frames = {frame: np.full((48, 64, 3), 0.18, np.float16) for frame in range(1, 5)}
    assert detect(memory_shot(frames), LINEAR).defect_map.defects == ()


def matted(frames, *, top=0, bottom=0, left=0, right=0):
    """Return copies of frames with black mattes of so many px."""
    there = {}
    for frame, samples in frames.items():
        black = np.zeros_like(samples)
        inner = np.s_[top : HEIGHT - bottom, left : WIDTH - right]
        black[inner] = samples[inner]
        there[frame] = black
    return there


@pytest.mark.parametrize(
    "matte",
    [{"top": 24, "bottom": 24}, {"left": 32, "right": 31}, {"bottom": 1}, {"top": 64, "bottom": 64}],
    ids=str,
)
def test_the_edge_of_a_matte_is_no_defect(matte):
    frames = matted(stored_frames(small_shot(), clean=True), **matte)
    assert detect(memory_shot(frames), LINEAR).defect_map.defects == ()


def test_defects_beside_a_matte_are_found():
    shot = small_shot((hot(50, 32), hot(130, 100), hot(200, 160)))
    frames = matted(stored_frames(shot), top=24, bottom=24)
    found = detect(memory_shot(frames), LINEAR).defect_map.defects
    assert [(each.x, each.y) for each in found] == [planted.centre for planted in shot.planted]


def test_a_defect_on_a_noiseless_plate_is_found():
    """Nothing lives there but the defect, which is not the noise that it is judged by."""
    frames = {}
    for frame in range(1, 9):
        electrons = np.full((64, 80), 400, np.float32)
        electrons[31, 41] += 2000 * (1 + frame / 50)
        frames[frame] = develop(electrons, Sensor()).astype(np.float16)
    found = detect(memory_shot(frames), LINEAR).defect_map.defects
    assert [(each.x, each.y) for each in found] == [(41, 31)]


@pytest.fixture(scope="module")
def faint():
    """Statistics of a defect that scores between the two thresholds."""
    return detection_of(small_shot((hot(*TestKnownDefects.SITE, 2.6),))).statistics


class TestKnownDefects:
    SITE = (120, 90)

    def known(self, x, y, **fields):
        return Defect(id="k1", x=x, y=y, kind=Kind.HOT, samples=(Sample(0, 0, "R"),), **fields)

    def test_alone_it_is_not_taken(self, faint):
        assert defects_of_pools(faint) == ()

    @pytest.mark.parametrize(("dx", "dy"), [(0, 0), (1, -1)])
    def test_where_one_is_known_it_is_and_its_status_and_note_are_kept(self, faint, dx, dy):
        known = self.known(120 + dx, 90 + dy, status=Status.ACCEPTED, note="A-cam 4711")
        (found,) = defects_of_pools(faint, known=[known])
        assert abs(found.x - 120) <= 1
        assert abs(found.y - 90) <= 1
        assert (found.status, found.note) == (Status.ACCEPTED, "A-cam 4711")
        assert found.id == "d0001"

    def test_a_known_one_elsewhere_does_not_help(self, faint):
        assert defects_of_pools(faint, known=[self.known(60, 40)]) == ()

    def test_a_known_one_outside_of_the_raster_is_left_out(self, faint):
        assert defects_of_pools(faint, known=[self.known(-5, 4000)]) == ()

    def test_a_known_one_that_shows_nothing_is_not_found(self, faint):
        strict = DetectSettings(known_threshold_sigma=8.0)
        assert defects_of_pools(faint, strict, known=[self.known(*self.SITE)]) == ()


def test_a_rejected_defect_stays_rejected():
    shot = small_shot()
    detection = detection_of(shot)
    first, *others = defects_of_pools(detection.statistics)
    again = defects_of_pools(
        detection.statistics, known=[replace(first, status=Status.REJECTED, note="a lamp")]
    )
    assert again == (replace(first, status=Status.REJECTED, note="a lamp"), *others)


def test_finding_twice_is_finding_once():
    statistics = detection_of(small_shot()).statistics
    first, again = (defects_of_pools(statistics) for _ in range(2))
    assert first == again


def test_ids_count_in_reading_order_and_frames_are_the_whole_run():
    defects = detection_of(small_shot()).defect_map.defects
    assert [each.id for each in defects] == [f"d{n:04d}" for n in range(1, len(defects) + 1)]
    assert [(each.y, each.x) for each in defects] == sorted((each.y, each.x) for each in defects)
    assert {str(each.frames) for each in defects} == {"1001-1016"}


def test_strong_defects_are_certain_and_an_issue():
    for each in detection_of(small_shot()).defect_map.defects:
        assert each.confidence > 0.99
        assert each.severity is Severity.ISSUE


def test_a_few_faint_ones_are_fyi_several_are_an_issue():
    few, many = (
        detection_of(
            small_shot(tuple(hot(40 + 30 * k, 50 + 9 * k, 5.0) for k in range(count)))
        ).defect_map.defects
        for count in (2, 6)
    )
    assert [each.severity for each in few] == [Severity.FYI] * 2
    assert len(many) >= 5
    assert {each.severity for each in many} == {Severity.ISSUE}


def test_what_is_left_is_what_still_shows():
    shot = small_shot()
    detection, clean = detection_of(shot), detection_of(shot, clean=True)
    known = detection.defect_map.defects
    assert defects_left(known, found=detection.defect_map.defects) == known
    assert defects_left(known, found=clean.defect_map.defects) == ()

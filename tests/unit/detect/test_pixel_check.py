# SPDX-License-Identifier: Apache-2.0
"""A camera's defects from flat fields: what is found, as what, and what is not."""

from functools import cache

import numpy as np
import pytest

from pixmend.detect import FrameLook, find_segments, look_at_frame
from pixmend.errors import UsageError
from pixmend.frames import Encoding
from pixmend.model import FrameRange, SampleType
from pixmend.pipeline import PixelCheckSettings, check_pixels
from pixmend.simulate import Demosaic, SimulatedShot, true_map
from pixmend.stats import NoiseModel, flat_blocks
from tests.make.pixel_checks import (
    BLACK,
    CAP,
    FADE,
    HAND,
    STREET,
    WHITE,
    PixelCheckClip,
    camera_shot,
    log_clip,
    stored_clip,
)
from tests.make.shots import LINEAR, memory_shot, small_spec


@cache
def checked(plan=None, **changes):
    frames = stored_clip(camera_shot(**changes), *([plan] if plan else []))
    return check_pixels(memory_shot(frames), LINEAR, settings=PixelCheckSettings(camera="A-cam 4711"))


def found_at(result, planted):
    x, y = planted.centre
    return [each for each in result.defect_map.defects if abs(each.x - x) <= 2 and abs(each.y - y) <= 2]


@pytest.mark.parametrize("demosaic", Demosaic)
def test_every_defect_is_found_once_at_its_place_as_its_kind_and_nothing_else(demosaic):
    shot = camera_shot(demosaic=demosaic)
    result = checked(demosaic=demosaic)
    for planted in shot.planted:
        (found,) = found_at(result, planted)
        assert ((found.x, found.y), found.kind) == (planted.centre, planted.kind), planted.label
    assert len(result.defect_map.defects) == len(shot.planted)


def test_it_says_which_frames_it_took_for_what():
    result, clip = checked(), PixelCheckClip(camera_shot())
    assert set(clip.frames_of(CAP, BLACK)) <= set(result.dark) <= set(clip.frames_of(CAP, BLACK, FADE))
    assert set(result.lit) == set(clip.frames_of(WHITE))
    asked = result.defect_map.made_by["settings"]["pixel_check"]
    assert asked == {"dark": str(result.dark), "lit": str(result.lit)}


def test_the_map_is_the_cameras_and_of_every_frame():
    found = checked().defect_map
    assert found.source.camera == "A-cam 4711"
    assert found.source.channels == ("R", "G", "B")
    assert all(each.frames is None for each in found.defects)
    assert [each.id for each in found.defects] == [f"d{n:04d}" for n in range(1, len(found.defects) + 1)]


def test_footprints_hold_what_is_truly_spoiled():
    shot, result = camera_shot(), checked()
    for planted, true in zip(shot.planted, true_map(shot, least_sigma=2.0).defects, strict=True):
        if planted.label in {"hot", "bright", "stuck", "dead"}:
            (found,) = found_at(result, planted)
            assert set(true.samples) <= set(found.samples), planted.label
            assert all(max(abs(each.dx), abs(each.dy)) <= 3 for each in found.samples)


def test_the_evidence_says_how_often_and_how_steadily():
    shot, result = camera_shot(), checked()
    told = {planted.label: found_at(result, planted)[0].evidence for planted in shot.planted}
    assert told["stuck"].frames_seen == told["stuck"].frames_expected == len(result.dark) + len(result.lit)
    assert told["faint"].frames_seen < 0.5 * told["faint"].frames_expected
    assert told["stuck"].fluctuation < 0.1
    assert told["blinking"].fluctuation > 0.6
    assert told["hot"].photosite_fit > 0.9
    assert min(each.score for each in told.values()) >= 6.0


@pytest.mark.parametrize(
    ("plan", "missed"),
    [
        (((CAP, 16),), {"dead", "weak"}),
        (((STREET, 2), (WHITE, 16)), {"faint", "hot", "blinking"}),
        (((WHITE, 14), (HAND, 3), (BLACK, 14)), {"faint"}),
    ],
    ids=["cap alone", "card alone", "no cap"],
)
def test_one_card_alone_shows_what_it_can(plan, missed):
    shot, result = camera_shot(), checked(plan)
    lost = {each.label for each in shot.planted if not found_at(result, each)}
    assert lost <= missed
    assert all(
        min(abs(d.x - x) + abs(d.y - y) for p in shot.planted for x, y in p.sites) <= 2
        for d in result.defect_map.defects
    )


def test_a_sound_camera_has_an_empty_map():
    sound = SimulatedShot(small_spec(width=480, height=320))
    result = check_pixels(memory_shot(stored_clip(sound, ((CAP, 8), (HAND, 3), (WHITE, 8)))), LINEAR)
    assert result.defect_map.defects == ()


def test_a_hit_of_a_particle_is_no_defect():
    frames = {number: frame.copy() for number, frame in stored_clip(camera_shot(), ((CAP, 12),)).items()}
    frames[4][100, 200] = 0.5
    assert not [
        each
        for each in check_pixels(memory_shot(frames), LINEAR).defect_map.defects
        if abs(each.x - 200) < 4 and abs(each.y - 100) < 4
    ]


def test_it_is_the_same_for_any_number_of_workers():
    clip = memory_shot(stored_clip(camera_shot(), ((CAP, 5), (WHITE, 5))))
    assert check_pixels(clip, LINEAR, workers=3).defect_map == check_pixels(clip, LINEAR).defect_map


def test_frames_that_are_named_are_the_only_ones():
    clip = memory_shot(stored_clip(camera_shot()))
    result = check_pixels(clip, LINEAR, settings=PixelCheckSettings(frames=FrameRange.parse("3-9")))
    assert (str(result.dark), str(result.lit)) == ("3-9", "")


@pytest.mark.parametrize(
    "plan", [((STREET, 6),), ((FADE, 12),), ((CAP, 3),)], ids=["picture", "fade", "too short"]
)
def test_a_clip_without_an_even_field_is_refused(plan):
    with pytest.raises(UsageError, match="no part of this clip is an even field") as caught:
        check_pixels(memory_shot(stored_clip(camera_shot(), plan)), LINEAR)
    assert "lens cap" in caught.value.hint


def test_what_is_not_finite_says_nothing():
    frames = {number: frame.copy() for number, frame in stored_clip(camera_shot()).items()}
    for frame in frames.values():
        frame[20:24, 30:33] = np.nan
    found = check_pixels(memory_shot(frames), LINEAR).defect_map
    assert {(each.x, each.y) for each in found.defects} == {each.centre for each in camera_shot().planted}


def test_a_log_clip_with_clipped_blacks_shows_the_same_camera():
    clip = log_clip(stored_clip(camera_shot()))
    found = check_pixels(clip, Encoding("acescct", "the tests' own")).defect_map
    expected = {each.centre for each in camera_shot().planted}
    assert {(each.x, each.y) for each in found.defects} <= expected
    faint = {each.centre for each in camera_shot().planted if each.label == "faint"}
    assert {(each.x, each.y) for each in found.defects} >= expected - faint


# Segments


def look(level, *, flat=1.0, darkest=None, brightest=None):
    return FrameLook(
        level, level if darkest is None else darkest, level if brightest is None else brightest, flat
    )


def segments(*looks):
    return [(str(each.frames), each.is_dark) for each in find_segments(dict(enumerate(looks, start=1)))]


def test_a_segment_lasts_while_the_level_does():
    dark, lit = [look(0.001)] * 5, [look(0.9)] * 6
    fade = [look(each) for each in (0.1, 0.3, 0.5, 0.7)]
    assert segments(*dark, *fade, *lit, *dark) == [("1-5", True), ("10-15", False), ("16-20", True)]


def test_a_change_of_exposure_begins_another_segment():
    assert segments(*[look(0.9)] * 5, *[look(0.45)] * 5) == [("1-5", False), ("6-10", False)]


def test_what_is_rough_or_uneven_is_no_field():
    assert segments(*[look(0.9, flat=0.6)] * 5) == []
    assert segments(*[look(0.9, darkest=0.1)] * 5) == []
    assert segments(*[look(0.01, brightest=0.5)] * 5) == []


def test_a_frame_of_nothing_is_not_flat():
    noise = NoiseModel(np.array([[1e-6, 0.0, 0.0]] * 3))
    empty = flat_blocks(np.full((16, 16, 3), np.nan, np.float32), sample=SampleType.FLOAT, codec=LINEAR)
    assert look_at_frame([empty], noise).flat_share == 0.0
    black = flat_blocks(np.zeros((16, 16, 3), np.float32), sample=SampleType.FLOAT, codec=LINEAR)
    assert look_at_frame([black], noise) == FrameLook(0.0, 0.0, 0.0, 1.0)

# SPDX-License-Identifier: Apache-2.0
"""Where one shot ends and the next begins, and what only looks like it."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pixmend.stats import SHORTEST_SHOT, find_cuts, frames_to_compare, sign_frame, signature_rows
from tests.make.worlds import dissolve, fade, frames_of_world, reel_of

VIDEO = Path(__file__).parents[4] / "shared" / "data" / "video"


def signed(frames):
    return np.stack([sign_frame([frame[a:b] for a, b in signature_rows(len(frame))]) for frame in frames])


def indices(cuts):
    return [each.index for each in cuts]


def cuts_of(frames):
    signatures = signed(frames)
    return indices(find_cuts(len(frames), range(len(frames)), signatures))


class TestCuts:
    def test_every_cut_is_found_where_it_is(self):
        shots = [frames_of_world(seed, 5 + 3 * seed, handheld=1.0) for seed in range(8)]
        frames, cuts = reel_of(*shots)
        assert cuts_of(frames) == cuts

    def test_between_shots_that_do_not_move(self):
        frames, cuts = reel_of(*(frames_of_world(seed, 8, pan=0.0) for seed in range(4)))
        assert cuts_of(frames) == cuts

    @pytest.mark.parametrize("gain", [1 / 64, 8.0])
    def test_however_dark_the_picture(self, gain):
        frames, cuts = reel_of(*(frames_of_world(seed, 9) for seed in range(4)))
        assert cuts_of([np.float32(gain) * frame for frame in frames]) == cuts

    def test_shots_may_be_as_short_as_three_frames(self):
        shots = (frames_of_world(seed, SHORTEST_SHOT, pan=0.5) for seed in range(6))
        frames, cuts = reel_of(*shots)
        assert cuts_of(frames) == cuts

    @pytest.mark.parametrize("black", [1, 4, 12])
    def test_a_fade_through_black_is_cut_in_the_black(self, black):
        dark = [np.zeros((128, 192, 3), np.float32)] * black
        one, other = frames_of_world(1, 24), frames_of_world(2, 24)
        frames, _ = reel_of(one[:12], fade(one[12:]), dark, fade(other[:12], up=True), other[12:])
        assert cuts_of(frames)
        assert all(21 <= cut <= 24 + black + 3 for cut in cuts_of(frames))


class TestDissolves:
    """A shot ends in the middle of a dissolve from or into a picture that stays."""

    @pytest.mark.parametrize("length", [8, 24, 40])
    @pytest.mark.parametrize("pan", [0.0, 0.5])
    def test_it_is_found_by_its_middle(self, length, pan):
        still, moving = frames_of_world(1, 70, pan=0.0), frames_of_world(2, 70, pan=pan)
        for one, other in ((still, moving), (moving, still)):
            (cut,) = cuts_of(dissolve(one, other, length))
            assert abs(cut - (70 - length / 2)) <= max(3, length / 6)

    def test_beside_cuts_and_at_any_place_of_a_reel(self):
        still, other, third = (frames_of_world(seed, 60, pan=0.0) for seed in (1, 2, 3))
        frames, _ = reel_of(dissolve(still, other, 12), dissolve(third, still, 16))
        found = cuts_of(frames)
        assert len(found) == 3
        assert np.abs(np.subtract(found, [54, 108, 160])).max() <= 3

    def test_of_every_third_frame(self):
        frames = dissolve(frames_of_world(1, 70, pan=0.0), frames_of_world(2, 70, pan=0.0), 24)
        signatures = signed(frames)
        first = frames_to_compare(len(frames))
        known = sorted([*first, *frames_to_compare(len(frames), first, signatures[first])])
        (cut,) = indices(find_cuts(len(frames), known, signatures[known]))
        assert abs(cut - 58) <= 3

    def test_a_light_that_comes_up_is_none(self):
        frames = frames_of_world(6, 80, pan=0.0)
        lit = np.where(np.arange(192) < 90, 4.0, 1.0)[:, None].astype(np.float32)
        ramp = np.clip((np.arange(80) - 30) / 16, 0, 1)
        assert cuts_of([f * (1 + (lit - 1) * np.float32(t)) for f, t in zip(frames, ramp, strict=True)]) == []

    @pytest.mark.parametrize("length", [8, 24])
    @pytest.mark.parametrize("way", [20, 100])
    def test_a_move_between_two_places_is_none(self, length, way):
        moved = frames_of_world(3, way + 1, pan=1.0)
        at = np.clip((np.arange(120) - 50) / length, 0, 1)
        assert cuts_of([moved[round(way * t * t * (3 - 2 * t))] for t in at]) == []


class TestNoCuts:
    @pytest.mark.parametrize("pan", [0.0, 2.0, 12.0, 40.0])
    @pytest.mark.parametrize("handheld", [0.0, 4.0])
    def test_motion_is_none(self, pan, handheld):
        assert cuts_of(frames_of_world(3, 40, pan=pan, handheld=handheld)) == []

    @pytest.mark.parametrize("length", [1, 2])
    def test_a_flash_is_none(self, length):
        frames = frames_of_world(4, 30)
        for index in range(12, 12 + length):
            frames[index] = frames[index] * 8 + 0.5
        assert cuts_of(frames) == []

    def test_a_strobe_is_none(self):
        frames = frames_of_world(5, 40)
        assert cuts_of([frame * (6.0 if index % 2 else 1.0) for index, frame in enumerate(frames)]) == []

    def test_light_that_is_switched_on_is_none(self):
        frames = frames_of_world(6, 30)
        assert cuts_of([frame * (1.5 if index > 14 else 1.0) for index, frame in enumerate(frames)]) == []

    def test_a_picture_that_comes_back_from_black_is_none(self):
        frames = frames_of_world(7, 40, pan=0.2)
        for index in range(18, 22):
            frames[index] = np.zeros_like(frames[index])
        assert cuts_of(frames) == []

    def test_a_single_frame_of_another_place_is_none(self):
        frames = frames_of_world(8, 20)
        frames[9] = frames_of_world(9, 1)[0]
        assert cuts_of(frames) == []

    @pytest.mark.parametrize("count", [0, 1, 2, 5])
    def test_what_is_too_short_has_none(self, count):
        assert find_cuts(count, range(count), np.zeros((count, 4), np.float16)) == []


class TestReadingFew:
    def test_every_third_frame_and_those_around_changes_are_enough(self):
        shots = [frames_of_world(seed, 30 + seed, handheld=0.5) for seed in range(5)]
        frames, cuts = reel_of(*shots)
        signatures = signed(frames)
        first = frames_to_compare(len(frames))
        more = frames_to_compare(len(frames), first, signatures[first])
        known = sorted(first + more)
        assert indices(find_cuts(len(frames), known, signatures[known])) == cuts
        assert len(known) < 0.7 * len(frames)
        assert not set(first) & set(more)

    def test_a_calm_shot_is_not_looked_at_closer(self):
        frames = frames_of_world(1, 60)
        first = frames_to_compare(60)
        assert len(first) == 21
        assert frames_to_compare(60, first, signed(frames)[first]) == []

    def test_a_frame_that_is_not_known_does_no_harm(self):
        frames, cuts = reel_of(*(frames_of_world(seed, 12) for seed in range(3)))
        known = [index for index in range(len(frames)) if index not in {5, 17}]
        assert indices(find_cuts(len(frames), known, signed(frames)[known])) == cuts


class TestSignatures:
    @pytest.mark.parametrize("height", [1, 5, 17, 96, 97, 160, 1080, 2160, 4000])
    def test_bands_lie_in_the_frame_and_are_few(self, height):
        bands = signature_rows(height)
        assert all(0 <= first < stop <= height for first, stop in bands)
        assert sum(stop - first for first, stop in bands) <= 96
        assert all(stop <= after for (_, stop), (after, _) in pairwise(bands))

    @pytest.mark.parametrize("shape", [(1, 1, 1), (5, 3, 3), (96, 16, 3), (128, 192, 1)])
    def test_any_frame_has_one(self, shape):
        frame = np.full(shape, 0.18, np.float32)
        found = signed([frame])[0]
        np.testing.assert_allclose(found, np.log2(0.181), atol=0.01)

    def test_it_is_finite_whatever_the_samples(self):
        frame = np.full((64, 64, 3), 0.18, np.float32)
        frame[::2] = [np.nan, np.inf, -np.inf]
        frame[1::2, ::2] = -5.0
        assert np.isfinite(signed([frame])).all()


@pytest.mark.real
@pytest.mark.skipif(not VIDEO.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize(
    ("name", "cuts"),
    [
        ("bikes.mp4", [30, 76, 137, 187, 242]),  # by eye, and by PySceneDetect
        ("swans_720p.mp4", []),
        ("dashcam_desert_MVI_4823.avi", []),
    ],
)
def test_real_clips(name, cuts):
    cv2 = pytest.importorskip("cv2", reason="no decoder is installed")
    clip, signatures = cv2.VideoCapture(str(VIDEO / name)), []
    while (read := clip.read())[0]:
        bands = [read[1][first:stop] for first, stop in signature_rows(len(read[1]))]
        signatures.append(sign_frame([(band.astype(np.float32) / 255) ** 2.2 for band in bands]))
    assert indices(find_cuts(len(signatures), range(len(signatures)), np.stack(signatures))) == cuts

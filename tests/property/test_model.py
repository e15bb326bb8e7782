# SPDX-License-Identifier: Apache-2.0
"""Laws of the model: what goes out comes back, and order does not matter where that is claimed."""

from dataclasses import replace

import numpy as np
from fileseq.frameset import FrameSet
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pixmend.model import (
    Defect,
    DefectMap,
    Evidence,
    FrameRange,
    Kind,
    Raster,
    Sample,
    Severity,
    Source,
    Status,
    Votes,
    map_from_badpixels,
    map_from_csv,
    map_from_json,
    map_from_mask,
    map_to_badpixels,
    map_to_csv,
    map_to_json,
    mask_from_map,
    merge_maps,
)

frame_numbers = st.integers(-2000, 2000)
ranges = st.builds(FrameRange, st.sets(frame_numbers, min_size=1, max_size=12))
channels = st.sampled_from(["R", "G", "B", "beauty.R", "*", "Grün", 'say "R"'])
samples = st.lists(
    st.builds(Sample, st.integers(-2, 2), st.integers(-2, 2), channels), min_size=1, max_size=5, unique=True
).map(lambda each: tuple(sorted(each, key=lambda one: (one.dy, one.dx, one.channel))))
places = st.integers(10, 29)
scores = st.none() | st.floats(-1e6, 1e6, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
unknown = st.dictionaries(st.text(max_size=8).map(lambda name: f"later {name}"), json_values, max_size=2)
shares = st.none() | st.floats(0, 1)
evidence = st.tuples(st.integers(0, 90), st.integers(0, 90)).flatmap(
    lambda counts: st.builds(
        Evidence,
        score=st.floats(-1e6, 1e6),
        frames_seen=st.just(min(counts)),
        frames_expected=st.just(max(counts)),
        photosite_fit=shares,
        optical_fit=shares,
        fluctuation=st.none() | st.floats(0, 1e6),
        extra=unknown,
    )
)
votes = st.tuples(st.integers(0, 99), st.integers(0, 99), unknown).map(
    lambda given: Votes(seen=min(given[:2]), of=max(given[:2]), extra=given[2])
)


def defects(**fixed):
    fields = {
        "id": st.just(""),
        "x": places,
        "y": places,
        "kind": st.sampled_from(list(Kind)),
        "samples": samples,
        "frames": st.none() | ranges,
        "amplitude_sigma": scores,
        "confidence": st.none() | st.floats(0, 1),
        "status": st.sampled_from(list(Status)),
        "severity": st.sampled_from(list(Severity)),
        "note": st.text(max_size=20),
        "evidence": st.none() | evidence,
        "votes": st.none() | votes,
        "extra": unknown,
    }
    return st.builds(Defect, **fields | fixed)


def maps(one_defect=None, **fixed):
    fields = {"raster": st.just(Raster(-5, 0, 100, 50)), "defects": st.just(())}
    empty = st.builds(DefectMap, **fields | fixed)
    listed = st.lists(defects() if one_defect is None else one_defect, max_size=5)
    return st.builds(lambda base, found: base.added(found), empty, listed)


sources = st.builds(
    Source,
    sequence=st.text(max_size=20),
    frames=st.none() | ranges,
    camera=st.text(max_size=9),
    channels=st.lists(channels, max_size=3).map(tuple),
    extra=unknown,
)


@given(st.sets(st.integers(-(10**8), 10**8) | frame_numbers, max_size=40))
def test_a_range_comes_back_from_its_text(frames):
    wanted = FrameRange(frames)
    assert list(wanted) == sorted(frames)
    assert not frames or FrameRange.parse(str(wanted)) == wanted


@given(
    st.lists(
        st.tuples(frame_numbers, st.none() | frame_numbers, st.none() | st.integers(1, 50)),
        min_size=1,
        max_size=4,
    )
)
def test_ranges_are_read_as_fileseq_reads_them(chunks):
    text = ",".join(
        f"{first}" if last is None else f"{first}-{last}" + (f"x{step}" if step else "")
        for first, last, step in chunks
    )
    assert list(FrameRange.parse(text)) == sorted(set(FrameSet(text)))


@given(maps(source=sources, shots=st.integers(1, 999), made_by=unknown, extra=unknown, raster_extra=unknown))
def test_a_map_comes_back_from_json(shot):
    text = map_to_json(shot)
    assert map_from_json(text) == shot
    assert map_to_json(map_from_json(text)) == text


plain = defects(
    amplitude_sigma=st.none(),
    confidence=st.none(),
    severity=st.just(Severity.ISSUE),
    note=st.just(""),
    evidence=st.none(),
    votes=st.none(),
    extra=st.just({}),
)


@given(maps(plain, raster=st.none()))
def test_csv_keeps_every_sample_and_decision(shot):
    read = map_from_csv(map_to_csv(shot))

    def said(each):
        return each.id, each.kind, each.status, each.frames, each.pixels(("*",))

    assert [said(each) for each in read.defects] == [said(each) for each in shot.defects]


@given(maps())
def test_badpixels_and_masks_keep_every_pixel(shot):
    assert map_from_badpixels(map_to_badpixels(shot)).pixels() == shot.pixels()
    assert map_from_mask(*mask_from_map(shot)).pixels() == shot.pixels()


@given(arrays.arrays(np.bool_, (12, 15), elements=st.sampled_from([False] * 30 + [True])))
def test_a_mask_comes_back_from_a_map(mask):
    raster = Raster(3, -7, 15, 12)
    if mask.mean() > 0.05:
        mask = mask & False
    _, again = mask_from_map(map_from_mask(raster, mask))
    assert np.array_equal(again, mask)


@given(st.lists(maps(defects(x=st.integers(10, 12), y=st.just(10))), min_size=1, max_size=4), st.randoms())
@settings(max_examples=60)
def test_merging_says_the_same_in_any_order(given_maps, random):
    def said(merged):
        return {
            (each.x, each.y): (
                each.frames,
                each.samples,
                abs(each.amplitude_sigma or 0.0),
                each.severity,
                each.status is Status.PROPOSED,
            )
            for each in merged.defects
        }

    # Inside one map a pixel may stand twice; merging one map with nothing joins those too.
    shuffled = random.sample(given_maps, len(given_maps))
    assert said(merge_maps(given_maps)) == said(merge_maps(shuffled))


@given(maps())
def test_merging_with_itself_adds_nothing(shot):
    once = merge_maps([shot])
    twice = merge_maps([once, once])
    assert [replace(each, note="") for each in twice.defects] == [
        replace(each, note="") for each in once.defects
    ]


@given(maps(), st.integers(-5, 5), st.integers(-5, 5))
def test_moving_back_is_not_moving(shot, dx, dy):
    assert shot.moved(dx, dy).moved(-dx, -dy) == shot

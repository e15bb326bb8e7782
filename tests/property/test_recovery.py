# SPDX-License-Identifier: Apache-2.0
"""What holds for every photosite: only what the map names changes, to numbers, and where nothing lies hardly anything does."""

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.fill import Band, Learnt, defects_of_frame, mend_frame, train_kriging
from pixmend.frames import Encoding
from pixmend.model import SampleType
from pixmend.pipeline._recovery_training import learn_recovery
from pixmend.progress import Silent
from pixmend.stats import train_scale
from tests.make.photosites import NOISE, SIDE, lying_shot, map_of, true_footprint

LINEAR = Encoding("linear", "test")
SITES = ((20, 20), (20, 41), (41, 20), (41, 41), (60, 33))
LIES = (0.5, 0.1, 0.05, 0.0, -0.2)
NAMED = map_of(SITES)

lies = st.tuples(*(st.floats(-0.3, 2.0) for _ in SITES))
frames = st.integers(1001, 1008)
odd = st.lists(
    st.tuples(
        st.integers(0, SIDE - 1),
        st.integers(0, SIDE - 1),
        st.integers(0, 2),
        st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 65504.0, -65504.0]),
    ),
    max_size=20,
)


@cache
def learnt():
    """Return what a shot of steady and of fluctuating lies teaches, and its clean twin as stored."""
    clean, _ = lying_shot({})
    stored = {frame: clean.read(frame) for frame in clean.frames}
    _, scale = train_scale(list(stored.values()), sample=SampleType.HALF, codec=LINEAR)
    wobble = (1.0, 1.2, 0.8, 1.0, 1.1, 0.9, 1.0, 1.0)
    shot, _ = lying_shot(
        {site: [lie * each for each in wobble] for site, lie in zip(SITES, LIES, strict=True)}
    )
    told = Learnt(scale, train_kriging([scale.forward(each) for each in stored.values()]))
    recoveries = learn_recovery(shot, NAMED, told, LINEAR, Silent())
    found = defects_of_frame(NAMED.defects, shot.plate, radius_px=told.kriging.radius_px)
    return Learnt(scale, told.kriging, recoveries), found, stored, shot.plate


def lying(frame, strengths):
    """Return a clean frame with these lies, half float."""
    picture = learnt()[2][frame].astype(np.float64)
    for site, strength in zip(SITES, strengths, strict=True):
        row, column = site
        picture[row - 4 : row + 5, column - 4 : column + 5] += strength * np.moveaxis(
            true_footprint(site), 0, -1
        )
    return picture.astype(np.float16)


def mended(picture):
    """Return a picture without its lies, and which samples changed."""
    told, found, _, plate = learnt()
    patch = mend_frame(1001, [Band(0, picture)], found, plate=plate, learnt=told).patch
    after = picture.copy()
    after[patch.y, patch.x, patch.channel] = SampleType.HALF.from_bits(patch.new)
    return after, {
        (int(x), int(y), "RGB"[c]) for x, y, c in zip(patch.x, patch.y, patch.channel, strict=True)
    }


@settings(max_examples=40, deadline=None)
@given(frames, lies, odd)
def test_only_samples_that_the_map_names_change_and_only_to_numbers(frame, strengths, bad):
    picture = lying(frame, strengths)
    for row, column, channel, value in bad:
        picture[row, column, channel] = value
    after, changed = mended(picture)
    assert changed <= {place for each in NAMED.defects for place in each.pixels("RGB")}
    assert all(np.isfinite(after[y, x, "RGB".index(channel)]) for x, y, channel in changed)


@settings(max_examples=25, deadline=None)
@given(frames, lies)
def test_a_picture_without_odd_numbers_keeps_none_of_its_lies(frame, strengths):
    after, _ = mended(lying(frame, strengths))
    off = (after.astype(np.float64) - learnt()[2][frame]) / NOISE
    named = [(y, x, "RGB".index(channel)) for each in NAMED.defects for x, y, channel in each.pixels("RGB")]
    assert np.isfinite(after).all()
    assert np.sqrt(np.mean([off[place] ** 2 for place in named])) < 1.5  # the lies are up to 200


@settings(max_examples=8, deadline=None)
@given(frames)
def test_where_nothing_lies_hardly_anything_changes(frame):
    """The site of which every frame said so."""
    picture = lying(frame, (0.5, 0.1, 0.05, 0.0, -0.2))
    row, column = SITES[LIES.index(0.0)]
    near = np.s_[row - 4 : row + 5, column - 4 : column + 5]
    moved = mended(picture)[0][near].astype(np.float64) - picture[near]
    assert np.sqrt((moved[3:6, 3:6] ** 2).mean()) < 0.3 * NOISE

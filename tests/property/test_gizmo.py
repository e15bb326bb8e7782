# SPDX-License-Identifier: Apache-2.0
"""The gizmo's stock nodes leave every sample alone that the bake does not name, whatever the plate holds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.make.gizmo_scene import RGB, SIZE, Gizmo, Spot, bake_of, noisy_plate, where_it_differs

SPOTS = st.builds(
    Spot,
    x=st.integers(-3, SIZE[0] + 2),
    y=st.integers(-3, SIZE[1] + 2),
    bits=st.integers(1, 7),
    first=st.integers(-5, 12),
    last=st.integers(-5, 12),
    value=st.tuples(*[st.floats(-1e4, 1e4, width=16)] * 3),
)
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e30, 65504.0, 0.0, -0.0])


@st.composite
def plates(draw):
    plate = noisy_plate(seed=draw(st.integers(0, 5)))
    height, width = plate.box.shape
    places = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1), st.sampled_from(RGB), ODD)
    for row, column, name, value in draw(st.lists(places, max_size=12)):
        plate.channels[name][row, column] = value
    return plate


@settings(max_examples=25)
@given(
    plate=plates(),
    spots=st.lists(SPOTS, min_size=1, max_size=6, unique_by=lambda spot: (spot.x, spot.y)),
    engine=st.sampled_from(["Patch", "Preview"]),
    frame=st.integers(-6, 13),
    mix=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_only_what_is_named_now_can_change(plate, spots, engine, frame, mix):
    result = Gizmo(plate, bake_of(spots, frames=range(-6, 14))).render(engine=engine, frame=frame, mix=mix)
    named = {
        (spot.x, spot.y, name)
        for spot in spots
        for bit, name in enumerate(RGB)
        if mix and spot.first <= frame <= spot.last and (engine == "Patch" or spot.bits >> bit & 1)
    }
    assert where_it_differs(result, plate) <= named
    for name in set(plate.channels) - set(RGB):
        assert np.array_equal(result.channels[name], plate.channels[name])

# SPDX-License-Identifier: Apache-2.0
"""What holds for every simulated defect: it stays in its footprint, and the truth says where."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.model import FrameRange, Kind
from pixmend.simulate import Demosaic, Motion, PlantedDefect, ShotSpec, SimulatedShot, spoiled_samples

WIDTH, HEIGHT = 41, 36
SHOTS = {
    demosaic: SimulatedShot(
        ShotSpec(
            width=WIDTH,
            height=HEIGHT,
            frames=FrameRange([1, 2]),
            motion=Motion.HANDHELD,
            demosaic=demosaic,
            recipe=(),
        )
    )
    for demosaic in Demosaic
}

defects = st.builds(
    lambda x, y, size, amplitude, gain: PlantedDefect(
        sites=tuple((x + i, y + j) for j in range(size) for i in range(size)),
        kind=Kind.HOT,
        amplitude_sigma=amplitude,
        gain=gain,
    ),
    x=st.integers(0, WIDTH - 2),
    y=st.integers(0, HEIGHT - 2),
    size=st.integers(1, 2),
    amplitude=st.floats(0.5, 500),
    gain=st.sampled_from([0.0, 0.4, 1.0]),
)


@settings(max_examples=40, deadline=None)
@given(defect=defects, demosaic=st.sampled_from(Demosaic), least=st.floats(0.01, 50))
def test_a_defect_stays_in_its_footprint_and_the_truth_lies_inside(defect, demosaic, least):
    shot = SHOTS[demosaic]
    mine = SimulatedShot(shot.spec, planted=(defect,))
    spoiled, clean = mine.render_pair(2)
    assert np.array_equal(clean, shot.render_clean(2))
    differs = (spoiled != clean).any(axis=-1)
    may_differ = np.zeros_like(differs)
    reach = demosaic.reach_px
    for x, y in defect.sites:
        may_differ[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = True
    assert not (differs & ~may_differ).any()
    x, y = defect.centre
    samples = spoiled_samples(mine, defect, least_sigma=least).samples
    assert samples
    assert all(may_differ[y + dy, x + dx] for dx, dy, _ in samples)

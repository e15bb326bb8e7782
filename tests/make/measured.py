# SPDX-License-Identifier: Apache-2.0
"""The statistics of a simulated shot, without looking for anything in them."""

from functools import cache

from pixmend.simulate import SimulatedShot
from pixmend.stats import ShotStatistics, measure_frame, train_shot_model
from tests.make.shots import LINEAR, memory_shot, planes_of, stored_frames


@cache
def measured(shot: SimulatedShot) -> ShotStatistics:
    """Return the statistics of all frames of a shot; the first and last ones train the model."""
    frames = stored_frames(shot)
    model, scale = train_shot_model(
        [frames[shot.frames.frames[0]], frames[shot.frames.frames[-1]]],
        plate=memory_shot(frames).plate,
        codec=LINEAR,
        encoding=LINEAR.name,
        pooled_frames=len(frames),
    )
    statistics = ShotStatistics.empty(model, stands_for=shot.frames)
    for frame, samples in frames.items():
        statistics.add(frame, measure_frame(planes_of(scale.forward(samples)), model))
    return statistics

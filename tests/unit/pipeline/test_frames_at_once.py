# SPDX-License-Identifier: Apache-2.0
"""Work in threads: in order, bounded, and ended at the first error."""

import threading

import pytest

from pixmend.pipeline._frames_at_once import frames_at_once

WORKERS = [1, 2, 7]


@pytest.mark.parametrize("workers", WORKERS)
def test_results_come_in_the_order_of_the_frames(workers):
    frames = [5, 3, 9, 1, 1, -4]
    assert list(frames_at_once(lambda frame: frame * 10, frames, workers=workers)) == [
        50,
        30,
        90,
        10,
        10,
        -40,
    ]


@pytest.mark.parametrize("workers", WORKERS)
def test_no_frames_no_results(workers):
    assert list(frames_at_once(abs, [], workers=workers)) == []


@pytest.mark.parametrize("workers", WORKERS)
def test_the_first_error_comes_in_its_turn_and_later_frames_never_begin(workers):
    begun = []

    def work(frame):
        begun.append(frame)
        if frame == 3:
            raise ValueError("frame 3")
        return frame

    done = []
    with pytest.raises(ValueError, match="frame 3"):
        done.extend(frames_at_once(work, range(100), workers=workers))
    assert done == [0, 1, 2]
    assert max(begun) <= 3 + workers + 1


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("workers", [2, 5])
def test_no_more_are_at_work_or_waiting_than_asked_for(workers, waits):
    lock = threading.Lock()
    held = most = 0

    def work(frame):
        nonlocal held, most
        with lock:
            held += 1
            most = max(most, held)
        return frame

    for _ in frames_at_once(work, range(50), workers=workers, waits=waits):
        with lock:
            held -= 1
    assert most <= workers + 1


def test_whoever_stops_early_stops_the_work():
    begun = []
    results = frames_at_once(lambda frame: begun.append(frame) or frame, range(1000), workers=2)
    assert next(results) == 0
    results.close()
    assert len(begun) < 10

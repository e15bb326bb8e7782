# SPDX-License-Identifier: Apache-2.0
"""Small controls of every mode, with plates that they can be applied to."""

import numpy as np

from pixmend.bake import Control, Curve, Entry, Mode, Segment, Table

SIZE = (24, 32)
FRAMES = (1001, 1008)


def curve(seed=0, nodes=65):
    """Return a curve like that of a shot: about a square root, through (0, 0)."""
    x = np.linspace(-2.0, 8.0, nodes) + np.random.default_rng(seed).uniform(0, 0.02, nodes)
    y = np.sign(x) * (np.sqrt(np.abs(x) + 1e-3) - np.sqrt(1e-3)) * (40 + seed)
    return Curve(x.astype(np.float32), y.astype(np.float32))


def table(seed, channel=0, radius=3):
    """Return a table of all samples around one but its own pixel; the weights of each channel add up to 1 or 0."""
    random = np.random.default_rng(seed)
    steps = [
        (dx, -dy, c)
        for c in range(3)
        for dy in range(-radius, radius + 1)
        for dx in range(-radius, radius + 1)
        if (dx, dy) != (0, 0)
    ]
    weights = random.normal(0, 0.05, len(steps))
    of = np.array(steps)[:, 2]
    for c in range(3):
        weights[of == c] += ((c == channel) - weights[of == c].sum()) / (of == c).sum()
    return Table(channel, np.array(steps, np.int8), weights.astype(np.float32))


def plate(seed=0, size=SIZE):
    """Return a plate (H, W, 3) of half floats as 32-bit ones."""
    random = np.random.default_rng(seed)
    light = 0.2 + 0.1 * np.sin(np.arange(size[0])[:, None, None] / 5) + random.normal(0, 0.01, (*size, 3))
    return light.astype(np.float16).astype(np.float32)


def steady(first, last, *modes):
    """Return a segment in which a record stands for all frames: (mode, a, b) of R, G, B."""
    return Segment(first, last, np.array([modes], np.float32))


def changing(first, last, seed=0):
    """Return a segment with another record in every frame: subtracted, predicted with grain, a value."""
    random = np.random.default_rng(seed)
    records = np.zeros((last - first + 1, 3, 3), np.float32)
    records[:, :, 0] = Mode.SUBTRACT, Mode.PREDICT, Mode.VALUE
    records[:, :, 1] = random.normal(0, 0.1, records.shape[:2])
    records[:, 1, 2] = 1
    return Segment(first, last, records)


def synthetic_control(size=SIZE, frames=FRAMES):
    """Return a control with every mode, ranges that end, gaps, and a pixel at the corner of the raster."""
    first, last = frames
    passes, predicts = (Mode.PASS, 0, 0), (Mode.PREDICT, 0.25, 0)
    entries = (
        Entry(4, 5, 1, 0, 1, (steady(first, last, predicts, passes, passes),)),
        Entry(5, 5, 6, 0, 1, (steady(first, last, passes, (Mode.PREDICT, 0, 1), (Mode.PREDICT, -1, 2)),)),
        Entry(12, 9, 7, 1, 2, (changing(first, last, 1),)),
        Entry(20, 14, 7, 3, 3, (changing(first, first + 1, 2), changing(first + 4, last - 1, 3))),
        Entry(25, 20, 1, 4, 4, (steady(first + 2, first + 2, (Mode.VALUE, 0.5, 0), passes, passes),)),
        Entry(size[1] - 1, 0, 4, 2, 5, (steady(first, last, passes, passes, (Mode.VALUE, 0.125, 0)),)),
    )
    return Control(
        (size[1], size[0]),
        frames,
        entries,
        (table(0, 0), table(1, 1), table(2, 2)),
        (curve(0), curve(1), curve(2)),
    )


def index_of(control, size=SIZE):
    """Return the index picture (H, W, 4) of the whole raster, the slow, obvious way."""
    picture = np.zeros((*size, 4), np.float32)
    for number, each in enumerate(control.entries, 1):
        spans = [(segment.first, segment.last) for segment in each.segments]
        picture[each.y, each.x] = (
            number,
            each.channels,
            min(first for first, _ in spans),
            max(last for _, last in spans),
        )
    return picture

# SPDX-License-Identifier: Apache-2.0
"""Any layout of an EXR: any samples take any bits, and nothing else changes; what is damaged is refused."""

import contextlib
import copy

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pixmend.containers import open_container
from pixmend.errors import PixError
from pixmend.formats import MemoryBytes, ReadOptions
from pixmend.model import Patch
from tests.make.exr_bytes import Part, check_exr, with_edits, write_exr

TYPES = st.sampled_from(["float16", "float32", "uint32"])


@st.composite
def parts(draw):
    is_tiled = draw(st.booleans())
    x_sampling, y_sampling = (1, 1) if is_tiled else (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    channels = [("Y", draw(TYPES), 1, 1), ("chroma", draw(TYPES), x_sampling, y_sampling)]
    if draw(st.booleans()):
        channels = channels[1:]
    first, size = st.integers(-4, 4), st.integers(1, 4)
    x, width = (draw(each) * x_sampling for each in (first, size))
    y, height = (draw(each) * y_sampling for each in (first, size))
    return Part(
        channels=channels,
        window=(x, y, width * 4, height * 5) if not is_tiled else (x, y, width, height),
        display=(draw(first), draw(first)),
        tiles=(draw(size), draw(size), draw(st.integers(0, 2)), draw(st.integers(0, 1)))
        if is_tiled
        else None,
        compression=draw(st.sampled_from([0, 2, 3])),
        noise=draw(st.booleans()),
    )


@st.composite
def files(draw):
    made = draw(st.lists(parts(), min_size=1, max_size=3))
    if len(made) > 1 and draw(st.booleans()):
        made.insert(draw(st.integers(0, len(made))), Part(deep=True))
    for number, part in enumerate(made):
        part.name, part.display = f"p{number}", made[0].display
    return made


@settings(max_examples=120)
@given(made=files(), shuffle=st.none() | st.integers(0, 9), seed=st.integers(0, 2**32 - 1))
def test_any_samples_of_any_layout_take_any_bits(made, shuffle, seed):
    made = copy.deepcopy(made)
    stored = write_exr(*made, shuffle=shuffle, gap=b"?")
    rng = np.random.default_rng(seed)
    for number, part in enumerate(made):
        if part.deep:
            continue
        container = open_container(MemoryBytes(stored), options=ReadOptions(part=str(number)))
        patch = random_patch(container, part, rng)
        assert container.read_bits(patch).tolist() == patch.old.tolist()
        plan = container.plan(patch)
        stored = with_edits(stored, plan.edits)
        check_exr(stored, *made)
        back = open_container(MemoryBytes(stored), options=ReadOptions(part=str(number)))
        assert back.read_bits(patch).tolist() == patch.new.tolist()


@settings(max_examples=150)
@given(made=files(), seed=st.integers(0, 2**32 - 1), changes=st.integers(1, 4))
def test_any_damage_is_survived(made, seed, changes):
    rng = np.random.default_rng(seed)
    stored = bytearray(write_exr(*made))
    for position in rng.integers(0, len(stored), changes):
        stored[position] = rng.integers(256)
    broken = bytes(stored[: rng.integers(len(stored))] if changes == 4 else stored)
    with contextlib.suppress(PixError):
        container = open_container(MemoryBytes(broken, "broken.exr"))
        raster = container.raster
        x, y = np.array([[raster.x], [raster.y]], np.int32)
        sampled = [number for number, each in enumerate(container.channels) if each.sampling == (1, 1)]
        if sampled:
            blank = np.zeros(1, np.uint32)
            one = Patch(1, container.channels, x, y, np.array(sampled[:1], np.int16), blank, blank)
            container.plan(one)


def random_patch(container, part, rng):
    """Return a patch of some samples, and set the pixels of the part."""
    keys = list(part.pixels)
    numbers = {each.name: number for number, each in enumerate(container.channels)}
    rows = []
    for each in rng.permutation(len(keys))[: rng.integers(1, 9)].tolist():
        name, x, y = keys[each]
        new = int(rng.integers(1 << container.channels[numbers[name]].sample.bits))
        rows.append((x - part.display[0], y - part.display[1], numbers[name], part.pixels[name, x, y], new))
        part.pixels[name, x, y] = new
    kinds = (np.int32, np.int32, np.int16, np.uint32, np.uint32)
    columns = (np.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True))
    return Patch(1, container.channels, *columns)

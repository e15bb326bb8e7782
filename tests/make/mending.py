# SPDX-License-Identifier: Apache-2.0
"""Mend a file of any form at random samples, and check with other means all that the first law says.

Nothing here uses pixmend's addressing or its proof: the samples come from second readers,
the ranges of bytes from the parsers beside this file.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.containers import open_container
from pixmend.formats import ReadOptions
from pixmend.model import Channel, Patch, PlateInfo
from pixmend.proof import undo_frame
from pixmend.splice import Ledger, WriteSettings, open_bytes, write_fixed
from tests.make import exr_ranges
from tests.make.second_readers import (
    Planes,
    exr_by_openexr,
    exr_by_openimageio,
)

LOSSY_BLOCK = {"B44": 4, "B44A": 4, "DWAA": 8, "DWAB": 8}
_MOST_MOVED = 0.005  # of a sample that DWA moves, relative to the largest around it
_MOST_OFF = 0.06  # of a sample that a lossy codec was asked to hold


@dataclass(frozen=True)
class Sample:
    """One sample: pixel space, channel by name, bits."""

    x: int
    y: int
    channel: str
    old: int
    new: int


Samples = list[Sample]


def mend(path: Path, folder: Path, samples: Samples, settings: WriteSettings) -> tuple[Path, Ledger]:
    """Write a file with samples changed; nothing of the source may change by it."""
    with open_bytes(path) as source:
        container = open_container(source, options=settings.options, exact=settings.exact)
        raster, channels = container.raster, container.channels
    plate = PlateInfo(raster, (raster.width, raster.height), channels, (), container.file_format)
    target = folder / "mended" / path.name
    before = hashlib.sha256(path.read_bytes()).digest()
    ledger = write_fixed(path, target, _patch(samples, channels), plate, settings=settings)
    assert hashlib.sha256(path.read_bytes()).digest() == before, "the source changed"
    return target, ledger


def check_undo(path: Path, target: Path, folder: Path) -> None:
    undo_frame(target, folder / "back" / path.name)
    back = (folder / "back" / path.name).read_bytes()
    assert hashlib.sha256(back).digest() == hashlib.sha256(path.read_bytes()).digest()


def _patch(samples: Samples, channels: tuple[Channel, ...]) -> Patch:
    number = {each.name: index for index, each in enumerate(channels)}
    columns = ([each.x for each in samples], [each.y for each in samples])
    return Patch(
        1,
        channels,
        *(np.array(column, np.int32) for column in columns),
        np.array([number[each.channel] for each in samples], np.int16),
        np.array([each.old for each in samples], np.uint32),
        np.array([each.new for each in samples], np.uint32),
    )


def check_exr(
    path: Path, folder: Path, *, part: int | None = None, exact: bool = False, count: int = 24, seed: int = 0
) -> Ledger:
    """Mend random samples of one part; `part` None is the one that pixmend takes by itself."""
    options = ReadOptions(part=None if part is None else str(part))
    number = _first_flat(path) if part is None else part
    choose = random_bits if _block_of(path, number, exact=exact) is None else near_bits
    samples = random_exr_samples(path, number, np.random.default_rng(seed), choose, count=count)
    return check_exr_samples(path, folder, number, samples, WriteSettings(options=options, exact=exact))


def check_exr_samples(
    path: Path, folder: Path, number: int, samples: Samples, settings: WriteSettings
) -> Ledger:
    """Mend these samples of one part, and check bytes, samples by two readers, and the way back."""
    target, ledger = mend(path, folder, samples, settings)
    part = exr_ranges.parse(path.read_bytes()).parts[number]
    left, top = part.display[:2]
    pixels = [(number, each.x + left, each.y + top) for each in samples]
    exr_ranges.check_kept(path.read_bytes(), target.read_bytes(), pixels)
    block = _block_of(path, number, exact=settings.exact)
    for read in (exr_by_openexr, exr_by_openimageio):
        before, after = read(path), read(target)
        assert (before is None) == (after is None), "a reader refuses only one of the two"
        if before is not None and after is not None:
            _check_planes(before, after, number, part, samples, ledger, block)
    check_undo(path, target, folder)
    return ledger


def random_exr_samples(
    path: Path,
    number: int,
    rng: np.random.Generator,
    choose: Callable[[NDArray[Any], tuple[int, int], int, np.random.Generator], int],
    *,
    count: int,
) -> Samples:
    """Return samples at random places of all channels, the corners among them."""
    part = exr_ranges.parse(path.read_bytes()).parts[number]
    planes = exr_by_openexr(path)
    found: dict[tuple[int, int, str], Sample] = {}
    names = list(part.channels)
    for turn in range(count):
        name = names[turn % len(names)] if turn < len(names) else names[rng.integers(len(names))]
        kind, across, down = part.channels[name]
        plane = planes[number, name]
        row, column = int(rng.integers(plane.shape[0])), int(rng.integers(plane.shape[1]))
        if turn < 4:
            row, column = (0, plane.shape[0] - 1)[turn // 2], (0, plane.shape[1] - 1)[turn % 2]
        x = -(-part.data[0] // across) * across + column * across - part.display[0]
        y = -(-part.data[1] // down) * down + row * down - part.display[1]
        old = int(plane[row, column])
        found[x, y, name] = Sample(x, y, name, old, choose(plane, (row, column), kind, rng))
    return list(found.values())


def random_bits(plane: NDArray[Any], at: tuple[int, int], kind: int, rng: np.random.Generator) -> int:
    """Return any other bits; PXR24 keeps what its floats cannot hold to itself, see `_check_planes`."""
    return int(plane[at]) ^ int(rng.integers(1, 1 << (16 if kind == 1 else 31)))


def near_bits(plane: NDArray[Any], at: tuple[int, int], kind: int, _: np.random.Generator) -> int:
    """Return the bits of the median around a sample, as a fill would: what a lossy codec is made for."""
    rows, columns = (slice(max(0, each - 1), each + 2) for each in at)
    values = np.ascontiguousarray(plane[rows, columns]).view(("u4", "f2", "f4")[kind])
    finite = np.sort(values[np.isfinite(values)].ravel())
    chosen = finite[len(finite) // 2 : len(finite) // 2 + 1] if finite.size else np.zeros(1, values.dtype)
    return int(chosen.view(plane.dtype)[0])


def _first_flat(path: Path) -> int:
    parts = exr_ranges.parse(path.read_bytes()).parts
    return next(number for number, each in enumerate(parts) if not each.kind.startswith("deep"))


def _block_of(path: Path, number: int, *, exact: bool) -> int | None:
    compression = exr_ranges.parse(path.read_bytes()).parts[number].compression
    return None if exact else LOSSY_BLOCK.get(compression)


def _check_planes(
    before: Planes,
    after: Planes,
    number: int,
    part: exr_ranges.ExrPart,
    samples: Samples,
    ledger: Ledger,
    block: int | None,
) -> None:
    assert before.keys() == after.keys()
    asked = {name: _asked(part, name, samples, before[number, name].shape) for name in part.channels}
    stored, moved = _stored(ledger.patch), _moved(ledger.collateral)
    for key, was in before.items():
        now = after[key]
        changed = was != now
        if key[0] != number:
            assert not changed.any(), f"another part changed: {key}"
            continue
        mine = asked[key[1]]
        for (row, column), sample in mine.items():
            bits = int(now[row, column])
            assert bits == stored[sample.x, sample.y, sample.channel], "the ledger says another value"
            _check_holds(part, key[1], sample, bits, block)
        others = changed.copy()
        for place in mine:
            others[place] = False
        assert _in_pixel_space(part, key[1], others) == moved.get(key[1], set()), "the ledger names others"
        _check_others(part, key[1], (was, now, others), asked, block)


def _stored(patch: Patch) -> dict[tuple[int, int, str], int]:
    places = zip(patch.x.tolist(), patch.y.tolist(), patch.channel.tolist(), strict=True)
    names = [each.name for each in patch.channels]
    return {(x, y, names[at]): new for (x, y, at), new in zip(places, patch.new.tolist(), strict=True)}


def _moved(patch: Patch) -> dict[str, set[tuple[int, int]]]:
    moved: dict[str, set[tuple[int, int]]] = {}
    for x, y, name in _stored(patch):
        moved.setdefault(name, set()).add((x, y))
    return moved


def _in_pixel_space(part: exr_ranges.ExrPart, name: str, places: NDArray[np.bool_]) -> set[tuple[int, int]]:
    _, across, down = part.channels[name]
    rows, columns = np.nonzero(places)
    x = (columns - (-part.data[0] // across)) * across - part.display[0]
    y = (rows - (-part.data[1] // down)) * down - part.display[1]
    return set(zip(x.tolist(), y.tolist(), strict=True))


def _asked(
    part: exr_ranges.ExrPart, name: str, samples: Iterable[Sample], shape: tuple[int, ...]
) -> dict[tuple[int, int], Sample]:
    _, across, down = part.channels[name]
    first_column, first_row = -(-part.data[0] // across), -(-part.data[1] // down)
    places = {
        (
            (each.y + part.display[1]) // down - first_row,
            (each.x + part.display[0]) // across - first_column,
        ): each
        for each in samples
        if each.channel == name
    }
    assert all(0 <= row < shape[0] and 0 <= column < shape[1] for row, column in places)
    return places


def _check_holds(part: exr_ranges.ExrPart, name: str, sample: Sample, bits: int, block: int | None) -> None:
    kind = part.channels[name][0]
    if part.compression == "PXR24" and kind == 2:
        assert abs((bits & 0x7FFFFFFF) - (sample.new & 0x7FFFFFFF)) <= 0xFF or _is_nan(sample.new)
    elif block is None or kind == 0:
        assert bits == sample.new, f"{sample} holds {bits:#x}"
    else:
        dtype = ("u4", "f2", "f4")[kind]
        got, wanted = (
            np.array([each], f"u{np.dtype(dtype).itemsize}").view(dtype) for each in (bits, sample.new)
        )
        if np.isfinite(wanted).all():
            assert np.allclose(got.astype(float), wanted.astype(float), rtol=_MOST_OFF, atol=1e-3), sample


def _is_nan(bits: int) -> bool:
    return bits & 0x7F800000 == 0x7F800000


def _check_others(
    part: exr_ranges.ExrPart,
    name: str,
    planes: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    asked: dict[str, dict[tuple[int, int], Sample]],
    block: int | None,
) -> None:
    """Check that no other sample moved, or only in the blocks of asked ones and by little."""
    was, now, others = planes
    if block is None:
        assert not others.any(), f"{others.sum()} other samples of {name} changed"
        return
    near = np.zeros(others.shape, bool)
    coupled = asked if block == 8 else {name: asked[name]}  # DWA packs R, G and B together
    for other, places in coupled.items():
        if part.channels[other][1:] == part.channels[name][1:]:
            for row, column in places:
                near |= _block_around(part, others.shape, (row, column), block)
    assert not (others & ~near).any(), f"{(others & ~near).sum()} samples of {name} changed far away"
    if block == 8 and others.any():
        dtype = ("u4", "f2", "f4")[part.channels[name][0]]
        a, b = (np.ascontiguousarray(each).view(dtype)[others].astype(float) for each in (was, now))
        assert np.all(np.abs(a - b) <= _MOST_MOVED * np.maximum(np.abs(a), 0.05))


def _block_around(
    part: exr_ranges.ExrPart, shape: tuple[int, ...], at: tuple[int, int], block: int
) -> NDArray[np.bool_]:
    """Blocks are counted from the begin of a chunk: a tile, or lines (their counts are multiples of 8)."""
    width, height = part.tile if part.kind == "tiledimage" else (shape[1], shape[0])
    rows, columns = np.indices(shape)
    same = rows // height == at[0] // height
    same &= columns // width == at[1] // width
    same &= rows % height // block == at[0] % height // block
    same &= columns % width // block == at[1] % width // block
    return same

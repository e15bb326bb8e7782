# SPDX-License-Identifier: Apache-2.0
"""Repairs of known quality, good and bad, as the audit sees them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.accuracy.fill_peers import FILL_PEERS, fill_by_channel
from benchmarks.accuracy.hole_run import broken_frames
from benchmarks.accuracy.holes import PlacedHole, defects_of, mask_of
from benchmarks.accuracy.scene import stored_frame
from benchmarks.accuracy.shots import Plate, seen
from benchmarks.product import MendedShot, plate_of
from pixmend.frames import MemoryShot, choose_encoding
from pixmend.model import Defect, SampleType
from pixmend.pipeline import audit_repairs
from pixmend.progress import Silent
from pixmend.simulate import SimulatedShot
from pixmend.stats import train_scale

__all__ = ["BAD", "GOOD", "Shares", "audited", "repaired"]

GOOD = ("untouched", "pixmend")
BAD = (
    "median 5x5",
    "Gaussian blur",
    "OpenCV Telea",
    "truth without grain",
    "truth of the first frame",
    "truth with its grain stopped",
    "truth + 1 sigma",
    "truth + 2 sigma",
    "truth, one channel + 2 sigma",
)
"""Ways to mend; of the truth, what is wrong with it."""

Picture = NDArray[np.float32]
_PEERS = {"median 5x5": "median 5x5 of sound pixels", "OpenCV Telea": "OpenCV Telea"}
_BLUR_PX = 1.5
_RED = np.array([1, 0, 0], np.float32)
_TAKES = 6  # whose mean has hardly any grain


@dataclass(slots=True)
class Shares:
    """How many repairs were looked at, and how many were named, by kind of repair and of hole."""

    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    looked_at: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, repair: str, hole: str, *, is_seen: bool) -> None:
        """Count one repair."""
        self.looked_at[repair, hole] = self.looked_at.get((repair, hole), 0) + 1
        self.seen[repair, hole] = self.seen.get((repair, hole), 0) + is_seen

    def share(self, repair: str, hole: str) -> float:
        """Return the share of repairs that were named; NaN where none was looked at."""
        count = self.looked_at.get((repair, hole), 0)
        return self.seen[repair, hole] / count if count else float("nan")


def audited(plate: Plate, frames: Mapping[int, NDArray[Any]], defects: Sequence[Defect]) -> dict[str, bool]:
    """Return whether each repair may be seen, as `pixmend verify` says, by the defect's id."""
    facts = plate_of(plate.size, sample=plate.sample)
    shot, codec = MemoryShot(facts, frames), choose_encoding(facts, plate.encoding)
    scale = train_scale(list(frames.values())[::2], sample=plate.sample, codec=codec)[1]
    chosen = dict.fromkeys((each.id for each in defects), shot.frames)
    scores = audit_repairs(shot, defects, scale, chosen=chosen, progress=Silent())
    return {name: each.shows for name, each in scores.items()}


def repaired(
    shot: SimulatedShot, plate: Plate, placed: Sequence[PlacedHole]
) -> Iterator[tuple[str, dict[int, NDArray[Any]]]]:
    """Yield every way to mend the holes, and the frames as they come out of it."""
    is_bad = mask_of(placed, plate.size)
    broken = broken_frames(plate, is_bad)
    mender = MendedShot(broken, defects_of(placed), sample=plate.sample, encoding=plate.encoding)
    yield "untouched", dict(plate.clean)
    yield "pixmend", {number: mender.mend(number).samples for number in plate.clean}
    pictures = {number: seen(frame, plate.storage) for number, frame in plate.clean.items()}
    still = {number: _without_grain(shot, plate, number) for number in plate.clean}
    first = min(pictures)
    ways: dict[str, Callable[[int], Picture]] = {
        **{name: _peer(peer, pictures, is_bad) for name, peer in _PEERS.items()},
        "Gaussian blur": lambda number: _blurred(pictures[number], is_bad),
        "truth without grain": lambda number: still[number],
        "truth of the first frame": lambda _: pictures[first],
        "truth with its grain stopped": lambda number: still[number] + pictures[first] - still[first],
        "truth + 1 sigma": lambda number: pictures[number] + plate.sigma,
        "truth + 2 sigma": lambda number: pictures[number] + 2 * plate.sigma,
        "truth, one channel + 2 sigma": lambda number: pictures[number] + _RED * 2 * plate.sigma,
    }
    for name in BAD:
        yield (
            name,
            {
                number: np.where(is_bad, _stored(ways[name](number), plate), frame)
                for number, frame in plate.clean.items()
            },
        )


def _peer(name: str, pictures: Mapping[int, Picture], is_bad: NDArray[np.bool_]) -> Callable[[int], Picture]:
    return lambda number: fill_by_channel(FILL_PEERS[name], pictures[number], is_bad)


def _blurred(picture: Picture, is_bad: NDArray[np.bool_]) -> Picture:
    """Return the mean of the sound samples around each, by a Gaussian."""
    sigma = (_BLUR_PX, _BLUR_PX, 0)
    weight = ndimage.gaussian_filter((~is_bad).astype(np.float32), sigma)
    light = ndimage.gaussian_filter(np.where(is_bad, np.float32(0), picture), sigma)
    return np.asarray(light / np.maximum(weight, np.float32(1e-6)), np.float32)


def _without_grain(shot: SimulatedShot, plate: Plate, number: int) -> Picture:
    takes = [
        seen(stored_frame(shot.render_clean(number, take=take), plate.storage), plate.storage)
        for take in range(1, _TAKES + 1)
    ]
    return np.asarray(np.mean(takes, axis=0), np.float32)


def _stored(picture: Picture, plate: Plate) -> NDArray[Any]:
    """Return a picture in ACEScct as the plate stores it."""
    as_float = plate_of(plate.size, sample=SampleType.FLOAT)
    linear = choose_encoding(as_float, "acescct").to_linear(picture, SampleType.FLOAT)
    return stored_frame(np.asarray(linear, np.float32), plate.storage)

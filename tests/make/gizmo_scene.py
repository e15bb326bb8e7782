# SPDX-License-Identifier: Apache-2.0
"""The committed gizmo on small synthetic plates and bakes, for the tests of its stock nodes."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nuke_proof.graph import Evaluation, Image, Scene, picture_from_rows, read_gizmo

GIZMO = read_gizmo((Path(__file__).parents[2] / "gizmos" / "PixMend.gizmo").read_text(encoding="ascii"))
RGB = ("rgba.red", "rgba.green", "rgba.blue")
SIZE = (40, 30)


class Disk(dict):
    """Pictures by path."""

    def exists(self, path):
        return path in self

    def read(self, path):
        return self[path]


def noisy_plate(*, corner=(0, 0), shape=(30, 40), seed=3):
    """Return a plate with other layers, as rows from the top: an alpha that is no mask, a depth, an id."""
    random = np.random.default_rng(seed)
    height, width = shape
    y, x = np.mgrid[:height, :width]
    base = 0.2 + 0.1 * np.sin(x / 9) + 0.05 * np.cos(y / 7)
    rows = {name: (base + 0.01 * random.standard_normal(shape)).astype(np.float16) for name in RGB}
    rows["rgba.alpha"] = np.full(shape, 0.25)
    rows["depth.Z"] = random.random(shape)
    return picture_from_rows(rows, size=SIZE, corner=corner)


@dataclass(frozen=True)
class Spot:
    """One pixel of a bake, x and y in pixel space: y down, 0 0 the top left of the display window."""

    x: int
    y: int
    bits: int = 7
    first: int = 1
    last: int = 10
    value: tuple[float, float, float] = (0.5, 0.25, 0.125)


def sparse(spots, columns, *, border=0):
    """Return a picture with a data window just round the spots; `columns(spot)` gives its R, G, B, A."""
    left, top = min(spot.x for spot in spots) - border, min(spot.y for spot in spots) - border
    width = max(spot.x for spot in spots) + 1 + border - left
    height = max(spot.y for spot in spots) + 1 + border - top
    rows = np.zeros((4, height, width), np.float32)
    for spot in spots:
        rows[:, spot.y - top, spot.x - left] = columns(spot)
    names = (*RGB, "rgba.alpha")
    return picture_from_rows(dict(zip(names, rows, strict=True)), size=SIZE, corner=(left, top))


def bake_of(spots, *, frames=range(1, 11)):
    """Return the disk with a bake of the spots: index, patches of some frames, marks."""
    disk = Disk({"/b/bake.json": None})
    disk["/b/index.exr"] = sparse(
        spots, lambda spot: (1 + spots.index(spot), spot.bits, spot.first, spot.last)
    )
    for frame in frames:
        now = [spot for spot in spots if spot.first <= frame <= spot.last]
        if now:
            disk[f"/b/patch.{frame:04d}.exr"] = sparse(now, lambda spot: (*spot.value, 1))
    for size in ("small", "medium", "large"):
        marks = sparse(spots, lambda _: (0.5, 0.25, 0, 0.5))
        for name, value in (("range.first", spots[0].first), ("range.last", spots[0].last)):
            marks.channels[name] = np.full(marks.box.shape, value, np.float32)
        disk[f"/b/marks_{size}.exr"] = marks
    return disk


@dataclass
class Gizmo:
    """The gizmo as it stands in a script."""

    plate: Image = field(default_factory=noisy_plate)
    disk: Disk = field(default_factory=Disk)
    mask: Image | None = None

    def render(self, *, frame=5, proxy=False, gui=True, blink=None, **knobs):
        inputs = {0: self.plate} | ({1: self.mask} if self.mask is not None else {})
        scene = Scene(
            inputs,
            self.disk,
            frame=frame,
            knobs={"bake": "/b"} | knobs,
            proxy=proxy,
            gui=gui,
            format=SIZE,
            blink=blink,
        )
        return Evaluation(GIZMO, scene).output()


def where_it_differs(a, b):
    """Return the pixels, as (x, y) in pixel space, and channels where two images differ by a bit."""
    assert a.box == b.box
    places = set()
    for name in a.channels:
        rows, columns = np.nonzero(a.channels[name].view(np.uint32) != b.channels[name].view(np.uint32))
        places |= {
            (int(x) + a.box.x, a.format[1] - 1 - (int(y) + a.box.y), name)
            for y, x in zip(rows, columns, strict=True)
        }
    return places


def same(a, b):
    """Say whether two images are one to the bit: channels, bounding box, format."""
    return a.channels.keys() == b.channels.keys() and a.format == b.format and not where_it_differs(a, b)

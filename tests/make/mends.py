# SPDX-License-Identifier: Apache-2.0
"""Noise as a plate, a fill that has learnt it, and recipes of mends of it."""

from functools import cache

import numpy as np

from pixmend.bake import Book, Recipes, Units, baked_pixels, curves_of_codes, curves_through
from pixmend.fill import Band, Graining, Learnt, defects_of_frame, grain_of, mend_frame, train_kriging
from pixmend.frames import Encoding
from pixmend.model import Channel, PlateInfo, Raster, SampleType
from pixmend.stats import train_scale
from tests.make.shots import LINEAR

WIDTH, HEIGHT = 96, 80
FRAME = 1001
CORNER = 12, 6
"""x and y of the plate's raster."""

__all__ = ["CORNER", "FRAME", "HEIGHT", "WIDTH", "Kitchen"]


class Kitchen:
    """All that is needed to mend a plate of a sample type, and to bake it; use `of`."""

    def __init__(self, sample: SampleType, channels: int) -> None:
        names = ("R", "G", "B") if channels == 3 else ("Y",)
        colour = tuple(Channel(name, sample) for name in names)
        raster = Raster(*CORNER, WIDTH, HEIGHT)
        self.plate = PlateInfo(raster, (WIDTH + 20, HEIGHT + 10), colour, names, "exr")
        self.encoding = LINEAR if sample.is_float else Encoding("cineon", "the tests' own")
        self.sample, self.units = sample, Units(sample)
        self.stored = [self._stored(seed, channels) for seed in range(3)]
        self.scale = train_scale(self.stored, sample=sample, codec=self.encoding)[1]
        values = [self.scale.forward(each) for each in self.stored]
        self.kriging = train_kriging(values)
        windows = np.lib.stride_tricks.sliding_window_view(values[0], (9, 9), axis=(1, 2))
        grain = grain_of(np.moveaxis(windows, 0, 2).reshape(-1, channels, 9, 9))
        graining = None if grain is None else Graining(grain, self.kriging, 7)
        self.learnt = Learnt(self.scale, self.kriging, graining=graining)
        self.curves = self._curves(channels)

    @staticmethod
    @cache
    def of(sample=SampleType.HALF, channels=3):
        """Return the one for a sample type; made once in a test run."""
        return Kitchen(sample, channels)

    def mend(self, defects, stored=None):
        """Mend defects in the first frame, or another picture."""
        stored = self.stored[0] if stored is None else stored
        found = defects_of_frame(defects, self.plate, radius_px=self.kriging.radius_px)
        bands = [Band(top, stored[top:stop]) for top, stop in found.rows]
        return mend_frame(FRAME, bands, found, plate=self.plate, learnt=self.learnt)

    def recipe(self, mend):
        """Return the recipe of a mend."""
        return Recipes(self.units, self.curves, (CORNER[1], CORNER[0])).of(mend)

    def control(self, defects, *recipes):
        """Return the control of recipes, and the index picture of the plate's raster."""
        pixels = baked_pixels(list(enumerate(defects, 1)), self.plate.colour, (FRAME, FRAME))
        book = Book(pixels)
        for each in recipes:
            book.add(each)
        index = np.zeros((HEIGHT, WIDTH, 4), np.float32)
        for number, (y, x) in enumerate(pixels, 1):
            index[y - CORNER[1], x - CORNER[0], 0] = number
        return book.control(self.plate.display, (FRAME, FRAME), self.curves), index

    def held(self, stored=None):
        """Return a picture as a compositor holds it, (H, W, 3)."""
        held = self.units.held(self.stored[0] if stored is None else stored)
        return np.broadcast_to(held, (HEIGHT, WIDTH, 3)).copy()

    def fixed(self, mend, stored=None):
        """Return what is to stand there after a mend, (H, W, 3), as a compositor holds it."""
        picture = (self.stored[0] if stored is None else stored).copy()
        patch = mend.patch
        place = patch.y - CORNER[1], patch.x - CORNER[0], patch.channel.astype(np.intp)
        picture[place] = self.sample.from_bits(patch.new)
        return self.held(picture)

    def _stored(self, seed, channels):
        random = np.random.default_rng(seed)
        noise = random.normal(0, 1, (HEIGHT, WIDTH, channels))
        steps = np.arange(WIDTH)[:, None] / 30 + np.arange(HEIGHT)[:, None, None] / 40
        light = 0.18 + 0.05 * np.sin(steps + seed) + 0.004 * noise
        return self.encoding.from_linear(light.astype(np.float32), self.sample)

    def _curves(self, channels):
        if not self.sample.is_float:
            return curves_of_codes(self.scale, self.units, channels)
        nodes = [self.scale.curve.nodes(each) for each in range(channels)]
        return curves_through(nodes[0][0].astype(np.float32), np.float32([value for _, value in nodes]))

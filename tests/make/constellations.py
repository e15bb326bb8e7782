# SPDX-License-Identifier: Apache-2.0
"""Maps of cameras that exist nowhere, and what shots show of them."""

import numpy as np

from pixmend.model import Defect, DefectMap, Kind, Raster, Sample

PLATE_4K = Raster(0, 0, 4096, 2160)
PLATE_HD = Raster(0, 0, 1920, 1080)


def scattered(count, seed, raster=PLATE_4K):
    """Return (count, 2) places anywhere on a raster."""
    random = np.random.default_rng(seed)
    low = (raster.x, raster.y)
    high = (raster.x + raster.width - 1, raster.y + raster.height - 1)
    return random.uniform(low, high, size=(count, 2))


def map_at(places, raster=PLATE_4K, **fields):
    """Return a map with a hot pixel at each place that the raster has."""
    known = {"kind": Kind.HOT, "samples": (Sample(0, 0, "R"),)} | fields
    points = np.rint(places).astype(int).tolist()
    inside = [each for each in points if raster is None or raster.contains(*each)]
    defects = (Defect(id=f"d{number:04d}", x=x, y=y, **known) for number, (x, y) in enumerate(inside, 1))
    return DefectMap(raster=raster, defects=tuple(defects))


def seen(places, seed, *, share=0.3, more=28, raster=PLATE_4K):
    """Return the map of a shot that has a share of the places, a little beside them, and others of its own."""
    random = np.random.default_rng([seed, 1])
    kept = places[random.random(len(places)) < share]
    kept = kept + random.uniform(-0.6, 0.6, size=kept.shape)
    return map_at(np.concatenate([kept, scattered(more, [seed, 2], raster)]), raster)

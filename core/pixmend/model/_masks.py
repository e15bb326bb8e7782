# SPDX-License-Identifier: Apache-2.0
"""Image masks <-> `DefectMap`: True is bad."""

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import MapError
from pixmend.model._defect import ANY_CHANNEL, Defect, Sample
from pixmend.model._kinds import Kind
from pixmend.model._map import DefectMap
from pixmend.model._plate import Raster

__all__ = ["map_from_mask", "mask_from_map"]

_TOUCHING = np.ones((3, 3), dtype=np.int8)  # pixels that share a corner are one group
_LARGEST_SHARE = 0.05  # a sensor with more is scrap: such a mask is inverted or another picture


def map_from_mask(raster: Raster, is_bad: NDArray[np.bool_], *, kind: Kind = Kind.HOT) -> DefectMap:
    """Return a map with one defect for each group of bad pixels that touch.

    Parameters
    ----------
    raster : Raster
        Where the mask lies in pixel space.
    is_bad : (H, W) bool ndarray
        True where a pixel is bad, in every colour channel and every frame.
    kind : Kind
        Of single pixels; groups of two and more are clusters.

    Raises
    ------
    MapError
        If more than 5 % of the mask is bad.
    ValueError
        If the mask is not of the raster's size.
    """
    if is_bad.shape != (raster.height, raster.width):
        raise ValueError(f"a mask of shape {is_bad.shape} is not of the raster {raster}")
    share = float(is_bad.mean()) if is_bad.size else 0.0
    if share > _LARGEST_SHARE and is_bad.sum() > _TOUCHING.size:
        raise MapError(
            f"the mask marks {share:.0%} of the raster as bad", hint="white is bad, black is sound: invert it"
        )
    from scipy import ndimage  # noqa: PLC0415 - 0.2 s of start-up that only masks should cost

    labels, _ = ndimage.label(is_bad, structure=_TOUCHING)
    ys, xs = np.nonzero(is_bad)
    groups: dict[int, list[tuple[int, int]]] = {}
    for group, x, y in zip(labels[ys, xs].tolist(), xs.tolist(), ys.tolist(), strict=True):
        groups.setdefault(group, []).append((raster.x + x, raster.y + y))
    return DefectMap(raster=raster, defects=()).added(_group(pixels, kind) for pixels in groups.values())


def mask_from_map(defect_map: DefectMap) -> tuple[Raster, NDArray[np.bool_]]:
    """Return the raster and a mask that is True at every pixel of a defect that is not rejected.

    Frames and channels are not kept: a pixel that is bad in one is bad in the mask.

    Raises
    ------
    MapError
        If the map's raster is unknown, or a pixel lies outside it.
    """
    raster = defect_map.raster
    if raster is None:
        raise MapError("the map does not say which raster it is for", hint="name it with --raster WxH")
    defect_map.check_inside()
    is_bad = np.zeros((raster.height, raster.width), dtype=np.bool_)
    for x, y in defect_map.pixels():
        is_bad[y - raster.y, x - raster.x] = True
    return raster, is_bad


def _group(pixels: list[tuple[int, int]], kind: Kind) -> Defect:
    """Make one defect of the pixels of a group; its centre is the one nearest to their mean."""
    places = np.array(pixels)
    distance = np.square(places - places.mean(axis=0)).sum(axis=1)
    centre_x, centre_y = pixels[int(distance.argmin())]
    return Defect(
        id="",
        x=centre_x,
        y=centre_y,
        kind=Kind.CLUSTER if len(pixels) > 1 else kind,
        samples=tuple(Sample(x - centre_x, y - centre_y, ANY_CHANNEL) for x, y in pixels),
    )

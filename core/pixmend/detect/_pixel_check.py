# SPDX-License-Identifier: Apache-2.0
"""Pooled fields of a pixel check -> the defects of the camera."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import erfc, sqrt
from typing import cast

import numpy as np

from pixmend.detect._defects import numbered
from pixmend.detect._field_pool import FieldPool
from pixmend.detect._field_sites import THRESHOLD_SIGMA, FieldSite, sites_of_field
from pixmend.detect._sites import MeanPicture
from pixmend.model import Defect, Evidence, Kind, Raster, Sample

__all__ = ["find_field_defects"]

_SAME_PX = 1
_AROUND_PX = 6
_RESPONDS = 0.3  # of the light that comes in; less is none, however the camera mixes its colours
_TRIALS_A_PIXEL, _EXPECTED = 12, 5.0


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """One field: how it looks, and what was found in it."""

    picture: MeanPicture
    sites: list[FieldSite]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """One place, as the dark and as the light show it; at least one does."""

    dark: FieldSite | None
    lit: FieldSite | None

    @property
    def main(self) -> FieldSite:
        """The view that tells most: the dark where it is bright there, else the light."""
        if self.dark is not None and (self.lit is None or self.dark.site.amplitude_sigma > 0):
            return self.dark
        return cast("FieldSite", self.lit)


def find_field_defects(
    dark: FieldPool | None,
    lit: FieldPool | None,
    *,
    raster: Raster,
    channels: tuple[str, ...],
    threshold_sigma: float = THRESHOLD_SIGMA,
) -> tuple[Defect, ...]:
    """Find a camera's defects in what it made of a lens cap and of a lit card.

    Parameters
    ----------
    dark, lit : FieldPool or None
        Frames of no light and of even light; one may be missing.

    Returns
    -------
    tuple of Defect
        In reading order, in pixel space, of every frame; ids ``d0001`` onward.

    Notes
    -----
    The light that a site answers with, from dark to lit, by what its surroundings
    answer, tells the kinds apart: next to none is stuck where it is bright in the dark,
    and dead where not. With one field, what is too dark is dead, and what varies less
    than light can is stuck.
    """
    fields = {
        name: _look(pool, threshold_sigma)
        for name, pool in (("dark", dark), ("lit", lit))
        if pool is not None
    }
    dark_field, lit_field = fields.get("dark"), fields.get("lit")
    joined = _joined(dark_field.sites if dark_field else [], lit_field.sites if lit_field else [])
    trials = _TRIALS_A_PIXEL * raster.width * raster.height
    defects = [
        replace(
            _to_defect(found, _kind(found, dark_field, lit_field), raster=raster, channels=channels),
            id=f"d{number:04d}",
            confidence=_confidence(found.main.site.score, trials),
        )
        for number, found in enumerate(joined, start=1)
    ]
    return numbered(defects)


def _look(pool: FieldPool, threshold_sigma: float) -> _Field:
    light = pool.light()
    picture = MeanPicture(light, pool.sigma(light))
    return _Field(picture, sites_of_field(pool, picture, threshold_sigma=threshold_sigma))


def _joined(dark: Iterable[FieldSite], lit: Iterable[FieldSite]) -> list[_Found]:
    """Pair what is at the same place in both fields; in reading order."""
    left = {(each.site.y, each.site.x): each for each in lit}
    reach = range(-_SAME_PX, _SAME_PX + 1)
    found = []
    for each in dark:
        near = ((each.site.y + dy, each.site.x + dx) for dy in reach for dx in reach)
        place = min((each for each in near if each in left), key=lambda at: _distance(at, each), default=None)
        found.append(_Found(each, left.pop(place) if place is not None else None))
    found.extend(_Found(None, each) for each in left.values())
    return sorted(found, key=lambda one: (one.main.site.y, one.main.site.x))


def _distance(place: tuple[int, int], found: FieldSite) -> int:
    return abs(place[0] - found.site.y) + abs(place[1] - found.site.x)


def _kind(found: _Found, dark: _Field | None, lit: _Field | None) -> Kind:
    main = found.main
    if dark is not None and lit is not None and _response(main, dark.picture, lit.picture) < _RESPONDS:
        is_bright = found.dark is not None and found.dark.site.amplitude_sigma > 0
        return Kind.STUCK if is_bright else Kind.DEAD
    if main.blinks:
        return Kind.BLINKING
    if main.site.amplitude_sigma < 0:
        return Kind.DEAD
    return Kind.STUCK if main.is_still and (dark is None or lit is None) else Kind.HOT


def _response(found: FieldSite, dark: MeanPicture, lit: MeanPicture) -> float:
    """Return by how much a site rises from dark to lit, relative to its surroundings."""
    site = found.site
    rows = slice(max(site.peak_y - _AROUND_PX, 0), site.peak_y + _AROUND_PX + 1)
    columns = slice(max(site.peak_x - _AROUND_PX, 0), site.peak_x + _AROUND_PX + 1)
    rise = lit.light[site.peak_channel, rows, columns] - dark.light[site.peak_channel, rows, columns]
    peak = (site.peak_channel, site.peak_y, site.peak_x)
    own = float(lit.light[peak]) - float(dark.light[peak])
    return own / max(float(np.median(rise)), 1e-6)


def _to_defect(found: _Found, kind: Kind, *, raster: Raster, channels: tuple[str, ...]) -> Defect:
    main = found.main
    site = main.site
    views = [each for each in (found.dark, found.lit) if each is not None]
    spoiled = {
        (int(dy) + each.site.y - site.y, int(dx) + each.site.x - site.x, int(channel))
        for each in views
        for channel, dy, dx in each.site.samples
    }
    return Defect(
        id="",
        x=site.x + raster.x,
        y=site.y + raster.y,
        kind=kind,
        samples=tuple(Sample(dx, dy, channels[channel]) for dy, dx, channel in sorted(spoiled)),
        amplitude_sigma=round(site.amplitude_sigma, 2),
        evidence=Evidence(
            score=round(abs(site.score), 2),
            frames_seen=sum(each.frames_seen for each in views),
            frames_expected=sum(each.frames for each in views),
            photosite_fit=round(min(max(site.likeness, 0.0), 1.0), 3),
            fluctuation=round(main.fluctuation, 3),
        ),
        note=f"seen in the {' and in the '.join(_names(found))}",
    )


def _names(found: _Found) -> list[str]:
    return [name for name, view in (("dark", found.dark), ("light", found.lit)) if view is not None]


def _confidence(score: float, trials: int) -> float:
    """Return how likely a score is a defect's, by how many pixels could have had it by chance."""
    return round(_EXPECTED / (_EXPECTED + trials * erfc(abs(score) / sqrt(2.0))), 4)

# SPDX-License-Identifier: Apache-2.0
"""The defect map: what a shot's or a camera's defects are, and its pure operations."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pixmend.errors import MapError
from pixmend.model._camera_footprint import CameraFootprint
from pixmend.model._defect import ANY_CHANNEL, Defect, Sample, Severity, Status
from pixmend.model._plate import PlateInfo, Raster
from pixmend.model._ranges import FrameRange

__all__ = ["DefectMap", "Source", "merge_maps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a map comes from."""

    sequence: str = ""
    frames: FrameRange | None = None
    camera: str = ""
    channels: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectMap:
    """Defects of one raster, in pixel space.

    Attributes
    ----------
    raster : Raster or None
        The raster that the coordinates belong to; None where an import does not
        know it, then each defect is checked against the plate by itself.
    shots : int
        How many shots it was voted from; 1 for the map of one shot.
    footprints : tuple of CameraFootprint
        What the camera's photosites look like, where it was learned; each place of a mosaic once.
    raster_extra, extra : mapping
        Fields of the file that this version does not know; kept on rewrite.
    """

    raster: Raster | None
    defects: tuple[Defect, ...]
    source: Source = field(default_factory=Source)
    made_by: Mapping[str, Any] = field(default_factory=dict)
    shots: int = 1
    footprints: tuple[CameraFootprint, ...] = ()
    raster_extra: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def wanted(self, *, only: Status | None = None) -> tuple[Defect, ...]:
        """Return the defects that are to be mended: all not rejected, or those of status `only`."""
        return tuple(
            each
            for each in self.defects
            if (each.status is not Status.REJECTED if only is None else each.status is only)
        )

    def to_mend(self, frame: int, *, only: Status | None = None) -> tuple[Defect, ...]:
        """Return the wanted defects that show in `frame`."""
        return tuple(each for each in self.wanted(only=only) if each.shows_in(frame))

    def edited(self, ids: Iterable[str], change: Callable[[Defect], Defect | None]) -> "DefectMap":
        """Return the map with `change` applied to the named defects; None removes one.

        Raises
        ------
        MapError
            If an id is not in the map.
        """
        wanted = set(ids)
        unknown = sorted(wanted - {each.id for each in self.defects})
        if unknown:
            raise MapError(
                f"no defect has the id {', '.join(unknown)}", hint="`pixmend map show` lists the ids"
            )
        changed = (change(each) if each.id in wanted else each for each in self.defects)
        return replace(self, defects=tuple(each for each in changed if each is not None))

    def added(self, defects: Iterable[Defect]) -> "DefectMap":
        """Return the map with more defects; an id that is taken gets the next free one."""
        kept = list(self.defects)
        taken = {each.id for each in kept}
        for each in defects:
            named = each if each.id and each.id not in taken else replace(each, id=_free_id(taken))
            taken.add(named.id)
            kept.append(named)
        return replace(self, defects=tuple(kept))

    def moved(self, dx: int, dy: int, *, raster: Raster | None = None, where: str = "") -> "DefectMap":
        """Return the map with every defect moved by (dx, dy) pixels, in the same or another raster.

        Raises
        ------
        MapError
            If a sample comes to lie outside the raster.
        """
        defects = tuple(replace(each, x=each.x + dx, y=each.y + dy) for each in self.defects)
        footprints = tuple(
            replace(each, x=(each.x + dx) % 2, y=(each.y + dy) % 2) for each in self.footprints
        )
        there = replace(self, defects=defects, footprints=footprints, raster=raster or self.raster)
        there.check_inside(where=where)
        return there

    def pixels(self) -> set[tuple[int, int]]:
        """Return every pixel (x, y) of a defect that is not rejected, whatever frame and channel."""
        return {
            (each.x + dx, each.y + dy)
            for each in self.defects
            if each.status is not Status.REJECTED
            for dx, dy, _ in each.samples
        }

    def check_inside(self, *, where: str = "") -> None:
        """Check that every sample lies in the map's own raster, where that is known.

        Raises
        ------
        MapError
            If one does not.
        """
        if self.raster is not None:
            for each in self.defects:
                _check_inside(each, self.raster, where)

    def check_fits(self, plate: PlateInfo, *, where: str = "") -> None:
        """Check that every defect can be found on a plate.

        Raises
        ------
        MapError
            If the map was made for another raster, a defect lies outside the
            plate's raster, or names a channel that the plate does not have.
        """
        if self.raster is not None and self.raster != plate.raster:
            raise MapError(
                f"the map is for a raster of {self.raster}, the plate has {plate.raster}",
                where=where,
                hint="use the map of this plate, or move it with `pixmend map edit --move`",
            )
        names = {each.name for each in plate.channels}
        for defect in self.defects:
            _check_defect_fits(defect, plate, names, where)


def _check_defect_fits(defect: Defect, plate: PlateInfo, names: set[str], where: str) -> None:
    _check_inside(defect, plate.raster, where)
    for _, _, channel in defect.samples:
        if channel not in names and channel != ANY_CHANNEL:
            raise MapError(
                f"defect {defect.id} names channel {channel!r}, the plate has {', '.join(sorted(names))}",
                where=where,
            )


def _check_inside(defect: Defect, raster: Raster, where: str) -> None:
    for dx, dy, _ in defect.samples:
        x, y = defect.x + dx, defect.y + dy
        if not raster.contains(x, y):
            raise MapError(
                f"defect {defect.id} has a sample at ({x}, {y}), outside the raster {raster}",
                where=where,
                hint=f"`pixmend map edit --remove {defect.id}` takes it out",
            )


def _free_id(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"d{number:04d}" in taken:
        number += 1
    return f"d{number:04d}"


def merge_maps(maps: Iterable[DefectMap]) -> DefectMap:
    """Join maps of one raster; defects at the same pixel become one.

    Frames and footprints are united; a person's decision beats a proposal, and
    of two decisions the later map's stands; the stronger measurement is kept with
    its kind, and the graver severity. All of this but contrary decisions and equally
    strong measurements is the same in any order of the maps; ids are not.

    Raises
    ------
    MapError
        If there is no map, or two have different rasters.
    """
    given = list(maps)
    if not given:
        raise MapError("there is no map to merge")
    rasters = sorted({each.raster for each in given if each.raster is not None}, key=str)
    if len(rasters) > 1:
        raise MapError(f"the maps are for different rasters: {', '.join(map(str, rasters))}")
    joined: dict[tuple[int, int], Defect] = {}
    for defect in (each for one in given for each in one.defects):
        place = (defect.x, defect.y)
        joined[place] = _join(joined[place], defect) if place in joined else defect
    first = given[0]
    base = replace(
        first,
        raster=rasters[0] if rasters else None,
        source=_join_sources(given),
        extra={name: value for each in reversed(given) for name, value in each.extra.items()},
        defects=(),
    )
    return base.added(joined.values())


def _join(first: Defect, second: Defect) -> Defect:
    stronger = second if abs(second.amplitude_sigma or 0.0) > abs(first.amplitude_sigma or 0.0) else first
    samples = tuple(sorted(set(first.samples) | set(second.samples), key=_sample_order))
    everywhere = first.frames is None or second.frames is None
    return replace(
        stronger,
        id=first.id,
        samples=samples,
        frames=None if everywhere else (first.frames or FrameRange(())) | (second.frames or FrameRange(())),
        status=first.status if second.status is Status.PROPOSED else second.status,
        severity=Severity.ISSUE if Severity.ISSUE in {first.severity, second.severity} else Severity.FYI,
        note="; ".join(dict.fromkeys(note for note in (first.note, second.note) if note)),
        extra={**first.extra, **second.extra},
    )


def _sample_order(sample: Sample) -> tuple[int, int, str]:
    return sample.dy, sample.dx, sample.channel


def _join_sources(maps: list[DefectMap]) -> Source:
    first = maps[0].source
    ranges = [each.source.frames for each in maps]
    known = [each for each in ranges if each is not None]
    union = (
        FrameRange(frame for each in known for frame in each) if known and len(known) == len(ranges) else None
    )
    same = len({each.source.sequence for each in maps}) == 1
    return replace(first, frames=union, sequence=first.sequence if same else "")

# SPDX-License-Identifier: Apache-2.0
"""What `bake` is about to do: which defects, in which frames, into which folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pixmend.bake import MANIFEST, BakedPixel, baked_pixels
from pixmend.errors import MapError, UnsupportedError
from pixmend.frames import Encoding, FileShot
from pixmend.model import Channel, Defect, DefectMap, FrameRange, Method, PlateInfo, SampleType, Status
from pixmend.pipeline._fix_plan import wanted_frames
from pixmend.publish import check_folder_free

__all__ = ["BakePlan", "BakeSettings", "plan_bake"]

_EVERY_FRAME = (-999_999, 999_999)
"""First and last frame of what no map and no shot limits."""

_RGB = ("R", "G", "B")


@dataclass(frozen=True, slots=True, kw_only=True)
class BakeSettings:
    """How a folder is to be baked.

    Attributes
    ----------
    encoding : Encoding or None
        What the shot's samples stand for; None without a shot.
    only : Status or None
        Narrows the defects.
    method : Method or None
        How defects are mended whose map does not say; None chooses by predicted error.
    patch : bool
        Whether a patch sequence is written, too.
    overwrite : bool
        Whether a baked folder may be replaced.
    """

    encoding: Encoding | None = None
    only: Status | None = None
    method: Method | None = None
    patch: bool = False
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class BakePlan:
    """What `bake` is about to do; nothing was written when it was made.

    Attributes
    ----------
    map_name, map_sha256 : str
        Of the map's file.
    target : Path
        The folder.
    plate : PlateInfo
        Of the shot, or what the map says of it.
    shot : FileShot or None
        None: the map is baked alone.
    frames : FrameRange or None
        That are baked; None: whatever frames there are.
    """

    defect_map: DefectMap
    map_name: str
    map_sha256: str
    target: Path
    settings: BakeSettings
    plate: PlateInfo
    shot: FileShot | None
    frames: FrameRange | None

    @property
    def span(self) -> tuple[int, int]:
        """First and last frame."""
        return _EVERY_FRAME if self.frames is None else (self.frames.frames[0], self.frames.frames[-1])

    @cached_property
    def defects(self) -> tuple[tuple[int, Defect], ...]:
        """The defects that are to be mended in any of the frames, with their numbers in the map, from 1."""
        wanted = {each.id for each in self.defect_map.wanted(only=self.settings.only)}
        return tuple(
            (number, each)
            for number, each in enumerate(self.defect_map.defects, 1)
            if each.id in wanted
            and (self.frames is None or each.frames is None or len(each.frames & self.frames))
        )

    @cached_property
    def pixels(self) -> dict[tuple[int, int], BakedPixel]:
        """The pixels that these defects spoil."""
        return baked_pixels(self.defects, self.plate.colour, self.span)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know: one sentence each."""
        data = {
            channel
            for _, defect in self.defects
            for _, _, channel in defect.pixels(self.plate.colour)
            if channel not in self.plate.colour
        }
        if not data:
            return ()
        return (f"what the map names in {', '.join(sorted(data))} is not baked: `pixmend fix` mends it",)


def plan_bake(
    shot: FileShot | None,
    defect_map: DefectMap,
    target: Path,
    settings: BakeSettings,
    *,
    map_file: tuple[str, str],
    frames: FrameRange | None = None,
) -> BakePlan:
    """Check everything that can be checked before a frame is touched.

    `map_file` is the name of the map's file, and its sha256.

    Raises
    ------
    MapError
        If the map does not fit the plate, names no defect that is to be mended, or, alone, does not
        say what it is for.
    MissingFrameError, UnsupportedError
        If a frame is missing, or the plate is none that a compositor's node can mend.
    UsageError
        If the folder exists.
    """
    check_folder_free(target, mark=MANIFEST, overwrite=settings.overwrite)
    if shot is None:
        plate = _plate_of(defect_map, map_file[0])
    else:
        plate = shot.plate
        defect_map.check_fits(plate, where=map_file[0])
        frames = wanted_frames(shot, frames)
        _check_colour(plate.colour, shot.label)
    plan = BakePlan(
        defect_map=defect_map,
        map_name=map_file[0],
        map_sha256=map_file[1],
        target=target,
        settings=settings,
        plate=plate,
        shot=shot,
        frames=frames,
    )
    if not plan.pixels:
        raise MapError(
            "the map names no defect that is to be mended in these frames",
            where=plan.map_name,
            hint="`pixmend map show` lists them, with their status and frames",
        )
    return plan


def _plate_of(defect_map: DefectMap, where: str) -> PlateInfo:
    """Return what a map says of its plate."""
    raster = defect_map.raster
    if raster is None or (raster.x, raster.y) != (0, 0):
        raise MapError(
            "the map does not say how large the display window is" if raster else "the map names no raster",
            where=where,
            hint="name the SHOT, too",
        )
    named = defect_map.source.channels
    colour = named if len(named) in {1, len(_RGB)} else _RGB
    channels = tuple(Channel(name, SampleType.HALF) for name in colour)
    return PlateInfo(raster, (raster.width, raster.height), channels, colour, "map")


def _check_colour(colour: Sequence[str], where: str) -> None:
    if len(colour) not in {1, len(_RGB)}:
        raise UnsupportedError(
            f"a picture of {len(colour)} channels cannot be baked", where=where, hint="bake R, G and B"
        )

# SPDX-License-Identifier: Apache-2.0
"""What tells the work on one frame from other work on it, so that a second run knows what is done."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import xxhash

from pixmend.formats import ReadOptions
from pixmend.frames import Encoding
from pixmend.model import CameraFootprint, Defect, FrameRange, Method, PlateInfo, Status

__all__ = ["FixSettings", "Jobs"]

_METHOD = 5
"""Of filling; to be raised with every change after which `fix` writes other samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSettings:
    """How frames are to be mended and written.

    Attributes
    ----------
    encoding : Encoding
        What the samples stand for.
    only : Status or None
        Narrows the defects.
    method : Method or None
        How defects are mended whose map does not say; None chooses by predicted error.
    audit : bool
        Whether repairs are tried first, and those that would show are made another way or refused.
    exact : bool
        Store what a lossy codec would change as it is.
    hashes : tuple of str
        More hashes for the ledgers and the checksum lists: of `seal.ALGORITHMS`.
    mhl : bool
        Whether an ASC MHL generation is written for the frames.
    overwrite : bool
        Whether outputs that exist may be replaced.
    in_place : bool
        Whether the frames themselves are mended.
    """

    encoding: Encoding
    only: Status | None = None
    method: Method | None = None
    audit: bool = False
    exact: bool = False
    hashes: tuple[str, ...] = ()
    mhl: bool = False
    overwrite: bool = False
    in_place: bool = False


class Jobs:
    """Names the work on each frame: the same defects, settings and method give the same name.

    From which frames is learned is a part of it, so that frames of a shot that was cut
    short are not taken for those of the whole. What is learned from them is none: a map
    to which a defect of one frame is added asks for that frame alone to be mended again.

    Parameters
    ----------
    settings : FixSettings
    options : ReadOptions
        How the frames are read.
    plate : PlateInfo
    learns_from : FrameRange
        The frames that the fill is trained on.
    footprints : sequence of CameraFootprint
        That the map brings along.
    """

    def __init__(
        self,
        settings: FixSettings,
        options: ReadOptions,
        plate: PlateInfo,
        learns_from: FrameRange,
        footprints: Sequence[CameraFootprint] = (),
    ) -> None:
        self._settings = settings
        self._learns_from = learns_from
        self._footprints = tuple(footprints)
        self._options = options
        self._plate = plate
        self._known: dict[tuple[str, ...], str] = {}

    def name(self, defects: Sequence[Defect]) -> str:
        """Return the name of mending these defects, all of one map, in a frame."""
        ids = tuple(each.id for each in defects)
        if ids not in self._known:  # as a rule all frames of a shot have the same
            self._known[ids] = self._find_name(defects)
        return self._known[ids]

    def _find_name(self, defects: Sequence[Defect]) -> str:
        said = {
            "method": _METHOD,
            "encoding": self._settings.encoding.name,
            "audit": self._settings.audit,
            "exact": self._settings.exact,
            "read": asdict(self._options),
            "learns_from": str(self._learns_from),
            **({"footprints": [asdict(each) for each in self._footprints]} if self._footprints else {}),
            "defects": sorted(
                [each.x, each.y, each.method or self._settings.method or "", each.pixels(self._plate.colour)]
                for each in defects
            ),
        }
        return f"xxh128:{xxhash.xxh3_128_hexdigest(json.dumps(said, sort_keys=True).encode())}"

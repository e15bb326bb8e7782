# SPDX-License-Identifier: Apache-2.0
"""Whether statistics that were kept are those of this very shot."""

from collections import Counter

from pixmend.errors import MissingFrameError, UsageError
from pixmend.frames import Encoding, FrameSource
from pixmend.pipeline._flash import hit_finder
from pixmend.stats import Hits, ShotStatistics, SigmaScale

__all__ = ["check_statistics_are_of"]

_SAME_SHARE = 0.5  # of a frame's hits; another decoder, or a mended defect, moves a few


def check_statistics_are_of(statistics: ShotStatistics, shot: FrameSource, encoding: Encoding) -> None:
    """Check that kept statistics are those of `shot`, before its frames are asked what these suspect.

    The frame that has the most hits is searched again: a frame's noise is its signature.

    Raises
    ------
    UsageError
        If rasters, channels or what stands out of that frame differ.
    FrameError
        If a frame that was measured is not there, or that one cannot be read.
    """
    model, plate = statistics.model, shot.plate
    problem = UsageError(
        "the statistics are of another shot", where=shot.label, hint="name the SHOT that they were made from"
    )
    if (plate.raster, plate.colour) != (model.raster, model.channels):
        raise problem
    if any(plate.sample_type(name) != model.sample for name in plate.colour):
        raise problem
    measured = statistics.frames | statistics.watched
    missing = measured - shot.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} of the statistics are missing",
            where=shot.label,
            hint=f"there are frames {shot.frames}",
        )
    hits = Counter(statistics.hits.table["frame"].tolist())
    if not hits:  # nothing to tell by: the cleanest of pictures
        return
    frame = min(hits, key=lambda each: (-hits[each], each))
    scale = SigmaScale(encoding, model.sample, model.noise)
    again = hit_finder(model, scale).find(shot.read(frame), frame)
    known = _places(statistics.hits, frame)
    if len(known & _places(again, frame)) < _SAME_SHARE * len(known):
        raise problem


def _places(hits: Hits, frame: int) -> set[tuple[int, int]]:
    """Return where (y, x) the hits of a frame are."""
    table = hits.table[hits.table["frame"] == frame]
    return set(zip(table["y"].tolist(), table["x"].tolist(), strict=True))

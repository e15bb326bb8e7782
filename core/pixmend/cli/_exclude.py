# SPDX-License-Identifier: Apache-2.0
"""``--exclude``: the parts of a raster that are not searched."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from pixmend.errors import FrameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pixmend.model import Raster

__all__ = ["add_exclude_option", "read_excluded"]

_RECTANGLE = re.compile(r"(-?\d{1,6}),(-?\d{1,6}),([1-9]\d{0,5}),([1-9]\d{0,5})", re.ASCII)
_MASKS = {".exr", ".tif", ".tiff", ".png"}


def add_exclude_option(parser: ArgumentParser) -> None:
    """Add ``--exclude``."""
    parser.add_argument(
        "--exclude",
        metavar="X,Y,W,H|MASK",
        type=_rectangle_or_mask,
        action="append",
        default=[],
        help="do not search this rectangle, in pixels of the display window, or where this picture "
        "(EXR, TIFF, PNG) is white; may be repeated",
    )


def read_excluded(given: "Sequence[Raster | Path]", raster: "Raster") -> "NDArray[np.bool_] | None":
    """Return which pixels of a plate are not searched, (H, W); None where nothing is excluded.

    Parameters
    ----------
    given : sequence of Raster or Path
        Rectangles in pixel space, and masks; a mask must cover the plate.
    raster : Raster
        The plate's.

    Raises
    ------
    UsageError
        If a rectangle lies outside the plate, a mask cannot be read or is for another
        raster, or nothing is left to search.
    """
    import numpy as np

    if not given:
        return None
    excluded = np.zeros((raster.height, raster.width), np.bool_)
    for each in given:
        excluded |= _read_mask(each, raster) if isinstance(each, Path) else _filled(each, raster)
    if excluded.all():
        raise UsageError(
            "nothing is left to search", where="--exclude", hint="exclude less than the whole plate"
        )
    return excluded


def _rectangle_or_mask(text: str) -> "Raster | Path":
    from pixmend.model import Raster

    numbers = _RECTANGLE.fullmatch(text)
    if numbers is not None:
        return Raster(*map(int, numbers.groups()))
    if Path(text).suffix.lower() in _MASKS:
        return Path(text)
    raise ArgumentTypeError(
        f"{text!r} is neither a rectangle like 40,980,600,80 nor an EXR, TIFF or PNG mask"
    )


def _filled(rectangle: "Raster", raster: "Raster") -> "NDArray[np.bool_]":
    import numpy as np

    inside = np.zeros((raster.height, raster.width), np.bool_)
    top, left = rectangle.y - raster.y, rectangle.x - raster.x
    inside[max(top, 0) : max(top + rectangle.height, 0), max(left, 0) : max(left + rectangle.width, 0)] = True
    if not inside.any():
        raise UsageError(
            f"the rectangle {rectangle} lies outside the plate, which is {raster}",
            where="--exclude",
            hint="x and y count from the top-left pixel of the display window",
        )
    return inside


def _read_mask(path: Path, raster: "Raster") -> "NDArray[np.bool_]":
    from pixmend.frames import read_mask

    try:
        found, is_white = read_mask(path)
    except FrameError as exc:
        raise UsageError(f"this mask cannot be used: {exc.what}", where=str(path), hint=exc.hint) from exc
    top, left = raster.y - found.y, raster.x - found.x
    if top < 0 or left < 0 or top + raster.height > found.height or left + raster.width > found.width:
        raise UsageError(
            f"the mask has a raster of {found}, the plate one of {raster}",
            where=str(path),
            hint="draw the mask on a frame of this shot",
        )
    if is_white.all():
        raise UsageError(
            "the mask is white all over", where=str(path), hint="white is not searched: invert it"
        )
    return is_white[top : top + raster.height, left : left + raster.width]

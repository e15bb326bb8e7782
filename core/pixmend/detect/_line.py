# SPDX-License-Identifier: Apache-2.0
"""A bad column or row, and the picture that it is found in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.detect._line_fit import LineFit, LineProfile
from pixmend.detect._line_scores import LineView

__all__ = ["Line", "LinePicture"]


@dataclass(frozen=True, slots=True, eq=False)
class LinePicture:
    """The two views that lines are found in, and the picture that they are measured in.

    Attributes
    ----------
    views : tuple of LineView
        The clipped excess of all frames, and the whitened mean picture.
    light, sigma : (C, H, W) float ndarray
        Mean over time in linear light, and one frame's noise there.
    is_still : bool
        Nothing moves: the scene's own lines are fixed too.
    has_mosaic : bool
        The plate was not resized: photosites are pixels.
    slides : (bool, bool)
        The picture moves along its columns, along its rows, and not across them: those of the scene
        stay where they are, as in a level pan those of houses do.
    """

    views: tuple[LineView, LineView]
    light: NDArray[np.floating]
    sigma: NDArray[np.floating]
    is_still: bool
    has_mosaic: bool = True
    slides: tuple[bool, bool] = (False, False)

    @property
    def may_be_resized(self) -> bool:
        """Whether a column may lie between pixels; where nothing moves the scene's own lines look so."""
        return not self.has_mosaic and not self.is_still

    def transposed(self) -> "LinePicture":
        """Return the picture whose columns are this one's rows."""
        pooled, meant = (view.transposed() for view in self.views)
        light, sigma = (each.swapaxes(1, 2) for each in (self.light, self.sigma))
        return LinePicture((pooled, meant), light, sigma, self.is_still, self.has_mosaic, self.slides[::-1])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line:
    """A bad column or row, or two or three joined ones.

    Attributes
    ----------
    is_row : bool
    first, stop : int
        Where along the line it begins, and the place after its end; array positions.
    across : tuple of int
        Its columns (or rows), array positions, sorted.
    middle : int
        Column (or row) that `fit` and `profile` are about.
    score : float
        In standard deviations; negative where it is too dark.
    profile : LineProfile
    fit : LineFit
    """

    is_row: bool
    first: int
    stop: int
    across: tuple[int, ...]
    middle: int
    score: float
    profile: LineProfile
    fit: LineFit

    @property
    def length(self) -> int:
        """Photosites along it."""
        return self.stop - self.first

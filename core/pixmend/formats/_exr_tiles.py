# SPDX-License-Identifier: Apache-2.0
"""OpenEXR: the tiles of a part, and the levels of resolution that it holds. Pure."""

from dataclasses import dataclass

__all__ = ["ExrTiles"]

_ONE_LEVEL, _MIPMAP, _RIPMAP = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ExrTiles:
    """How a part is cut into tiles.

    Attributes
    ----------
    width, height : int
        Of a tile; at the right and the bottom they are cut off.
    mode : int
        0: full resolution only. 1: levels of half the size down to one pixel. 2: such levels
        in each direction apart.
    rounds_up : bool
        Whether half of an odd size is rounded up.

    Raises
    ------
    ValueError
        If a tile is empty, or the mode is not known.
    """

    width: int
    height: int
    mode: int
    rounds_up: bool

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not _ONE_LEVEL <= self.mode <= _RIPMAP:
            raise ValueError(f"its tiles of {self.width}x{self.height} pixels, mode {self.mode}, cannot be")

    @property
    def has_levels(self) -> bool:
        """True where the part holds smaller pictures of itself."""
        return self.mode != _ONE_LEVEL

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """Return the columns and rows of tiles of a picture of this size."""
        return -(-width // self.width), -(-height // self.height)

    def chunk_count(self, width: int, height: int) -> int:
        """Return the tiles of all levels of a part whose data window has this size."""
        widths, heights = self._halved(width), self._halved(height)
        if self.mode == _ONE_LEVEL:
            levels = [(width, height)]
        elif self.mode == _MIPMAP:
            last = max(len(widths), len(heights))
            padded = (sizes + [1] * (last - len(sizes)) for sizes in (widths, heights))
            levels = list(zip(*padded, strict=True))
        else:
            levels = [(across, down) for down in heights for across in widths]
        grids = (self.grid(*level) for level in levels)
        return sum(columns * rows for columns, rows in grids)

    def _halved(self, size: int) -> list[int]:
        """Return a size and its halves, down to 1."""
        sizes = [size]
        while sizes[-1] > 1:
            sizes.append((sizes[-1] + self.rounds_up) // 2)
        return sizes

# SPDX-License-Identifier: Apache-2.0
"""What a file does not say of itself, and its user must."""

from dataclasses import dataclass

__all__ = ["ReadOptions"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are to be read; the defaults are what the files themselves say.

    Attributes
    ----------
    part : str or None
        Name or number of a part of a multi-part EXR; None is the first flat one with a picture.
    layer : str or None
        The layer or view (what stands before the last dot of a channel's name) whose R,
        G, B or Y are the picture; None is the one without a name, else the first that has one.
    low_first : bool or None
        Whether a filled 10-bit word of a DPX of one component holds its first sample in
        its lowest bits; None is what the file's creator is known to do.
    """

    part: str | None = None
    layer: str | None = None
    low_first: bool | None = None

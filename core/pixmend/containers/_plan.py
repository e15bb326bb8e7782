# SPDX-License-Identifier: Apache-2.0
"""What a patch does to the bytes of one file. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixmend.containers._edits import ByteEdit
from pixmend.model import Patch

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a patch does to the bytes of one file.

    Attributes
    ----------
    edits : tuple of ByteEdit
        Ordered, without overlap; empty where no sample changes its bits.
    stored : Patch
        The samples that were asked for, with the bits that the file will hold: those
        asked for, where the codec can hold them.
    collateral : Patch
        Other samples that a lossy codec moves with them, old and new; else empty.
    units : mapping of int to bytes
        The units in which the samples lie, unpacked, as the mended file will hold them;
        by the keys of `Container.units`.
    decoded : mapping of int to bytes
        Packed units of lossy codecs that the library already unpacked to those of `units`.
    """

    edits: tuple[ByteEdit, ...]
    stored: Patch
    collateral: Patch
    units: Mapping[int, bytes]
    decoded: Mapping[int, bytes] = field(default_factory=dict)

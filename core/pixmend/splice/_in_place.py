# SPDX-License-Identifier: Apache-2.0
"""What DPX and plain TIFF share: samples lie openly in the file, and are replaced where they lie."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import ByteSource, DatumPlace
from pixmend.model import Patch
from pixmend.splice._edits import ByteEdit
from pixmend.splice._places import edits_at, patched_runs_at, read_at, runs_at

__all__ = ["InPlace"]


class InPlace(ABC):
    """The part of a `Container` that follows from where its samples lie."""

    _source: ByteSource

    @abstractmethod
    def _places(self, patch: Patch) -> list[DatumPlace]:
        """Return where in the file each sample of a patch lies."""

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are."""
        return read_at(self._source, self._places(patch))

    def edits_for(self, patch: Patch) -> list[ByteEdit]:
        """Return the edits of the bytes that differ."""
        return edits_at(self._source, self._places(patch), patch.new)

    def touched(self, patch: Patch) -> dict[int, bytes]:
        """Return the bytes in which the patch's samples lie."""
        return runs_at(self._source, self._places(patch))

    def patched(self, patch: Patch) -> dict[int, bytes]:
        """Return the same bytes as they are meant to be afterwards."""
        return patched_runs_at(self._source, self._places(patch), patch.new)

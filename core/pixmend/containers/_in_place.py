# SPDX-License-Identifier: Apache-2.0
"""What DPX and plain TIFF share: samples lie openly in the file, and are replaced where they lie."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from pixmend.containers._places import hold_runs, read_at
from pixmend.containers._plan import Plan
from pixmend.formats import ByteSource, DatumPlaces
from pixmend.model import Patch

__all__ = ["InPlace"]


class InPlace(ABC):
    """The part of a `Container` that follows from where its samples lie."""

    _source: ByteSource
    notices: tuple[str, ...] = ()

    @abstractmethod
    def _places(self, patch: Patch) -> DatumPlaces:
        """Return where in the file each sample of a patch lies."""

    def read_bits(self, patch: Patch) -> NDArray[np.uint32]:
        """Return what the file holds where the patch's samples are."""
        return read_at(self._source, self._places(patch))

    def plan(self, patch: Patch) -> Plan:
        """Return the edits of the bytes that differ; nothing else ever moves."""
        held = hold_runs(self._source, self._places(patch))
        mended = held.with_values(patch.new)
        nothing = Patch.empty(patch.frame, patch.channels)
        return Plan(tuple(held.edits_to(mended)), patch, nothing, mended.runs())

    def units(self, patch: Patch) -> dict[int, bytes]:
        """Return the bytes in which the patch's samples lie, by their offset."""
        return hold_runs(self._source, self._places(patch)).runs()

    def holds(self, plan: Plan) -> bool:
        """Tell whether the file has the bytes that a plan promised."""
        return self.units(plan.stored) == plan.units

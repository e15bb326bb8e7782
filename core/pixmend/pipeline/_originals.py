# SPDX-License-Identifier: Apache-2.0
"""A shot as it was before anything was mended in place, whatever of it is mended by now.

What is learned from frames must not depend on how far a run has come, or on who else
works on the same shot: so the samples that ledgers have replaced are put back.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import ProofError
from pixmend.frames import FileShot
from pixmend.model import Patch, PlateInfo
from pixmend.pipeline._view import ShotView
from pixmend.splice import Ledger, ledger_path, read_ledger

__all__ = ["OriginalShot"]


class OriginalShot(ShotView):
    """A `FrameSource` of the colour samples that frames had before they were mended in place.

    Parameters
    ----------
    shot : FileShot
    """

    def __init__(self, shot: FileShot) -> None:
        super().__init__(shot)
        self._files = shot

    def read_bands(
        self, frame: int, bands: Sequence[tuple[int, int]], *, channels: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Read as `FrameSource.read_bands`."""
        found = self._shot.read_bands(frame, bands, channels=channels)
        # After the samples: a frame that is mended meanwhile has its ledger before it is touched.
        ledger = self._ledger_of(frame)
        if ledger is None:
            return found
        names = self.plate.colour if channels is None else tuple(channels)
        return _put_back(found, bands, ledger, self.plate, names)

    def _ledger_of(self, frame: int) -> Ledger | None:
        record = ledger_path(self._files.path(frame))
        try:
            ledger = read_ledger(record) if record.exists() else None
        except ProofError:
            return None
        return ledger if ledger is not None and ledger.in_place else None


def _put_back(
    found: list[NDArray[Any]],
    bands: Sequence[tuple[int, int]],
    ledger: Ledger,
    plate: PlateInfo,
    names: Sequence[str],
) -> list[NDArray[Any]]:
    """Return bands with the samples that a ledger replaced; as they are if it is of another file."""
    restored = []
    for band, (first, stop) in zip(found, bands, strict=True):
        copy = band.copy()
        for patch in (ledger.patch, ledger.collateral):
            number = np.array(
                [names.index(each.name) if each.name in names else -1 for each in patch.channels], np.intp
            )
            channel = number[patch.channel] if len(patch) else np.zeros(0, np.intp)
            y, x = patch.y - plate.raster.y, patch.x - plate.raster.x
            mine = (channel >= 0) & (y >= first) & (y < stop)
            if not _write(copy, (y[mine] - first, x[mine], channel[mine]), patch, mine):
                return found
        restored.append(copy)
    return restored


def _write(
    samples: NDArray[Any], places: tuple[NDArray[Any], ...], patch: Patch, mine: NDArray[np.bool_]
) -> bool:
    """Write a patch's old samples in place; False where something else stands there."""
    if not mine.any():
        return True
    sample = patch.channels[int(patch.channel[mine][0])].sample
    stored, old, new = sample.to_bits(samples[places]), patch.old[mine], patch.new[mine]
    if not ((stored == old) | (stored == new)).all():
        return False
    samples[places] = sample.from_bits(old)
    return True

# SPDX-License-Identifier: Apache-2.0
"""The shots of a sequence, found by its own cuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from pixmend.errors import FrameError
from pixmend.frames import Encoding, FrameSource
from pixmend.model import FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress, Silent
from pixmend.stats import find_cuts, frames_to_compare, sign_frame, signature_rows

__all__ = ["CutShot", "find_shots"]


@dataclass(frozen=True, slots=True)
class CutShot:
    """A shot between two cuts.

    Attributes
    ----------
    frames : FrameRange
    mixed : FrameRange
        Those of them that show the shot before or after too: a dissolve.
    """

    frames: FrameRange
    mixed: FrameRange


def find_shots(
    source: FrameSource,
    encoding: Encoding,
    *,
    frames: FrameRange | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[CutShot, ...]:
    """Find where the cuts of a sequence are.

    Few rows are read, of every third frame and of those around a change: a small part of
    what decoding costs. A frame that cannot be read says nothing of cuts.

    Parameters
    ----------
    frames : FrameRange, optional
        Only these are wanted; cuts are looked for in all that exist between the first and
        the last of them.

    Returns
    -------
    tuple of CutShot
        Each shot with those of its frames that exist and are wanted, in order; at least one.

    Raises
    ------
    FrameError
        If no frame can be read.
    """
    wanted = source.frames if frames is None else frames & source.frames
    if len(wanted) < 2:
        return (CutShot(wanted, FrameRange(())),)
    first, last = wanted.frames[0], wanted.frames[-1]
    numbers = [number for number in source.frames if first <= number <= last]
    signer = _Signer(source, encoding, numbers, workers=workers, progress=progress or Silent())
    signer.sign("looking for cuts", frames_to_compare(len(numbers)))
    signer.sign("looking closer at cuts", frames_to_compare(len(numbers), *signer.known()))
    cuts = find_cuts(len(numbers), *signer.known())
    mixed = FrameRange(numbers[index] for index in chain.from_iterable(each.mixed for each in cuts))
    ends = [0, *(each.index for each in cuts), len(numbers)]
    shots = (wanted & FrameRange(numbers[begin:end]) for begin, end in pairwise(ends))
    return tuple(CutShot(each, each & mixed) for each in shots if len(each))


class _Signer:
    """Signatures of the frames of a sequence, by their index in it."""

    def __init__(
        self,
        source: FrameSource,
        encoding: Encoding,
        numbers: Sequence[int],
        *,
        workers: int,
        progress: Progress,
    ) -> None:
        self._source, self._encoding, self._numbers = source, encoding, numbers
        self._workers, self._progress = workers, progress
        self._signatures: dict[int, NDArray[np.float16]] = {}

    def sign(self, stage: str, indices: Sequence[int]) -> None:
        """Read the signatures of some frames; FrameError if none is known in the end."""
        if not indices:
            return
        self._progress.start(stage, len(indices))
        failure: FrameError | None = None
        read = frames_at_once(self._signature, indices, workers=self._workers)
        for index, found in zip(indices, read, strict=True):
            if isinstance(found, FrameError):
                failure = failure or found
            else:
                self._signatures[index] = found
            self._progress.advance()
        if failure is not None and not self._signatures:
            raise failure

    def known(self) -> tuple[list[int], NDArray[np.float16]]:
        """Return which frames have a signature, ascending, and the signatures."""
        indices = sorted(self._signatures)
        return indices, np.stack([self._signatures[index] for index in indices])

    def _signature(self, index: int) -> NDArray[np.float16] | FrameError:
        plate = self._source.plate
        sample = plate.sample_type(plate.colour[0])
        try:
            bands = self._source.read_bands(self._numbers[index], signature_rows(plate.raster.height))
        except FrameError as exc:
            return exc
        return sign_frame([self._encoding.to_linear(band, sample) for band in bands])

# SPDX-License-Identifier: Apache-2.0
"""Mended files -> proof: nothing else changed, the way back works, the defects are gone."""

from dataclasses import dataclass

from pixmend.detect import defects_left
from pixmend.errors import MissingFrameError, PixError
from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap, FrameRange, Status
from pixmend.pipeline._detect import Sampling, detect
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.progress import Progress, Silent
from pixmend.proof import FrameProof, prove_frame
from pixmend.splice import ledger_path, read_ledger

__all__ = ["Verification", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was proved.

    Attributes
    ----------
    proofs : tuple of FrameProof
        One a frame.
    defects_left : tuple of Defect or None
        Mended defects that still show; None where there was no map to look for.
    """

    proofs: tuple[FrameProof, ...]
    defects_left: tuple[Defect, ...] | None

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence each; empty where all is proved."""
        left = (f"defect {each.id} at ({each.x}, {each.y}) still shows" for each in self.defects_left or ())
        return (*(problem for proof in self.proofs for problem in proof.problems), *left)

    def total(self, name: str) -> int | None:
        """Return the sum of a number over all frames; None where a frame does not know it."""
        numbers: list[int | None] = [getattr(proof, name) for proof in self.proofs]
        known = [number for number in numbers if number is not None]
        return sum(known) if len(known) == len(numbers) else None


def verify(
    mended: FileShot,
    *,
    source: FileShot | None = None,
    defect_map: DefectMap | None = None,
    encoding: Encoding | None = None,
    frames: FrameRange | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Verification:
    """Prove every mended frame, and look whether the map's defects are gone.

    `encoding` is needed only to look for the defects of `defect_map`.

    What is wrong with a frame is a problem in the result, so that one bad frame does
    not hide the state of the others.

    Raises
    ------
    MissingFrameError
        If a frame that was asked for was never mended.
    FrameError
        If the mended frames cannot be read where defects are looked for.
    ValueError
        If there is a map and no encoding.
    """
    says = progress or Silent()
    wanted = mended.frames if frames is None else frames
    missing = wanted - mended.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=mended.label, hint=f"there are frames {mended.frames}"
        )

    def prove(frame: int) -> FrameProof:
        try:
            fixed = mended.path(frame)
            return prove_frame(
                fixed, read_ledger(ledger_path(fixed)), None if source is None else source.path(frame)
            )
        except PixError as exc:
            return FrameProof(frame=frame, problems=(str(exc),))

    says.start("proving frames", len(wanted))
    proofs = []
    for proof in frames_at_once(prove, wanted, workers=workers):
        proofs.append(proof)
        says.advance()
    left = None
    if defect_map is not None:
        left = _still_there(mended, defect_map, encoding, wanted, workers=workers, progress=says)
    return Verification(tuple(proofs), left)


def _still_there(
    mended: FileShot,
    defect_map: DefectMap,
    encoding: Encoding | None,
    frames: FrameRange,
    *,
    workers: int,
    progress: Progress,
) -> tuple[Defect, ...]:
    """Measure the mended frames as `detect` does, and ask at the places of the map alone."""
    if encoding is None:
        raise ValueError("defects can only be looked for where the encoding is known")
    defect_map.check_fits(mended.plate)
    sampling = Sampling(frames=frames)
    found = detect(mended, encoding, sampling=sampling, workers=workers, progress=progress).defect_map
    wanted = defect_map.wanted(only=_only_mended(mended, frames))
    shown = [each for each in wanted if any(each.shows_in(frame) for frame in frames)]
    return defects_left(shown, found=found.defects)


def _only_mended(mended: FileShot, frames: FrameRange) -> Status | None:
    """Return the status that `fix --only` named, as the ledgers tell; None where it named none."""
    for frame in frames:
        try:
            only = read_ledger(ledger_path(mended.path(frame))).notes.get("only")
        except PixError:  # a problem that the proofs tell
            continue
        return Status(only) if only in set(Status) else None
    return None

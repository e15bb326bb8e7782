# SPDX-License-Identifier: Apache-2.0
"""Mended files -> proof: nothing else changed, the way back works, the defects are gone."""

from collections import Counter
from dataclasses import dataclass

from pixmend.audit import AuditScore
from pixmend.detect import defects_left
from pixmend.errors import MissingFrameError, PixError
from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap, FrameRange, Method, Status
from pixmend.pipeline._audit import AUDIT_FRAMES, audit_repairs, frames_to_audit
from pixmend.pipeline._detect import Sampling, detect
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._training import read_training_rows
from pixmend.progress import Progress, Silent
from pixmend.proof import FrameProof, prove_frame
from pixmend.splice import Ledger, ledger_path, read_ledger
from pixmend.stats import train_scale

__all__ = ["AuditedRepair", "Verification", "look_at_repairs", "prove_frames", "verify"]


@dataclass(frozen=True, slots=True)
class AuditedRepair:
    """How far one repair stands out.

    Attributes
    ----------
    defect : Defect
    method : Method or None
        How it was mended in most frames, as the ledgers say; None where it was left as it was,
        or they do not say.
    score : AuditScore
    """

    defect: Defect
    method: Method | None
    score: AuditScore


@dataclass(frozen=True, slots=True)
class Verification:
    """What was proved.

    Attributes
    ----------
    proofs : tuple of FrameProof
        One a frame.
    defects_left : tuple of Defect or None
        Mended defects that still show; None where there was no map to look for.
    repairs : tuple of AuditedRepair or None
        How far each repair stands out, the worst first, as far as that can be told; None
        where there was no map.
    """

    proofs: tuple[FrameProof, ...]
    defects_left: tuple[Defect, ...] | None
    repairs: tuple[AuditedRepair, ...] | None = None

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

    proofs = prove_frames(mended, source, wanted, workers=workers, progress=says)
    if defect_map is None:
        return Verification(proofs, None)
    if encoding is None:
        raise ValueError("defects can only be looked for where the encoding is known")
    defect_map.check_fits(mended.plate)
    left, repairs = look_at_repairs(
        mended, defect_map, encoding, frames=wanted, workers=workers, progress=says
    )
    return Verification(proofs, left, repairs)


def prove_frames(
    mended: FileShot, source: FileShot | None, frames: FrameRange, *, workers: int, progress: Progress
) -> tuple[FrameProof, ...]:
    """Prove some mended frames, each by itself; what is wrong with one is in its proof."""

    def prove(frame: int) -> FrameProof:
        try:
            fixed = mended.path(frame)
            return prove_frame(
                fixed, read_ledger(ledger_path(fixed)), None if source is None else source.path(frame)
            )
        except PixError as exc:
            return FrameProof(frame=frame, problems=(str(exc),))

    progress.start("proving frames", len(frames))
    proofs = []
    for proof in frames_at_once(prove, frames, workers=workers):
        proofs.append(proof)
        progress.advance()
    return tuple(proofs)


def look_at_repairs(
    mended: FileShot,
    defect_map: DefectMap,
    encoding: Encoding,
    *,
    frames: FrameRange,
    workers: int,
    progress: Progress,
) -> tuple[tuple[Defect, ...], tuple[AuditedRepair, ...]]:
    """Return the defects that still show in some mended frames, and how far each repair stands out.

    Raises
    ------
    FrameError
        If the frames cannot be read.
    """
    look = _Look(mended, defect_map, encoding, frames=frames, workers=workers, progress=progress)
    return look.still_there(), look.repairs()


class _Look:
    """Looks at the mended frames where the map's defects were."""

    def __init__(
        self,
        mended: FileShot,
        defect_map: DefectMap,
        encoding: Encoding,
        *,
        frames: FrameRange,
        workers: int,
        progress: Progress,
    ) -> None:
        self._mended, self._map, self._encoding, self._frames = mended, defect_map, encoding, frames
        self._workers, self._progress = workers, progress
        wanted = defect_map.wanted(only=_only_mended(mended, frames))
        self._shown = [each for each in wanted if any(each.shows_in(frame) for frame in frames)]

    def still_there(self) -> tuple[Defect, ...]:
        """Measure the mended frames as `detect` does, and ask at the places of the map alone."""
        found = detect(
            self._mended,
            self._encoding,
            sampling=Sampling(frames=self._frames),
            workers=self._workers,
            progress=self._progress,
        )
        return defects_left(self._shown, found=found.defect_map.defects)

    def repairs(self) -> tuple[AuditedRepair, ...]:
        """Compare each repair with the sound places around it; the worst first."""
        if not self._shown:
            return ()
        bands = read_training_rows(self._mended, self._frames, self._progress, workers=self._workers)
        sample = self._mended.plate.sample_type(self._mended.plate.colour[0])
        scores = audit_repairs(
            self._mended,
            self._map.defects,
            train_scale(bands, sample=sample, codec=self._encoding)[1],
            chosen=frames_to_audit(self._shown, self._frames),
            workers=self._workers,
            progress=self._progress,
        )
        methods = _methods(self._mended, self._frames)
        found = [
            AuditedRepair(each, methods.get(each.id), scores[each.id])
            for each in self._shown
            if each.id in scores
        ]
        return tuple(sorted(found, key=lambda each: -each.score.worst))


def _methods(mended: FileShot, frames: FrameRange) -> dict[str, Method | None]:
    """Return how each defect was mended in most of some frames, as their ledgers say."""
    counts: dict[str, Counter[Method | None]] = {}
    for frame in frames.thinned(AUDIT_FRAMES):
        ledger = _ledger_of(mended, frame)
        for each in () if ledger is None else ledger.repairs:
            counts.setdefault(each.defect, Counter())[each.method] += 1
    return {name: count.most_common(1)[0][0] for name, count in counts.items()}


def _only_mended(mended: FileShot, frames: FrameRange) -> Status | None:
    """Return the status that `fix --only` named, as the ledgers tell; None where it named none."""
    for frame in frames:
        ledger = _ledger_of(mended, frame)
        if ledger is not None:
            only = ledger.notes.get("only")
            return Status(only) if only in set(Status) else None
    return None


def _ledger_of(mended: FileShot, frame: int) -> Ledger | None:
    """Return a frame's ledger; None where it cannot be read, which the proofs tell."""
    try:
        return read_ledger(ledger_path(mended.path(frame)))
    except PixError:
        return None

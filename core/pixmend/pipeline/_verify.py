# SPDX-License-Identifier: Apache-2.0
"""Mended files -> proof: nothing else changed, the way back works, the defects are gone."""

from collections.abc import Iterable
from dataclasses import dataclass

from pixmend.errors import MissingFrameError, PixError
from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap, FrameRange
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._verify_look import AuditedRepair, look_at_repairs, shots_to_look_at
from pixmend.progress import Progress, Silent
from pixmend.proof import FrameProof, prove_frame
from pixmend.splice import ledger_path, read_ledger

__all__ = ["Verification", "prove_frames", "verify"]


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
    looks = [
        look_at_repairs(mended, defect_map, encoding, frames=shot, workers=workers, progress=says)
        for shot in shots_to_look_at(defect_map, wanted)
    ]
    left = {each.id: each for shown, _ in looks for each in shown}
    return Verification(proofs, tuple(left.values()), _worst(each for _, found in looks for each in found))


def _worst(repairs: Iterable[AuditedRepair]) -> tuple[AuditedRepair, ...]:
    """Return of each repair what stands out most of all shots that it is in, the worst repair first."""
    found: dict[str, AuditedRepair] = {}
    for each in sorted(repairs, key=lambda each: -each.score.worst):
        found.setdefault(each.defect.id, each)
    return tuple(found.values())


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

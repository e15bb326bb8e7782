# SPDX-License-Identifier: Apache-2.0
"""Verify: a mended frame changed as its ledger says, and nowhere else."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from pixmend.containers import open_container
from pixmend.errors import PixError
from pixmend.model import Patch, Raster
from pixmend.proof._bytes import count_bytes, header_bytes_in_edits
from pixmend.proof._samples import count_samples
from pixmend.splice import FileState, Ledger, check_is_fixed, not_fixed, open_bytes

__all__ = ["FrameProof", "prove_frame"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameProof:
    """What was proved of one frame. A number is None where it could not be found out.

    Attributes
    ----------
    frame : int
    samples_changed : int or None
        Samples that were meant to change and did.
    samples_wrong : int or None
        Samples of the ledger that do not hold its new value.
    samples_moved_by_codec : int or None
        Samples that a lossy codec moved beside those, as the ledger says.
    samples_changed_elsewhere : int or None
        Samples of any channel that changed and are not in the ledger. Needs the source.
    bytes_changed_elsewhere : int or None
        Bytes that changed outside of the ledger's edits. Needs the source.
    header_bytes_changed : int or None
    undo_identical : bool
        True where undo brings the original back, byte for byte.
    problems : tuple of str
        One sentence each; empty where all is as it should be.
    """

    frame: int
    samples_changed: int | None = None
    samples_wrong: int | None = None
    samples_moved_by_codec: int | None = None
    samples_changed_elsewhere: int | None = None
    bytes_changed_elsewhere: int | None = None
    header_bytes_changed: int | None = None
    undo_identical: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_proved(self) -> bool:
        """True where there is no problem."""
        return not self.problems

    def with_problems(self, *problems: str) -> "FrameProof":
        """Return the proof with more problems."""
        return replace(
            self, problems=(*self.problems, *(each for each in problems if each not in self.problems))
        )


def prove_frame(fixed: Path, ledger: Ledger, source: Path | None = None) -> FrameProof:
    """Prove that a mended frame is its source with the ledger's samples, and nothing else.

    Whatever is wrong with the files is a problem in the result and not an exception, so
    that one bad frame does not hide the state of the others.

    Parameters
    ----------
    fixed : Path
    ledger : Ledger
        Of this frame, as `splice.read_ledger` gives it.
    source : Path, optional
        The frame before it was mended. With it every sample and byte of both files is
        compared; without it the ledger's hash stands for it.

    Returns
    -------
    proof : FrameProof
    """
    proof = FrameProof(frame=ledger.frame)
    for prove in (_prove_bytes, _prove_samples):
        try:
            proof = prove(proof, fixed, ledger, source)
        except PixError as exc:
            proof = proof.with_problems(str(exc))
    return proof


def _prove_bytes(proof: FrameProof, fixed: Path, ledger: Ledger, source: Path | None) -> FrameProof:
    """Check that the file is the ledger's, the bytes outside of the edits, the header, and the way back."""
    with contextlib.ExitStack() as files:
        opened = files.enter_context(open_bytes(fixed))
        if opened.size != ledger.fixed_size:
            check_is_fixed(opened, ledger)
        original = None if source is None else files.enter_context(open_bytes(source))
        counts = count_bytes(opened, ledger, original)
        if counts.state is not FileState.FIXED:
            proof = proof.with_problems(str(not_fixed(opened, ledger, counts.state)))
        container = open_container(opened, ledger.patch.channels, options=ledger.options)
        header_bytes = header_bytes_in_edits(ledger, container.editable_ranges())
    where = fixed.name
    return replace(
        proof,
        bytes_changed_elsewhere=counts.elsewhere,
        header_bytes_changed=header_bytes,
        undo_identical=counts.undo_identical,
    ).with_problems(
        *([f"{where}: {header_bytes} bytes of the header changed"] if header_bytes else []),
        *([f"{where}: {counts.elsewhere} bytes changed that no edit names"] if counts.elsewhere else []),
        *([] if counts.undo_identical else [f"{where}: undo would not bring the original back"]),
    )


def _prove_samples(proof: FrameProof, fixed: Path, ledger: Ledger, source: Path | None) -> FrameProof:
    """Decode with other readers and compare sample by sample."""
    with open_bytes(fixed) as opened:
        container = open_container(opened, ledger.patch.channels, options=ledger.options)
    where = fixed.name
    if container.channels != ledger.patch.channels or container.file_format != ledger.file_format:
        return proof.with_problems(f"{where}: the ledger is of a frame with other channels")
    if not all(_is_inside(each, container.raster) for each in (ledger.patch, ledger.collateral)):
        return proof.with_problems(f"{where}: the ledger names samples outside of the frame")
    counts = count_samples(fixed, source, ledger, container.raster)
    sentences = (
        (counts.wrong, "samples do not hold the value that the ledger says"),
        (counts.elsewhere, "samples changed that are not in the ledger"),
        (counts.source_differs, "samples of the source are not those that were mended"),
    )
    return replace(
        proof,
        samples_changed=counts.changed,
        samples_wrong=counts.wrong,
        samples_moved_by_codec=counts.by_codec,
        samples_changed_elsewhere=counts.elsewhere,
    ).with_problems(*(f"{where}: {count} {what}" for count, what in sentences if count))


def _is_inside(patch: Patch, raster: Raster) -> bool:
    columns, rows = patch.x - raster.x, patch.y - raster.y
    inside = (columns >= 0) & (columns < raster.width) & (rows >= 0) & (rows < raster.height)
    return bool(inside.all())

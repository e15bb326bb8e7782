# SPDX-License-Identifier: Apache-2.0
"""The ledger: beside every mended frame, what was replaced. Enough to prove and to undo.

It is a file ``.pixmend/<frame>.ledger``; `_ledger_file` says what is in it. The names in
it are for people: none is ever used as a path.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from pixmend.containers import ByteEdit
from pixmend.formats import ByteSource, ReadOptions
from pixmend.model import Patch, Repair

__all__ = ["LEDGER_FOLDER", "LEDGER_SCHEMA", "Ledger", "LedgerEdit", "ledger_edits", "ledger_path"]

LEDGER_SCHEMA = "pixmend.ledger/2"
LEDGER_FOLDER = ".pixmend"

_HASH = re.compile(r"xxh128:[0-9a-f]{32}")
_DIGITS = re.compile(r"([0-9a-f]{2}){8,}")


class LedgerEdit(NamedTuple):
    """Where bytes were replaced: in the source, and in the mended file."""

    offset: int
    old_length: int
    fixed_offset: int
    fixed_length: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """What was done to one frame.

    Attributes
    ----------
    frame : int
    file_format : str
        ``exr``, ``dpx`` or ``tiff``.
    source_name, fixed_name : str
        Names of the files, without folders; for people only.
    source_size, fixed_size : int
        Bytes.
    source_hash, fixed_hash : str
        Algorithm and hexadecimal digits, as ``xxh128:...``.
    edits : tuple of LedgerEdit
        In order, without overlap.
    patch : Patch
        The samples, with the bits that the mended file really holds; its channels are all
        channels of the file, in file order.
    old_bytes : bytes
        The replaced bytes of all edits, one after the other.
    collateral : Patch
        Samples that a lossy codec moved with those of `patch`.
    options : ReadOptions
        How the file was read: its part, and what it does not say of itself.
    exact : bool
        Whether lossy codecs were told to store what they would change.
    in_place : bool
        Whether the source itself was changed: there is no other file of it.
    job : str
        What tells the work from another on the same frame; empty where nothing was said.
    source_mtime_ns, fixed_mtime_ns : int or None
        When the source was last modified, and what the mended file was given for it; in
        nanoseconds since 1970. None in ledgers of version 1.
    source_digests, fixed_digests : mapping of str to str
        More hashes, hexadecimal, by their names.
    notices : tuple of str
        What the user was told of this frame.
    repairs : tuple of Repair
        What was done about each defect; empty in ledgers of older versions.
    notes : mapping
        JSON values for whoever wrote it: the map's name, settings, version.
    """

    frame: int
    file_format: str
    source_name: str
    fixed_name: str
    source_size: int
    fixed_size: int
    source_hash: str
    fixed_hash: str
    edits: tuple[LedgerEdit, ...]
    patch: Patch
    old_bytes: bytes
    collateral: Patch = field(default_factory=lambda: Patch.empty(0))
    options: ReadOptions = field(default_factory=ReadOptions)
    exact: bool = False
    in_place: bool = False
    job: str = ""
    source_mtime_ns: int | None = None
    fixed_mtime_ns: int | None = None
    source_digests: Mapping[str, str] = field(default_factory=dict)
    fixed_digests: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problem = _first_problem(self)
        if problem:
            raise ValueError(problem)

    @property
    def keeps_size(self) -> bool:
        """True where no byte outside of the edits moved."""
        return all(each.old_length == each.fixed_length for each in self.edits)

    def undo_edits(self, fixed: ByteSource) -> tuple[ByteEdit, ...]:
        """Return the edits that turn the mended file back into the source.

        Raises
        ------
        BadFrameError
            If the file is shorter than the ledger says, or cannot be read.
        """
        edits = []
        taken = 0
        for edit in self.edits:
            old = self.old_bytes[taken : taken + edit.old_length]
            taken += edit.old_length
            here = fixed.read(edit.fixed_offset, edit.fixed_length)
            edits.append(ByteEdit(edit.fixed_offset, here, old))
        return tuple(edits)

    def holds_old_bytes(self, found: ByteSource) -> bool:
        """Tell whether a file has the source's size, and the source's bytes in all places that were replaced.

        Little is read: it tells a source from its mended frame, and from other frames of
        the same size and time, but it proves nothing of the bytes between.

        Raises
        ------
        BadFrameError
            If the file cannot be read.
        """
        if found.size != self.source_size:
            return False
        taken = 0
        for edit in self.edits:
            old = self.old_bytes[taken : taken + edit.old_length]
            taken += edit.old_length
            if found.read(edit.offset, edit.old_length) != old:
                return False
        return True


def ledger_path(frame_path: Path) -> Path:
    """Return where the ledger of a mended frame lies."""
    return frame_path.parent / LEDGER_FOLDER / f"{frame_path.name}.ledger"


def ledger_edits(edits: Sequence[ByteEdit]) -> tuple[LedgerEdit, ...]:
    """Return the ledger's rows for a plan."""
    rows = []
    shift = 0
    for edit in edits:
        rows.append(LedgerEdit(edit.offset, len(edit.old), edit.offset + shift, len(edit.new)))
        shift += edit.growth
    return tuple(rows)


def _first_problem(ledger: Ledger) -> str:
    """Return why a ledger contradicts itself, or nothing."""
    names = (ledger.source_name, ledger.fixed_name)
    growth = sum(edit.fixed_length - edit.old_length for edit in ledger.edits)
    checks = (
        (any(not _is_plain_name(name) for name in names), "a file name has a folder in it"),
        (not all(map(_HASH.fullmatch, (ledger.source_hash, ledger.fixed_hash))), "a hash is none"),
        (not all(map(_DIGITS.fullmatch, _digests(ledger))), "a hash is none"),
        (not _edits_fit(ledger), "its edits overlap, are not in order or lie outside of the file"),
        (sum(each.old_length for each in ledger.edits) != len(ledger.old_bytes), "old bytes are missing"),
        (ledger.source_size + growth != ledger.fixed_size, "its sizes do not add up"),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def _digests(ledger: Ledger) -> list[str]:
    return [*ledger.source_digests.values(), *ledger.fixed_digests.values()]


def _is_plain_name(name: str) -> bool:
    return PurePath(name).name == name and name not in {"", ".", ".."}


def _edits_fit(ledger: Ledger) -> bool:
    source_stop = fixed_stop = 0
    for offset, old_length, fixed_offset, fixed_length in ledger.edits:
        if old_length < 0 or fixed_length < 0 or offset < source_stop:
            return False
        if fixed_offset - fixed_stop != offset - source_stop:  # the untouched bytes between are the same
            return False
        source_stop, fixed_stop = offset + old_length, fixed_offset + fixed_length
    return source_stop <= ledger.source_size and fixed_stop <= ledger.fixed_size

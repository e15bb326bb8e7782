# SPDX-License-Identifier: Apache-2.0
"""The seals of the frames that a run wrote: checksum lists and an ASC MHL generation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixmend.progress import Progress
from pixmend.seal import (
    ALGORITHMS,
    Generation,
    HashedFile,
    history_of,
    lists_naming,
    mhl_formats,
    refresh_lists,
    write_generation,
)
from pixmend.splice import HASH_NAMES, Ledger

__all__ = ["Seals", "broken_seals", "hashed_as_fixed", "hashed_as_source", "hashes_for_ledger", "seal_files"]


@dataclass(frozen=True, slots=True)
class Seals:
    """What was written or refreshed.

    Attributes
    ----------
    lists : tuple of Path
        Checksum lists that changed.
    generation : Generation or None
        None where none was asked for, or every file is recorded already.
    """

    lists: tuple[Path, ...] = ()
    generation: Generation | None = None


def hashes_for_ledger(algorithms: Iterable[str]) -> tuple[str, ...]:
    """Return the hashes that a ledger does not record of itself."""
    return tuple(each for each in algorithms if each in HASH_NAMES)


def hashed_as_fixed(path: Path, ledger: Ledger) -> HashedFile:
    """Return a mended frame with the hashes that its ledger knows."""
    return _hashed(path, ledger.fixed_hash, ledger.fixed_digests)


def hashed_as_source(path: Path, ledger: Ledger) -> HashedFile:
    """Return a restored original with the hashes that the ledger knew of it."""
    return _hashed(path, ledger.source_hash, ledger.source_digests)


def seal_files(
    files: Sequence[HashedFile], algorithms: Sequence[str], *, mhl: bool, comment: str, progress: Progress
) -> Seals:
    """Refresh the checksum lists of the files' folder, and add a generation for them.

    Raises
    ------
    UsageError, TemporaryError
        If a list or the history cannot be read or written.
    """
    if not files or not (algorithms or mhl):
        return Seals()
    folder = files[0].path.parent
    progress.start("writing checksums", len(algorithms) + mhl)
    lists: list[Path] = []
    for algorithm in algorithms:
        lists += refresh_lists(folder, files, algorithm)
        progress.advance()
    generation = None
    if mhl:
        generation = write_generation(folder, files, formats=mhl_formats(algorithms), comment=comment)
        progress.advance()
    return Seals(tuple(lists), generation)


def broken_seals(files: Sequence[HashedFile], algorithms: Sequence[str], *, mhl: bool) -> list[str]:
    """Return one sentence for each seal that files which changed have broken, and nobody asked to refresh.

    Raises
    ------
    UsageError
        If a checksum list cannot be read.
    """
    if not files:
        return []
    folder = files[0].path.parent
    sentences = [
        f"{path.name} still has the hashes from before: --hash {algorithm} refreshes it"
        for algorithm in ALGORITHMS
        if algorithm not in algorithms
        for path in lists_naming(folder, files, algorithm)
    ]
    history = None if mhl else history_of(folder)
    if history is not None:
        sentences.append(f"the ASC MHL history in {history} does not know of this: --mhl adds a generation")
    return sentences


def _hashed(path: Path, own: str, others: Mapping[str, str]) -> HashedFile:
    algorithm, _, digits = own.partition(":")
    return HashedFile(path, {algorithm: digits, **others})

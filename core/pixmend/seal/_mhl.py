# SPDX-License-Identifier: Apache-2.0
"""ASC MHL: a generation for the files that a run touched, by the reference package `ascmhl`.

The package is given the hashes that are known, so that no frame is read again. It writes
into a folder of its own first: what it made is then published whole, the manifest before
the chain that names it.
"""

import contextlib
import io
import platform
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixmend
from pixmend.errors import UsageError
from pixmend.publish import publishing
from pixmend.seal._hashed import HashedFile
from pixmend.seal._lock import sealing

if TYPE_CHECKING:
    from ascmhl.history import MHLHistory

__all__ = ["Generation", "check_mhl", "history_of", "mhl_formats", "write_generation"]

_FOLDER, _CHAIN = "ascmhl", "ascmhl_chain.xml"
_LOCK = ".ascmhl.lock"
_DEFAULT = "xxh128"
_OWN_FILES = (".pixmend", "checksums.*")  # they change with every run

Entries = dict[str, tuple[str, str]]
"""Of one file: digest and action by hash format."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A manifest that was written.

    Attributes
    ----------
    path : Path
    files : int
        How many it names.
    differing : tuple of str
        Those that an earlier generation knows with another hash. ASC MHL has no word
        for a wanted change: they are recorded as ``failed``.
    """

    path: Path
    files: int
    differing: tuple[str, ...]


def check_mhl() -> None:
    """Check that generations can be written at all.

    Raises
    ------
    UsageError
        If the reference package is not there.
    """
    try:
        import ascmhl.generator  # noqa: F401, PLC0415  heavy, and only for those who ask for it
    except ImportError as exc:
        raise UsageError(
            "ASC MHL needs the package ascmhl", where="--mhl", hint="pip install 'pixmend[mhl]'"
        ) from exc


def history_of(folder: Path) -> Path | None:
    """Return the folder of the ASC MHL history that a folder belongs to; None where it has none."""
    root = _root_of(folder.resolve())
    return root / _FOLDER if (root / _FOLDER).is_dir() else None


def mhl_formats(algorithms: Sequence[str]) -> list[str]:
    """Return those of `algorithms` that ASC MHL knows; its default where there is none."""
    from ascmhl.__version__ import ascmhl_supported_hashformats  # noqa: PLC0415  as above

    return [each for each in algorithms if each in ascmhl_supported_hashformats] or [_DEFAULT]


def write_generation(
    folder: Path, files: Sequence[HashedFile], *, formats: Sequence[str] = (_DEFAULT,), comment: str = ""
) -> Generation | None:
    """Add a generation to the history that a folder belongs to; begin one where there is none.

    The history is that of `folder`, or of the nearest folder above that has one. Files
    whose newest entry is true already are left out.

    Parameters
    ----------
    folder : Path
    files : sequence of HashedFile
        Files in `folder`.
    formats : sequence of str
        Hash formats for files that the history does not know yet; one that it knows
        gets those of its earlier entries.
    comment : str
        For people.

    Returns
    -------
    Generation or None
        None where every file's newest entry is true.

    Raises
    ------
    UsageError
        If the history is damaged, or cannot be written.
    TemporaryError
        If the disk is full.
    MissingFrameError, BadFrameError
        If a file that a hash is missing of cannot be read.
    """
    check_mhl()
    root = _root_of(folder.resolve())
    with _history_errors(root), _quiet():
        if not _missing(_load(root), root, files, formats):
            return None
        with sealing(root, _LOCK):
            history = _load(root)
            missing = _missing(history, root, files, formats)
            return _commit(history, root, missing, comment=comment) if missing else None


def _root_of(folder: Path) -> Path:
    above = (each for each in (folder, *folder.parents) if (each / _FOLDER / _CHAIN).is_file())
    return next(above, folder)


def _load(root: Path) -> "MHLHistory":
    from ascmhl.history import MHLHistory  # noqa: PLC0415  as above

    return MHLHistory.load_from_path(str(root))


def _missing(
    history: "MHLHistory", root: Path, files: Sequence[HashedFile], formats: Sequence[str]
) -> list[tuple[HashedFile, Entries]]:
    """Return the files whose newest entry is not true, each with what is to be recorded."""
    entries = ((each, _entries(history, root, each, formats)) for each in files)
    return [(each, found) for each, found in entries if found]


def _entries(history: "MHLHistory", root: Path, file: HashedFile, formats: Sequence[str]) -> Entries:
    """Return what is to be recorded of a file; nothing where it is recorded."""
    name = file.path.resolve().relative_to(root).as_posix()
    known = history.find_existing_hash_formats_for_path(name)
    if not known:
        return {each: (_digest(file, each), "original") for each in formats}
    first = {each: history.find_first_hash_entry_for_path(name, each).hash_string for each in known}
    now = {each: _digest(file, each) for each in known}
    if now.items() <= _newest(history, name).items():
        return {}
    return {each: (now[each], "verified" if now[each] == first[each] else "failed") for each in known}


def _newest(history: "MHLHistory", name: str) -> dict[str, str]:
    """Return the newest hash of each format that the history has of a file."""
    newest: dict[str, str] = {}
    for hash_list in history.hash_lists:
        found = hash_list.find_media_hash_for_path(name)
        newest |= {} if found is None else {each.hash_format: each.hash_string for each in found.hash_entries}
    return newest


def _digest(file: HashedFile, hash_format: str) -> str:
    if hash_format != "c4":
        return file.digest(hash_format)
    from ascmhl.hasher import hash_file  # noqa: PLC0415  as above

    return str(hash_file(str(file.path), hash_format))


def _commit(
    history: "MHLHistory",
    root: Path,
    changed: Sequence[tuple[HashedFile, Entries]],
    *,
    comment: str,
) -> Generation:
    from ascmhl.generator import MHLGenerationCreationSession  # noqa: PLC0415  as above
    from ascmhl.ignore import MHLIgnoreSpec  # noqa: PLC0415  as above

    ignored = MHLIgnoreSpec(history.latest_ignore_patterns(), list(_OWN_FILES))
    session = MHLGenerationCreationSession(history, ignored)
    differing = []
    for file, digests in changed:
        status = file.path.stat()
        written = datetime.fromtimestamp(status.st_mtime)  # noqa: DTZ006  the package wants local time
        for hash_format, (digest, action) in digests.items():
            session.append_file_hash(
                str(file.path.resolve()), status.st_size, written, hash_format, digest, action=action
            )
        if any(action == "failed" for _, action in digests.values()):
            differing.append(file.path.name)
    return Generation(_publish(session, history, root, comment), len(changed), tuple(differing))


def _publish(session: Any, history: "MHLHistory", root: Path, comment: str) -> Path:
    """Let the package write elsewhere, then bring its two files to their place."""
    from ascmhl.hashlist import MHLProcess, MHLProcessInfo  # noqa: PLC0415  as above

    process = MHLProcessInfo()
    process.process = MHLProcess("in-place")
    with tempfile.TemporaryDirectory(prefix="pixmend-mhl-") as scratch:
        folder = Path(scratch) / (root.name or "root") / _FOLDER
        folder.mkdir(parents=True)
        history.asc_mhl_path = str(folder)
        history.chain.file_path = str(folder / _CHAIN)
        session.commit(_creator(comment), process)
        (made,) = folder.glob("*.mhl")
        place = root / _FOLDER / made.name
        with publishing(place) as temporary:
            temporary.write_bytes(made.read_bytes())
        with publishing(root / _FOLDER / _CHAIN, overwrite=True) as temporary:
            temporary.write_bytes((folder / _CHAIN).read_bytes())
    return place


def _creator(comment: str) -> Any:
    from ascmhl.hashlist import MHLCreatorInfo, MHLTool  # noqa: PLC0415  as above
    from ascmhl.utils import datetime_now_isostring  # noqa: PLC0415  as above

    creator = MHLCreatorInfo()
    creator.tool = MHLTool("pixmend", pixmend.__version__)
    creator.creation_date = datetime_now_isostring()
    creator.host_name = platform.node()
    creator.comment = comment or None
    return creator


@contextlib.contextmanager
def _history_errors(root: Path) -> Iterator[None]:
    """Say what is wrong with a history in our words; the package has many of its own."""
    from click import ClickException  # noqa: PLC0415  as above
    from lxml.etree import LxmlError  # noqa: PLC0415  as above

    try:
        yield
    except (ClickException, LxmlError, AssertionError, AttributeError, TypeError, ValueError, OSError) as exc:
        reason = exc.format_message() if isinstance(exc, ClickException) else str(exc)
        raise UsageError(
            f"the ASC MHL history cannot be continued: {reason or type(exc).__name__}",
            where=str(root / _FOLDER),
            hint="`ascmhl verify` tells more; the frames themselves are done",
        ) from exc


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the package from printing: our own stderr may be read by a program."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        yield

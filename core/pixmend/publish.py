# SPDX-License-Identifier: Apache-2.0
"""How a file comes into being: under a temporary name in its own folder, then one rename."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from pixmend.errors import TemporaryError, UsageError

__all__ = [
    "check_folder_free",
    "check_free",
    "publish_text",
    "publishing",
    "publishing_folder",
    "remove_second_names",
    "remove_stale",
    "stale_temporaries",
    "sync_folder",
    "write_error",
]

# What may be over when the work is tried again; anything else is about names, rights, or the disk's kind.
_PASSING = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.EAGAIN,
    errno.ENOMEM,
    errno.ENOLCK,
    errno.EMFILE,
    errno.ENFILE,
}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_TEMPORARY = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{12}\.part", re.DOTALL)


def check_free(target: Path, *, overwrite: bool) -> None:
    """Check that `target` may be written.

    Raises
    ------
    UsageError
        If it exists and `overwrite` is not set, or it is a folder.
    """
    try:
        is_folder, is_taken = target.is_dir(), target.exists() or target.is_symlink()
    except OSError as exc:  # a name too long, a folder that may not be looked into
        raise write_error(exc, target) from exc
    if is_folder:
        raise UsageError("this is a folder, a file was to be written here", where=str(target))
    if is_taken and not overwrite:
        raise UsageError(
            "exists already", where=str(target), hint="choose another output, or pass --overwrite"
        )


@contextlib.contextmanager
def publishing(
    target: Path, *, overwrite: bool = False, durable: bool = False, unpublish: Path | None = None
) -> Iterator[Path]:
    """Yield a temporary path beside `target`; rename it to `target` when the block ends well.

    Whatever happens inside, `target` is afterwards either as it was or whole: the
    data is synced before the rename, and a failed block leaves no file behind.

    Parameters
    ----------
    durable : bool
        Whether the new name must outlive a power cut once this returns.
    unpublish : Path, optional
        A file to take away as soon as the new one is safe, and before it gets its name:
        the two must never be seen together.

    Raises
    ------
    UsageError
        If `target` exists and `overwrite` is not set, or the folder cannot be written.
    TemporaryError
        If the disk is full, or something else is wrong that may pass.
    """
    check_free(target, overwrite=overwrite)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    _make_folder(target, durable=durable)
    try:
        yield temporary
        _sync(temporary)
        if unpublish is not None:
            unpublish.unlink(missing_ok=True)
        _rename(temporary, target, overwrite=overwrite)
        if durable:
            sync_folder(target.parent)
    except OSError as exc:
        # What the block met elsewhere, say while it read another file, is not about the target.
        ours = {temporary, target, target.parent, unpublish}
        if exc.filename is not None and Path(os.fsdecode(exc.filename)) not in ours:
            raise
        raise write_error(exc, target) from exc
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_folder_free(target: Path, *, mark: str, overwrite: bool) -> None:
    """Check that a folder may come into being.

    Parameters
    ----------
    mark : str
        A file that is in every folder of this sort: another sort is never replaced.

    Raises
    ------
    UsageError
        If something is there, unless it is of this sort and `overwrite` is set.
    """
    try:
        is_there, is_ours = os.path.lexists(target), (target / mark).is_file() and not target.is_symlink()
    except OSError as exc:
        raise write_error(exc, target) from exc
    if is_there and not is_ours:
        raise UsageError(
            f"exists already, and is no folder with a {mark}", where=str(target), hint="choose another output"
        )
    if is_there and not overwrite:
        raise UsageError(
            "exists already", where=str(target), hint="choose another output, or pass --overwrite"
        )


@contextlib.contextmanager
def publishing_folder(target: Path, *, mark: str, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `target`; rename it to `target` when the block ends well.

    Whatever happens inside, `target` is afterwards either as it was or whole. Parameters and
    errors as `check_folder_free` and `publishing`.
    """
    check_folder_free(target, mark=mark, overwrite=overwrite)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    _make_folder(target, durable=False)
    try:
        temporary.mkdir()
        yield temporary
        for path in temporary.iterdir():
            _sync(path)
        check_folder_free(target, mark=mark, overwrite=overwrite)
        _exchange(temporary, target)
    except OSError as exc:
        found = temporary if exc.filename is None else Path(os.fsdecode(exc.filename))
        if not {found, found.parent} & {temporary, target, target.parent}:
            raise
        raise write_error(exc, target) from exc
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _exchange(temporary: Path, target: Path) -> None:
    """Give a folder its name; one that had it before is what `temporary` is then."""
    if not target.exists():
        temporary.rename(target)
        return
    old = temporary.with_suffix(".old")
    target.rename(old)
    try:
        temporary.rename(target)
    except OSError:
        old.rename(target)
        raise
    old.rename(temporary)


def publish_text(target: Path, text: str, *, overwrite: bool = False) -> None:
    r"""Write a text file atomically, as UTF-8. Errors as `publishing`.

    Half a surrogate pair, which file names and JSON can hold and UTF-8 cannot, is
    written as its escape ``\udcff``: the same text to a reader of JSON.
    """
    with publishing(target, overwrite=overwrite) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def stale_temporaries(folder: Path) -> dict[Path, str]:
    """Return the temporary files in a folder, each with the name of the file that it was to become.

    A run that was killed leaves them behind; those of a run that is still alive look the
    same, so the caller must know which targets are nobody's.

    Raises
    ------
    UsageError, TemporaryError
        If the folder cannot be looked into; one that is not there has none.
    """
    try:
        names = [each.name for each in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as exc:
        raise write_error(exc, folder) from exc
    found = ((name, _TEMPORARY.fullmatch(name)) for name in names)
    return {folder / name: match["target"] for name, match in found if match}


def remove_stale(folder: Path, targets: Collection[str]) -> int:
    """Take away the temporary files of `targets` (names in the folder); return how many there were.

    Errors as `stale_temporaries`. What cannot be removed stays: it is in nobody's way.
    """
    removed = 0
    for path, target in stale_temporaries(folder).items():
        if target in targets:
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    return removed


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; OSError where that fails.

    File systems that cannot do this for a folder (some on the network) keep names safe
    in their own way.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def write_error(exc: OSError, target: Path) -> UsageError | TemporaryError:
    """Return the error of the tree for a system call that failed while `target` was written."""
    reason = (exc.strerror or str(exc)).lower()
    if exc.errno in _PASSING:
        hint = (
            "free space, then run again" if exc.errno in _FULL else "run again; see to the disk if it stays"
        )
        return TemporaryError(f"cannot be written: {reason}", where=str(target), hint=hint)
    return UsageError(
        f"cannot be written: {reason}", where=str(target), hint="choose a folder that you may write to"
    )


def _make_folder(target: Path, *, durable: bool) -> None:
    try:
        is_new = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_new and durable:
            sync_folder(target.parent.parent)
    except OSError as exc:
        raise write_error(exc, target) from exc


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _rename(temporary: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)  # fails where `target` came into being meanwhile; rename would not
    except FileExistsError as exc:
        if _is_linked(temporary, target):
            return
        raise UsageError("exists already", where=str(target), hint="another run wrote it meanwhile") from exc
    except OSError:  # a file system without hard links
        check_free(target, overwrite=False)
        temporary.rename(target)


def _is_linked(temporary: Path, target: Path) -> bool:
    """Tell whether the link is ours: a server whose answer was lost has made it, and is asked again."""
    return not target.is_symlink() and target.samefile(temporary)


def remove_second_names(folder: Path, targets: Collection[str]) -> None:
    """Take away temporary names of finished files: of `targets` (names in the folder) that are there.

    A file that may not replace another gets its name by a link, and then loses the temporary
    one; a run that is killed in between leaves both. Whoever owns the file, the second
    name is nobody's. Errors as `stale_temporaries`.
    """
    for path, target in stale_temporaries(folder).items():
        if target in targets:
            with contextlib.suppress(OSError):
                if path.samefile(folder / target):
                    path.unlink()

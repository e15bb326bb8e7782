# SPDX-License-Identifier: Apache-2.0
"""How a file comes into being: under a temporary name in its own folder, then one rename."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from pixmend.errors import TemporaryError, UsageError

__all__ = ["check_free", "publish_text", "publishing"]


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
        raise _as_pix_error(exc, target) from exc
    if is_folder:
        raise UsageError("this is a folder, a file was to be written here", where=str(target))
    if is_taken and not overwrite:
        raise UsageError(
            "exists already", where=str(target), hint="choose another output, or pass --overwrite"
        )


@contextlib.contextmanager
def publishing(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `target`; rename it to `target` when the block ends well.

    Whatever happens inside, `target` is afterwards either as it was or whole: the
    data is synced before the rename, and a failed block leaves no file behind.

    Raises
    ------
    UsageError
        If `target` exists and `overwrite` is not set, or the folder cannot be written.
    TemporaryError
        If the disk is full.
    """
    check_free(target, overwrite=overwrite)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    _make_folder(target)
    try:
        yield temporary
        _sync(temporary)
        _rename(temporary, target, overwrite=overwrite)
    except OSError as exc:
        # What the block met elsewhere, say while it read another file, is not about the target.
        if exc.filename is not None and Path(os.fsdecode(exc.filename)) not in {temporary, target}:
            raise
        raise _as_pix_error(exc, target) from exc
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def publish_text(target: Path, text: str, *, overwrite: bool = False) -> None:
    r"""Write a text file atomically, as UTF-8. Errors as `publishing`.

    Half a surrogate pair, which file names and JSON can hold and UTF-8 cannot, is
    written as its escape ``\udcff``: the same text to a reader of JSON.
    """
    with publishing(target, overwrite=overwrite) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def _make_folder(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _as_pix_error(exc, target) from exc


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
        raise UsageError("exists already", where=str(target), hint="another run wrote it meanwhile") from exc
    except OSError:  # a file system without hard links
        check_free(target, overwrite=False)
        temporary.rename(target)


def _as_pix_error(exc: OSError, target: Path) -> UsageError | TemporaryError:
    reason = (exc.strerror or str(exc)).lower()
    if exc.errno in {28, 122}:  # no space left, quota exceeded
        return TemporaryError(
            f"cannot be written: {reason}", where=str(target), hint="free space, then run again"
        )
    return UsageError(
        f"cannot be written: {reason}", where=str(target), hint="choose a folder that you may write to"
    )

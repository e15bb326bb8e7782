# SPDX-License-Identifier: Apache-2.0
"""One run at a time rewrites the seals of a folder: farm tasks that end together must not lose lines."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from pixmend.errors import TemporaryError, UsageError

__all__ = ["sealing"]

_LOOK_AGAIN_S = 0.05


@contextlib.contextmanager
def sealing(folder: Path, name: str, *, patience_s: float = 60.0) -> Iterator[None]:
    """Hold a lock of the system on a file in `folder`, which goes away afterwards.

    A process that dies loses the lock, so none can be left behind.

    Parameters
    ----------
    folder : Path
        Must be there.
    name : str
        Of the file.
    patience_s : float
        How long to wait for another run.

    Raises
    ------
    TemporaryError
        If another run holds it for longer.
    UsageError
        If the folder cannot be written.
    """
    path = folder / name
    until_s = time.monotonic() + patience_s
    descriptor = _try(path)
    while descriptor is None:
        if time.monotonic() > until_s:
            raise TemporaryError(
                "another run has been writing the checksum lists for long",
                where=str(path),
                hint="wait for it; the frames themselves are done",
            )
        time.sleep(_LOOK_AGAIN_S)
        descriptor = _try(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _try(path: Path) -> int | None:
    """Return the locked file; None where another process holds it, or has just taken it away."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise UsageError(f"the checksum lists cannot be locked: {reason}", where=str(path)) from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError as exc:
        os.close(descriptor)
        raise UsageError(
            "this file system cannot lock, so checksum lists are not safe from other runs",
            where=str(path),
            hint="the frames themselves are done; write the lists with other tools",
        ) from exc
    os.close(descriptor)
    return None

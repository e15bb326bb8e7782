# SPDX-License-Identifier: Apache-2.0
"""What the file system says of a file: carried over to the one that was made of it."""

import contextlib
import errno
import os
import stat
from pathlib import Path

from pixmend.splice._files import FileBytes

__all__ = ["carry_over"]


def carry_over(source: FileBytes, target: Path, *, mtime_ns: int) -> tuple[str, ...]:
    """Give a new file the owner, extended attributes (access lists are some), mode and times of its source.

    Parameters
    ----------
    mtime_ns : int
        When it shall count as modified, in nanoseconds since 1970.

    Returns
    -------
    notices : tuple of str
        What could not be carried over: one sentence each. What file systems do not have
        at all, and owners that one may not set, are none.
    """
    facts = source.facts
    own = target.stat()
    if (own.st_uid, own.st_gid) != (facts.st_uid, facts.st_gid):
        with contextlib.suppress(OSError):  # only the root user may give files away
            os.chown(target, facts.st_uid, facts.st_gid)
    lost = _carry_attributes(source, target)
    with contextlib.suppress(OSError):  # file systems that keep no modes or times
        target.chmod(stat.S_IMODE(facts.st_mode))
    with contextlib.suppress(OSError):
        os.utime(target, ns=(facts.st_atime_ns, mtime_ns))
    return tuple(f"the extended attribute {name!r} could not be carried over" for name in lost)


def _carry_attributes(source: FileBytes, target: Path) -> list[str]:
    if not hasattr(os, "listxattr"):
        return []
    try:
        names = os.listxattr(source.descriptor)
    except OSError:  # the file system has none
        return []
    return [name for name in names if not _is_carried(source, target, name)]


def _is_carried(source: FileBytes, target: Path, name: str) -> bool:
    try:
        os.setxattr(target, name, os.getxattr(source.descriptor, name))
    except OSError as exc:
        return exc.errno in {errno.ENOTSUP, errno.ENODATA}
    return True

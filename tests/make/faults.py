# SPDX-License-Identifier: Apache-2.0
"""System calls that fail, or after which the process is dead, one chosen call at a time.

All calls of `os` that change something on a disk are counted. Death is an exception that
no handler of ours stops, after which no call changes anything any more: what cleanup code
would do does not happen, as when the power of the process is cut.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from typing import Any

CALLS = (
    "chmod",
    "chown",
    "fsync",
    "link",
    "mkdir",
    "open",
    "pwrite",
    "rename",
    "replace",
    "rmdir",
    "setxattr",
    "unlink",
    "utime",
    "write",
    "writev",
)
_GROWING = {"link", "mkdir", "open", "pwrite", "setxattr", "write", "writev", "fsync"}


class Died(BaseException):
    """The process is gone."""


class Faults:
    """How the calls of a run end.

    Parameters
    ----------
    at : int
        Number of the first call that does not do what it should; -1 for none.
    code : int
        The `errno` that it ends with; 0 for death within it.
    stays : bool
        Whether all later calls that need room end the same.
    """

    def __init__(self, at: int = -1, code: int = 0, *, stays: bool = False) -> None:
        self.at, self.code, self.stays = at, code, stays
        self.seen: list[str] = []

    def call(self, name: str, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        number = len(self.seen)
        self.seen.append(name)
        if self.at < 0 or number < self.at:
            return original(*args, **kwargs)
        if not self.code:
            if number == self.at:
                _half(name, original, args)
            raise Died(f"in call {number}, {name}")
        if number == self.at or (self.stays and name in _GROWING):
            raise OSError(self.code, os.strerror(self.code))
        return original(*args, **kwargs)


def _half(name: str, original: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Do half of a write before death: the worst that can be left."""
    with contextlib.suppress(OSError):
        if name == "writev":
            original(args[0], [bytes(each)[: len(each) // 2] for each in args[1]][:1])
        elif name == "pwrite":
            stored = bytes(args[1])
            original(args[0], stored[: len(stored) // 2], *args[2:])


@contextlib.contextmanager
def injected(faults: Faults) -> Iterator[Faults]:
    """Let the calls of `os` go through `faults`."""
    originals = {name: getattr(os, name) for name in CALLS if hasattr(os, name)}

    def through(name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: faults.call(name, originals[name], *args, **kwargs)

    for name in originals:
        setattr(os, name, through(name))
    try:
        yield faults
    finally:
        for name, original in originals.items():
            setattr(os, name, original)


DEATH = 0
FAULTS = {
    "death": (DEATH, False),
    "full": (errno.ENOSPC, True),
    "bad": (errno.EIO, False),
    "read-only": (errno.EROFS, True),
}

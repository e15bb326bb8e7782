# SPDX-License-Identifier: Apache-2.0
"""The error tree. Every error is one sentence: what, where, what to do.

::

    PixError
    ├── UsageError            2  arguments, options, outputs that exist
    │   ├── RangeError        2  a frame range that cannot be read or is empty
    │   └── MapError          2  a defect map that cannot be used
    ├── FrameError            3  frames that cannot be used
    │   ├── MissingFrameError 3  a frame that was asked for is not there
    │   ├── BadFrameError     3  a frame that is there but damaged
    │   └── UnsupportedError  3  a sound frame of a form that is not handled (yet)
    ├── ProofError            4  verification failed; nothing was published
    └── TemporaryError       75  may work when tried again (farm retry)

``ValueError`` and ``TypeError`` are only for wrong arguments of pure functions: they are our bugs.
"""

from enum import IntEnum

__all__ = [
    "BadFrameError",
    "ExitCode",
    "FrameError",
    "MapError",
    "MissingFrameError",
    "PixError",
    "ProofError",
    "RangeError",
    "TemporaryError",
    "UnsupportedError",
    "UsageError",
]


class ExitCode(IntEnum):
    """What the process says when it ends; the table in README.md."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    FRAMES = 3
    PROOF = 4
    SKIPPED = 5
    BUG = 70
    TEMPORARY = 75
    INTERRUPTED = 130


class PixError(Exception):
    """Root of every error that a user can meet.

    Parameters
    ----------
    what : str
        One sentence without a full stop; values quoted.
    where : str
        The file, frame, option or map field that it is about; may be empty.
    hint : str
        What the user can do about it; may be empty.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class UsageError(PixError):
    """Wrong arguments or options, or an output that must not be touched."""

    exit_code = ExitCode.USAGE


class RangeError(UsageError):
    """A frame range that cannot be read, or that holds no frame."""


class MapError(UsageError):
    """A defect map that cannot be read or does not fit these frames."""


class FrameError(PixError):
    """Frames that cannot be used."""

    exit_code = ExitCode.FRAMES


class MissingFrameError(FrameError):
    """A frame that was asked for is not on disk."""


class BadFrameError(FrameError):
    """A frame is on disk but damaged, truncated or of another size."""


class UnsupportedError(FrameError):
    """A sound frame of a form that pixmend does not handle; it is left as it was."""


class ProofError(PixError):
    """Verification failed; nothing was published."""

    exit_code = ExitCode.PROOF


class TemporaryError(PixError):
    """Something that may work when tried again."""

    exit_code = ExitCode.TEMPORARY

# SPDX-License-Identifier: Apache-2.0
"""A file with the hashes that are known of it; others are found by reading it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from pixmend.errors import BadFrameError, MissingFrameError

__all__ = ["ALGORITHMS", "HashedFile"]

_MAKERS: Mapping[str, Callable[[], Any]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "xxh64": xxhash.xxh64,
    "xxh3": xxhash.xxh3_64,
    "xxh128": xxhash.xxh3_128,
}

ALGORITHMS = ("md5", "sha256", "xxh64", "xxh128")
"""What checksum lists are kept of."""


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file and what is known of it.

    Attributes
    ----------
    path : Path
    known : mapping of str to str
        Algorithm to lower-case hexadecimal digits.
    """

    path: Path
    known: Mapping[str, str]

    def digest(self, algorithm: str) -> str:
        """Return a hash of the file; one that is not known is computed.

        Raises
        ------
        MissingFrameError, BadFrameError
            If the file has to be read and cannot be.
        KeyError
            If there is no such algorithm.
        """
        if algorithm in self.known:
            return self.known[algorithm]
        maker = _MAKERS[algorithm]
        try:
            with self.path.open("rb") as stream:
                return str(hashlib.file_digest(stream, maker).hexdigest())
        except FileNotFoundError as exc:
            raise MissingFrameError("the frame is not there", where=str(self.path)) from exc
        except OSError as exc:
            reason = (exc.strerror or str(exc)).lower()
            raise BadFrameError(f"cannot be read: {reason}", where=str(self.path)) from exc

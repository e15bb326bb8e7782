# SPDX-License-Identifier: Apache-2.0
"""Plain checksum lists, as ``md5sum``, ``sha256sum`` and ``xxhsum`` write and check them."""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pixmend.errors import UsageError
from pixmend.publish import publishing
from pixmend.seal._hashed import HashedFile
from pixmend.seal._lock import sealing

__all__ = ["lists_naming", "refresh_lists"]

_DIGITS = {"md5": 32, "sha256": 64, "xxh64": 16, "xxh128": 32}
_ESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}
_ESCAPE = re.compile(rb"\\[\\nr]")
_TO_ESCAPE = re.compile(rb"[\\\n\r]")
_MOST_BYTES = 1 << 28
_LOCK = ".checksums.lock"


def refresh_lists(folder: Path, files: Sequence[HashedFile], algorithm: str) -> list[Path]:
    """Make the checksum lists of a folder true for some of its files.

    Every list of this algorithm in the folder (``*.md5``, ``MD5SUMS`` and so on) that
    names one of the files gets its new hash; files that no list names come into
    ``checksums.<algorithm>``, in the order given. What lists say of other files stays
    as it is to the byte, and so does a list that is true already.

    Parameters
    ----------
    folder : Path
    files : sequence of HashedFile
        Files in `folder`.
    algorithm : str
        One of `ALGORITHMS`.

    Returns
    -------
    written : list of Path
        The lists that changed.

    Raises
    ------
    UsageError, TemporaryError
        If a list cannot be read or written.
    MissingFrameError, BadFrameError
        If a file whose hash is not known cannot be read.
    """
    digests = {os.fsencode(each.path.name): each.digest(algorithm) for each in files}
    if not _outdated(folder, digests, algorithm):
        return []
    with sealing(folder, _LOCK):
        fresh = _outdated(folder, digests, algorithm)
        for path, text in fresh.items():
            _write(path, text)
    return list(fresh)


def lists_naming(folder: Path, files: Sequence[HashedFile], algorithm: str) -> list[Path]:
    """Return the checksum lists of a folder that name one of its files; errors as `refresh_lists`."""
    names = {os.fsencode(each.path.name): "" for each in files}
    return [path for path in _lists_in(folder, algorithm) if _refreshed(path, names, algorithm)[2]]


def _outdated(folder: Path, digests: Mapping[bytes, str], algorithm: str) -> dict[Path, bytes]:
    """Return the lists that are not true, with what should be in them."""
    own = folder / f"checksums.{algorithm}"
    texts: dict[Path, bytes] = {}
    listed: set[bytes] = set()
    fresh: dict[Path, bytes] = {}
    for path in _lists_in(folder, algorithm):
        texts[path], fresh[path], named = _refreshed(path, digests, algorithm)
        listed |= named
    unlisted = {name: digest for name, digest in digests.items() if name not in listed}
    if unlisted:
        fresh[own] = _appended(fresh.get(own, b""), unlisted)
    return {path: text for path, text in fresh.items() if text != texts.get(path)}


def _lists_in(folder: Path, algorithm: str) -> list[Path]:
    names = {f"{algorithm}{ending}" for ending in ("sum", "sums", "sum.txt", "sums.txt")}
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (path.suffix.lower() == f".{algorithm}" or path.name.lower() in names)
        and path.is_file()
    )


def _refreshed(path: Path, digests: Mapping[bytes, str], algorithm: str) -> tuple[bytes, bytes, set[bytes]]:
    """Return a list as it is, and with new digests in the old lines, and which of the files it names."""
    text, folder = _read(path), os.fsencode(path.parent.resolve())
    line = _line_form(algorithm)
    named: set[bytes] = set()
    lines = text.split(b"\n")
    for index, old in enumerate(lines):
        found = line.fullmatch(old)
        if found is None:
            continue
        name = _name_in(folder, _plain_name(found))
        if name not in digests:
            continue
        named.add(name)
        part = "gnu" if found["gnu"] else "bsd"
        if found[part].decode().lower() != digests[name]:
            start, stop = found.span(part)
            lines[index] = old[:start] + digests[name].encode() + old[stop:]
    return text, b"\n".join(lines), named


def _name_in(folder: bytes, name: bytes) -> bytes:
    """Return a name without its folder where that is this one; lists may name files by absolute paths."""
    place, last = os.path.split(name)
    return last if place.startswith(b"/") and os.path.realpath(place) == folder else name


def _line_form(algorithm: str) -> re.Pattern[bytes]:
    r"""Return how a line looks: ``digest  name``, or ``MD5 (name) = digest``; escaped names begin with ``\\``."""
    digest = rb"[0-9a-fA-F]{%d}" % _DIGITS[algorithm]
    return re.compile(
        rb"(?P<escaped>\\?)(?:(?P<gnu>%b) [ *](?P<name>.+?)|(?i:%b) \((?P<tagged>.+)\) = (?P<bsd>%b))\r?"
        % (digest, algorithm.encode(), digest),
        re.DOTALL,
    )


def _plain_name(found: re.Match[bytes]) -> bytes:
    name = found["name"] or found["tagged"]
    if found["escaped"]:
        name = _ESCAPE.sub(lambda each: _ESCAPES[each[0]], name)
    return name.removeprefix(b"./")


def _appended(text: bytes, digests: Mapping[bytes, str]) -> bytes:
    if text and not text.endswith(b"\n"):
        text += b"\n"
    return text + b"".join(_line(name, digest) for name, digest in digests.items())


def _line(name: bytes, digest: str) -> bytes:
    escaped = _TO_ESCAPE.sub(lambda each: b"\\" + each[0].translate(bytes.maketrans(b"\n\r", b"nr")), name)
    return (b"\\" if escaped != name else b"") + digest.encode() + b"  " + escaped + b"\n"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError("too large for a checksum list", where=str(path))
        return path.read_bytes()
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise UsageError(f"the checksum list cannot be read: {reason}", where=str(path)) from exc


def _write(path: Path, text: bytes) -> None:
    with publishing(path, overwrite=True) as temporary:
        temporary.write_bytes(text)
        with contextlib.suppress(OSError):  # a new list has no mode to keep
            shutil.copymode(path, temporary)

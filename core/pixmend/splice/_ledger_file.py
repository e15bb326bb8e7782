# SPDX-License-Identifier: Apache-2.0
"""The ledger on disk: written the same for the same input, read with suspicion."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pixmend.errors import ProofError
from pixmend.model import Channel, Patch, SampleType
from pixmend.publish import publishing
from pixmend.splice._ledger import LEDGER_SCHEMA, Ledger, LedgerEdit

__all__ = ["read_ledger", "write_ledger"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name: the time is no part of a ledger
_RECORD, _OLD = "ledger.json", "old.bin"
_LONGEST_RECORD = 1 << 28  # some millions of samples
_READ_ONLY = 0o644 << 16


def write_ledger(ledger: Ledger, path: Path, *, overwrite: bool = False) -> None:
    """Write a ledger whole or not at all; the same ledger gives the same bytes.

    Raises
    ------
    UsageError, TemporaryError
        As `publish.publishing`.
    """
    record = json.dumps(_document(ledger), allow_nan=False, separators=(",", ":"))
    with (
        publishing(path, overwrite=overwrite) as temporary,
        zipfile.ZipFile(temporary, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        archive.writestr(_member(_RECORD, zipfile.ZIP_DEFLATED), record.encode())
        archive.writestr(_member(_OLD, zipfile.ZIP_STORED), ledger.old_bytes)


def read_ledger(path: Path) -> Ledger:
    """Read a ledger and check that it does not contradict itself.

    Raises
    ------
    ProofError
        If it is not there, damaged, or of another version: without it nothing can be
        proved or undone.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            document = json.loads(_read_member(archive, _RECORD, _LONGEST_RECORD))
            if document["schema"] != LEDGER_SCHEMA:
                raise ProofError(
                    f"the ledger's schema is {document['schema']!r}, this pixmend reads {LEDGER_SCHEMA!r}",
                    where=str(path),
                    hint="use the pixmend that wrote it, or a newer one",
                )
            # stored as it is, so it cannot be larger than the whole
            old_bytes = _read_member(archive, _OLD, path.stat().st_size)
        return _ledger_from(document, old_bytes)
    except FileNotFoundError as exc:
        raise ProofError(
            "there is no ledger", where=str(path), hint="was this frame written by `pixmend fix`?"
        ) from exc
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise ProofError(f"the ledger cannot be read: {reason}", where=str(path)) from exc
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # a ZIP of a form that zipfile does not know
        RuntimeError,  # an encrypted ZIP, JSON nested too deep
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
        IndexError,
    ) as exc:
        raise ProofError(f"the ledger is damaged: {exc}", where=str(path)) from exc


def _member(name: str, compression: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = compression
    info.create_system = 3  # Unix on every system, for the same bytes
    info.external_attr = _READ_ONLY
    return info


def _read_member(archive: zipfile.ZipFile, name: str, longest: int) -> bytes:
    """Unpack a member, unless it would be larger than it may be."""
    if archive.getinfo(name).file_size > longest:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _document(ledger: Ledger) -> dict[str, Any]:
    patch = ledger.patch
    columns = (patch.x, patch.y, patch.channel, patch.old, patch.new)
    return {
        "schema": LEDGER_SCHEMA,
        "frame": ledger.frame,
        "format": ledger.file_format,
        "source": {"name": ledger.source_name, "size": ledger.source_size, "hash": ledger.source_hash},
        "fixed": {"name": ledger.fixed_name, "size": ledger.fixed_size, "hash": ledger.fixed_hash},
        "channels": [[each.name, each.sample.label] for each in patch.channels],
        "samples": [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)],
        "edits": [list(edit) for edit in ledger.edits],
        "notes": dict(ledger.notes),
    }


def _ledger_from(document: dict[str, Any], old_bytes: bytes) -> Ledger:
    source, fixed = document["source"], document["fixed"]
    if not isinstance(document["notes"], dict):
        raise TypeError("its notes are no object")
    return Ledger(
        frame=_whole(document["frame"]),
        file_format=str(document["format"]),
        source_name=str(source["name"]),
        fixed_name=str(fixed["name"]),
        source_size=_whole(source["size"]),
        fixed_size=_whole(fixed["size"]),
        source_hash=str(source["hash"]),
        fixed_hash=str(fixed["hash"]),
        edits=tuple(LedgerEdit(*(_whole(value) for value in row)) for row in document["edits"]),
        patch=_patch_from(document),
        old_bytes=old_bytes,
        notes=document["notes"],
    )


def _patch_from(document: dict[str, Any]) -> Patch:
    samples = {each.label: each for each in SampleType}
    channels = tuple(Channel(str(name), samples[label]) for name, label in document["channels"])
    rows = np.array([[_whole(value) for value in row] for row in document["samples"]], dtype=np.int64)
    x, y, channel, old, new = rows.reshape(-1, 5).T
    if len(rows) and not 0 <= channel.min() <= channel.max() < len(channels):
        raise ValueError("a sample is of a channel that is not listed")
    bits = np.stack([old, new])
    if bits.size and not 0 <= bits.min() <= bits.max() < 1 << 32:
        raise ValueError("a sample has more bits than there are")
    if len(rows) and max(abs(int(value)) for value in (x.min(), x.max(), y.min(), y.max())) >= 1 << 31:
        raise ValueError("a sample is outside of any picture")
    return Patch(
        _whole(document["frame"]),
        channels,
        x.astype(np.int32),
        y.astype(np.int32),
        channel.astype(np.int16),
        old.astype(np.uint32),
        new.astype(np.uint32),
    )


def _whole(value: object) -> int:
    """Return a JSON integer as it is; TypeError for anything else, true and 1.0 included."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value

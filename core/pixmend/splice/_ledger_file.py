# SPDX-License-Identifier: Apache-2.0
"""The ledger on disk: written the same for the same input, read with suspicion.

A ZIP of these members:

``ledger.json``
    For people and programs: the frame, both files with sizes and hashes, the channels,
    what was asked for, and how many rows the columns have.
``samples.bin``, ``collateral.bin``
    Columns x (int32), y (int32), channel (int16), old (uint32) and new (uint32) of all
    samples, one column after the other, little-endian.
``edits.bin``
    Columns offset in the source, old length and new length (int64, little-endian).
``old.bin``
    The replaced bytes of all edits, one after the other.
``xxh128``
    The XXH3 hash of all members before it, in hexadecimal digits.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
import xxhash

from pixmend.errors import ProofError
from pixmend.formats import ReadOptions
from pixmend.model import Channel, Method, Patch, Repair, SampleType
from pixmend.publish import publishing
from pixmend.splice._files import created
from pixmend.splice._ledger import LEDGER_SCHEMA, Ledger, LedgerEdit
from pixmend.splice._ledger_first import heading_of, ledger_of_first_version, whole_number

__all__ = ["read_ledger", "write_ledger"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name: the time is no part of a ledger
_RECORD, _OLD, _SEAL = "ledger.json", "old.bin", "xxh128"
_SAMPLES, _COLLATERAL, _EDITS = "samples.bin", "collateral.bin", "edits.bin"
_SEALED = (_RECORD, _SAMPLES, _COLLATERAL, _EDITS, _OLD)
_LONGEST_MEMBER = 1 << 30  # fifty million samples
_READ_ONLY = 0o644 << 16
_COLUMNS = {"x": "<i4", "y": "<i4", "channel": "<i2", "old": "<u4", "new": "<u4"}


def write_ledger(
    ledger: Ledger,
    path: Path,
    *,
    overwrite: bool = False,
    durable: bool = False,
    unpublish: Path | None = None,
) -> None:
    """Write a ledger whole or not at all; the same ledger gives the same bytes.

    Parameters
    ----------
    durable, unpublish
        As `publish.publishing`.

    Raises
    ------
    UsageError, TemporaryError
        As `publish.publishing`.
    """
    with (
        publishing(path, overwrite=overwrite, durable=durable, unpublish=unpublish) as temporary,
        created(temporary) as descriptor,
        open(descriptor, "wb", closefd=False) as stream,
    ):
        _store(ledger, stream)


def read_ledger(path: Path) -> Ledger:
    """Read a ledger and check that it does not contradict itself.

    Raises
    ------
    ProofError
        If it is not there, damaged, or of a newer version: without it nothing can be
        proved or undone.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path)
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


def _store(ledger: Ledger, stream: IO[bytes]) -> None:
    """Write the ZIP: to the disk at once, in memory the old bytes of a frame would be copied twice."""
    rows = [(each.offset, each.old_length, each.fixed_length) for each in ledger.edits]
    members = {
        _RECORD: json.dumps(_document(ledger), allow_nan=False, separators=(",", ":")).encode(),
        _SAMPLES: _columns_of(ledger.patch),
        _COLLATERAL: _columns_of(ledger.collateral),
        _EDITS: np.array(rows, "<i8").reshape(-1, 3).T.tobytes(),
        _OLD: ledger.old_bytes,
    }
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, member in members.items():
            compression = zipfile.ZIP_STORED if name == _OLD else zipfile.ZIP_DEFLATED
            archive.writestr(_member(name, compression), member)
        archive.writestr(_member(_SEAL, zipfile.ZIP_STORED), _sealing(members))


def _read(archive: zipfile.ZipFile, path: Path) -> Ledger:
    longest = path.stat().st_size  # of a member that is stored as it is
    record = _read_member(archive, _RECORD)
    document = json.loads(record)
    if document["schema"] == "pixmend.ledger/1":
        return ledger_of_first_version(document, _read_member(archive, _OLD, longest))
    if document["schema"] != LEDGER_SCHEMA:
        raise ProofError(
            f"the ledger's schema is {document['schema']!r}, this pixmend reads {LEDGER_SCHEMA!r} and older",
            where=str(path),
            hint="use the pixmend that wrote it, or a newer one",
        )
    members = {name: _read_member(archive, name) for name in _SEALED[1:-1]}
    members = {_RECORD: record, **members, _OLD: _read_member(archive, _OLD, longest)}
    if _read_member(archive, _SEAL) != _sealing(members):
        raise ValueError("it was changed after it was written")
    return _ledger_from(document, members)


def _sealing(members: Mapping[str, bytes]) -> bytes:
    """Return the hash of members: of their names, their lengths and what is in them."""
    state = xxhash.xxh3_128()
    for name, member in members.items():
        state.update(f"{name} {len(member)}\n".encode())
        state.update(member)
    return state.hexdigest().encode()


def _member(name: str, compression: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = compression
    info.create_system = 3  # Unix on every system, for the same bytes
    info.external_attr = _READ_ONLY
    return info


def _read_member(archive: zipfile.ZipFile, name: str, longest: int = _LONGEST_MEMBER) -> bytes:
    """Unpack a member, unless it would be larger than it may be."""
    if archive.getinfo(name).file_size > longest:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _document(ledger: Ledger) -> dict[str, Any]:
    return {
        "schema": LEDGER_SCHEMA,
        "frame": ledger.frame,
        "format": ledger.file_format,
        "options": asdict(ledger.options),
        "exact": ledger.exact,
        "in_place": ledger.in_place,
        "job": ledger.job,
        "source": {
            "name": ledger.source_name,
            "size": ledger.source_size,
            "mtime_ns": ledger.source_mtime_ns,
            "hash": ledger.source_hash,
            "digests": dict(ledger.source_digests),
        },
        "fixed": {
            "name": ledger.fixed_name,
            "size": ledger.fixed_size,
            "mtime_ns": ledger.fixed_mtime_ns,
            "hash": ledger.fixed_hash,
            "digests": dict(ledger.fixed_digests),
        },
        "channels": [[each.name, each.sample.label, list(each.sampling)] for each in ledger.patch.channels],
        "samples": len(ledger.patch),
        "collateral": len(ledger.collateral),
        "edits": len(ledger.edits),
        "notices": list(ledger.notices),
        **({"repairs": [_row_of(each) for each in ledger.repairs]} if ledger.repairs else {}),
        "notes": dict(ledger.notes),
    }


def _ledger_from(document: dict[str, Any], members: Mapping[str, bytes]) -> Ledger:
    source, fixed = document["source"], document["fixed"]
    heading = heading_of(document)
    channels, frame = _channels_from(document["channels"]), heading["frame"]
    return Ledger(
        **heading,
        edits=_edits_from(members[_EDITS], whole_number(document["edits"])),
        patch=_patch_from(members[_SAMPLES], whole_number(document["samples"]), channels, frame),
        old_bytes=members[_OLD],
        collateral=_patch_from(members[_COLLATERAL], whole_number(document["collateral"]), channels, frame),
        options=_options_from(document["options"]),
        exact=bool(document["exact"]),
        in_place=bool(document["in_place"]),
        job=str(document["job"]),
        source_mtime_ns=None if source["mtime_ns"] is None else whole_number(source["mtime_ns"]),
        fixed_mtime_ns=None if fixed["mtime_ns"] is None else whole_number(fixed["mtime_ns"]),
        source_digests={str(name): str(digits) for name, digits in source["digests"].items()},
        fixed_digests={str(name): str(digits) for name, digits in fixed["digests"].items()},
        notices=tuple(str(each) for each in document["notices"]),
        repairs=tuple(_repair_from(*row) for row in document.get("repairs", [])),
    )


def _row_of(repair: Repair) -> list[Any]:
    method = None if repair.method is None else repair.method.value
    return [repair.defect, method, repair.predicted_sigma, repair.left_sigma]


def _repair_from(defect: str, method: str | None, predicted_sigma: float, left_sigma: float | None) -> Repair:
    return Repair(
        defect=str(defect),
        method=None if method is None else Method(method),
        predicted_sigma=predicted_sigma,
        left_sigma=left_sigma,
    )


def _options_from(options: dict[str, Any]) -> ReadOptions:
    """Return how to read; options that a newer pixmend added and that were not used are nothing new."""
    known = asdict(ReadOptions())
    unknown = {name for name, value in options.items() if name not in known and value is not None}
    if unknown:
        raise ValueError(f"it needs {min(unknown)!r}, which this pixmend does not know")
    return ReadOptions(**{name: options[name] for name in known if name in options})


def _channels_from(rows: list[Any]) -> tuple[Channel, ...]:
    samples = {each.label: each for each in SampleType}
    channels = []
    for name, label, (across, down) in rows:
        channels.append(Channel(str(name), samples[label], (whole_number(across), whole_number(down))))
    return tuple(channels)


def _columns_of(patch: Patch) -> bytes:
    return b"".join(getattr(patch, name).astype(form).tobytes() for name, form in _COLUMNS.items())


def _patch_from(stored: bytes, count: int, channels: tuple[Channel, ...], frame: int) -> Patch:
    columns: dict[str, Any] = {}
    position = 0
    for name, form in _COLUMNS.items():
        column = np.frombuffer(stored, form, count, position)
        columns[name] = column.astype(column.dtype.newbyteorder("="))
        position += column.nbytes
    if position != len(stored):
        raise ValueError("its samples are not as many as it says")
    channel = columns["channel"]
    if count and not 0 <= channel.min() <= channel.max() < len(channels):
        raise ValueError("a sample is of a channel that is not listed")
    return Patch(frame, channels, **columns)


def _edits_from(stored: bytes, count: int) -> tuple[LedgerEdit, ...]:
    rows = np.frombuffer(stored, "<i8").reshape(3, count).T.tolist()
    edits = []
    shift = 0
    for offset, old_length, fixed_length in rows:
        edits.append(LedgerEdit(offset, old_length, offset + shift, fixed_length))
        shift += fixed_length - old_length
    return tuple(edits)

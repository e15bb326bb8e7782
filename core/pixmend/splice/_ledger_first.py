# SPDX-License-Identifier: Apache-2.0
"""Ledgers of version 1: rows of samples and edits in JSON. They are read for ever, and no longer written."""

from typing import Any

import numpy as np

from pixmend.model import Channel, Patch, SampleType
from pixmend.splice._ledger import Ledger, LedgerEdit

__all__ = ["heading_of", "ledger_of_first_version", "whole_number"]


def ledger_of_first_version(document: dict[str, Any], old_bytes: bytes) -> Ledger:
    """Return what a ledger of version 1 tells.

    Raises
    ------
    KeyError, TypeError, ValueError, OverflowError
        If it is damaged.
    """
    return Ledger(
        **heading_of(document),
        edits=tuple(LedgerEdit(*(whole_number(value) for value in row)) for row in document["edits"]),
        patch=_patch_from(document),
        old_bytes=old_bytes,
    )


def heading_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a ledger that all versions write alike; errors as `ledger_of_first_version`."""
    source, fixed = document["source"], document["fixed"]
    if not isinstance(document["notes"], dict):
        raise TypeError("its notes are no object")
    return {
        "frame": whole_number(document["frame"]),
        "file_format": str(document["format"]),
        "source_name": str(source["name"]),
        "fixed_name": str(fixed["name"]),
        "source_size": whole_number(source["size"]),
        "fixed_size": whole_number(fixed["size"]),
        "source_hash": str(source["hash"]),
        "fixed_hash": str(fixed["hash"]),
        "notes": document["notes"],
    }


def whole_number(value: object) -> int:
    """Return a JSON integer as it is; TypeError for anything else, true and 1.0 included."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _patch_from(document: dict[str, Any]) -> Patch:
    samples = {each.label: each for each in SampleType}
    channels = tuple(Channel(str(name), samples[label]) for name, label in document["channels"])
    rows = np.array([[whole_number(value) for value in row] for row in document["samples"]], dtype=np.int64)
    x, y, channel, old, new = rows.reshape(-1, 5).T
    if len(rows) and not 0 <= channel.min() <= channel.max() < len(channels):
        raise ValueError("a sample is of a channel that is not listed")
    bits = np.stack([old, new])
    if bits.size and not 0 <= bits.min() <= bits.max() < 1 << 32:
        raise ValueError("a sample has more bits than there are")
    if len(rows) and max(abs(int(value)) for value in (x.min(), x.max(), y.min(), y.max())) >= 1 << 31:
        raise ValueError("a sample is outside of any picture")
    return Patch(
        whole_number(document["frame"]),
        channels,
        x.astype(np.int32),
        y.astype(np.int32),
        channel.astype(np.int16),
        old.astype(np.uint32),
        new.astype(np.uint32),
    )

# SPDX-License-Identifier: Apache-2.0
"""What a run says once about all frames that it writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pixmend.formats import ReadOptions
from pixmend.model import Repair

__all__ = ["WriteSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSettings:
    """What a run says once about all frames that it writes, and what it says of one.

    Attributes
    ----------
    overwrite : bool
        Whether files at the targets may be replaced; no matter in place.
    options : ReadOptions
        How the files are to be read.
    exact : bool
        Store what a lossy codec would change as it is: larger, but to the bit.
    job : str
        Whatever tells this work from another on the same frames; kept in the ledger.
    hashes : tuple of str
        More hashes of both files for the ledger: ``md5``, ``sha256``, ``xxh64``.
    repairs : tuple of Repair
        What was done about each defect of the frame.
    notes : mapping
        JSON values to keep in the ledger.
    """

    overwrite: bool = False
    options: ReadOptions = field(default_factory=ReadOptions)
    exact: bool = False
    job: str = ""
    hashes: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

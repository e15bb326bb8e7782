# SPDX-License-Identifier: Apache-2.0
"""Patch to bytes: replace samples in files, keep a ledger, restore the original.

Nothing is decoded that does not change: untouched bytes are copied as they are.
"""

from pixmend.splice._container import Container, open_container
from pixmend.splice._edits import ByteEdit, hash_pair, paired_blocks
from pixmend.splice._files import FileBytes, open_bytes
from pixmend.splice._ledger import LEDGER_FOLDER, LEDGER_SCHEMA, Ledger, LedgerEdit, ledger_path
from pixmend.splice._ledger_file import read_ledger, write_ledger
from pixmend.splice._plan import Plan
from pixmend.splice._planning import check_patchable, plan_edits
from pixmend.splice._settings import WriteSettings
from pixmend.splice._write import check_is_fixed, restore, write_fixed

__all__ = [
    "LEDGER_FOLDER",
    "LEDGER_SCHEMA",
    "ByteEdit",
    "Container",
    "FileBytes",
    "Ledger",
    "LedgerEdit",
    "Plan",
    "WriteSettings",
    "check_is_fixed",
    "check_patchable",
    "hash_pair",
    "ledger_path",
    "open_bytes",
    "open_container",
    "paired_blocks",
    "plan_edits",
    "read_ledger",
    "restore",
    "write_fixed",
    "write_ledger",
]

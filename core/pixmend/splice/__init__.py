# SPDX-License-Identifier: Apache-2.0
"""Patch to bytes: replace samples in files, keep a ledger, restore the original.

Nothing is decoded that does not change: untouched bytes are copied as they are.
"""

from pixmend.splice._files import FileBytes, open_bytes
from pixmend.splice._hashes import HASH_NAMES, HashPair
from pixmend.splice._ledger import LEDGER_FOLDER, LEDGER_SCHEMA, Ledger, LedgerEdit, ledger_path
from pixmend.splice._ledger_file import read_ledger, write_ledger
from pixmend.splice._planning import check_patchable, plan_edits
from pixmend.splice._recover import Recovery, Undone, recover, undo_in_place
from pixmend.splice._settings import WriteSettings
from pixmend.splice._states import (
    FileState,
    check_is_fixed,
    file_state,
    is_original,
    not_fixed,
    state_by_hashes,
)
from pixmend.splice._weave import weave
from pixmend.splice._write import remove_names_of_finished, remove_stale_temporaries, restore, write_fixed
from pixmend.splice._write_in_place import write_in_place

__all__ = [
    "HASH_NAMES",
    "LEDGER_FOLDER",
    "LEDGER_SCHEMA",
    "FileBytes",
    "FileState",
    "HashPair",
    "Ledger",
    "LedgerEdit",
    "Recovery",
    "Undone",
    "WriteSettings",
    "check_is_fixed",
    "check_patchable",
    "file_state",
    "is_original",
    "ledger_path",
    "not_fixed",
    "open_bytes",
    "plan_edits",
    "read_ledger",
    "recover",
    "remove_names_of_finished",
    "remove_stale_temporaries",
    "restore",
    "state_by_hashes",
    "undo_in_place",
    "weave",
    "write_fixed",
    "write_in_place",
    "write_ledger",
]

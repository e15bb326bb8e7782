# SPDX-License-Identifier: Apache-2.0
"""Seals: checksum lists and ASC MHL generations, kept true for the files that a run touched."""

from pixmend.seal._hashed import ALGORITHMS, HashedFile
from pixmend.seal._lists import lists_naming, refresh_lists
from pixmend.seal._mhl import Generation, check_mhl, history_of, mhl_formats, write_generation

__all__ = [
    "ALGORITHMS",
    "Generation",
    "HashedFile",
    "check_mhl",
    "history_of",
    "lists_naming",
    "mhl_formats",
    "refresh_lists",
    "write_generation",
]

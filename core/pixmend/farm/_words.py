# SPDX-License-Identifier: Apache-2.0
"""Commands as text: what engines share that read scripts and lists of commands."""

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from pixmend.errors import UsageError
from pixmend.farm._site import Site

__all__ = ["check_words", "farm_folder", "shell_line"]


def check_words(words: Iterable[str]) -> None:
    """Check that words can stand on one line of a file.

    Raises
    ------
    UsageError
        If one holds a line break, which cuts a list of commands in two.
    """
    for word in words:
        if "\n" in word or "\r" in word:
            raise UsageError("a line break cannot be part of a command of a farm", where=repr(word))


def shell_line(words: Sequence[str]) -> str:
    """Return words as one line for a shell.

    Raises
    ------
    UsageError
        If one holds a line break.
    """
    check_words(words)
    return shlex.join(words)


def farm_folder(folder: Path, site: Site) -> str:
    """Return a folder as the machines of the farm see it."""
    return site.on_farm(os.path.abspath(folder))  # noqa: PTH100 - links stay: the farm may see them only so

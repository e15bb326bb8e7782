# SPDX-License-Identifier: Apache-2.0
"""How the command line is found and called: argument lists, a clean environment, no shell."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pixmend_nuke._problem import Problem

__all__ = ["as_typed", "clean_environment", "find_cli"]

# Nuke sets these for its own Python and Qt; a child of another Python must not see them.
_NUKES_OWN = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONEXECUTABLE",
    "PYTHONSTARTUP",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "QML2_IMPORT_PATH",
)
KEEP = "PIXMEND_KEEP_ENVIRONMENT"


def find_cli(named: str) -> str:
    """Return the pixmend command: the knob's, that of PIXMEND_CLI, or the first on PATH."""
    for where, given in (("the knob `cli`", named), ("PIXMEND_CLI", os.environ.get("PIXMEND_CLI", ""))):
        if given.strip():
            found = shutil.which(str(Path(given.strip()).expanduser()))
            if found is None:
                raise Problem(f"{where} names {given.strip()!r}, which is no program that can be run.")
            return found
    found = shutil.which("pixmend")
    if found is None:
        raise Problem(
            "The pixmend command is not found. Install it (pip install pixmend) and name it in the knob `cli` on the "
            "tab Settings, or in PIXMEND_CLI, or put it on PATH. The picture is not affected."
        )
    return found


def clean_environment(given: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: without what Nuke sets for itself.

    PIXMEND_KEEP_ENVIRONMENT keeps it as it is, for houses that launch everything by such variables.
    """
    kept = dict(os.environ if given is None else given)
    if not kept.get(KEEP):
        for name in _NUKES_OWN:
            kept.pop(name, None)
    kept["PYTHONUNBUFFERED"] = "1"
    return kept


def as_typed(argv: list[str]) -> str:
    """Return a command as a person would type it, for messages."""
    return " ".join(_quoted(each) for each in argv)


def _quoted(text: str) -> str:
    plain = all(each.isalnum() or each in "-_./:=,%+#@" for each in text)
    return text if text and plain else "'" + text.replace("'", "'\\''") + "'"

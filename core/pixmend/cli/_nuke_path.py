# SPDX-License-Identifier: Apache-2.0
"""``pixmend nuke-path``: the folder that Nuke has to know."""

from argparse import Namespace
from pathlib import Path

from pixmend.cli._arguments import ArgumentParser, add_common_options
from pixmend.cli._output import Result
from pixmend.errors import UsageError
from pixmend.progress import Progress

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "print the folder to add to NUKE_PATH, so that Nuke has the PixMend node"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_common_options(parser)


def run(args: Namespace, progress: Progress) -> Result:  # noqa: ARG001 - there is nothing to choose or to report
    """Find the plug-in: in an installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    for home in (package / "_nuke", package.parents[1]):
        plugin = home / "nuke_plugin"
        if (plugin / "init.py").is_file() and (home / "gizmos" / "PixMend.gizmo").is_file():
            return Result("nuke-path", str(plugin), {"path": str(plugin)})
    raise UsageError(
        "the Nuke plug-in is not part of this installation",
        where=str(package),
        hint="install pixmend from its wheel or its source distribution",
    )

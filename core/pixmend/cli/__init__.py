# SPDX-License-Identifier: Apache-2.0
"""The command line: one file a command, one place that prints."""

from pixmend.cli._main import main
from pixmend.cli._serve import serve_tasks

__all__ = ["main", "serve_tasks"]

# SPDX-License-Identifier: Apache-2.0
"""How long work says where it is; the command line decides whether that is a bar, lines or JSON."""

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """What a stage of work reports to. Called from one thread, in this order."""

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps; it ends the stage before."""
        ...

    def advance(self, count: int = 1) -> None:
        """Say that `count` more steps of the stage are done."""
        ...

    def note(self, sentence: str) -> None:
        """Tell the user one thing that was decided or that needs a look; at any time."""
        ...

    def finish(self) -> None:
        """End the last stage; may be called twice."""
        ...


class Silent:
    """A `Progress` that says nothing."""

    def start(self, stage: str, total: int) -> None:
        """Say nothing."""

    def advance(self, count: int = 1) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""

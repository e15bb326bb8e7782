# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, and how a compositor hears of it."""

import traceback

import nuke

__all__ = ["Problem", "tell", "tell_of_bug"]


class Problem(Exception):  # noqa: N818 - it is told to people, and no bug
    """One clear sentence for a compositor; the picture is as it was."""


def tell(sentence: str) -> None:
    """Say a sentence: in a window, or in the terminal where there is none."""
    if nuke.GUI:
        nuke.message(sentence)
    else:
        nuke.tprint("PixMend: " + sentence)


def tell_of_bug(exc: Exception) -> None:
    """Say that we made a mistake; its traceback goes to the terminal."""
    traceback.print_exception(type(exc), exc, exc.__traceback__)
    tell(
        f"PixMend met a bug: {type(exc).__name__}: {exc}\n"
        "The picture is not affected. Please send us the lines in the terminal."
    )

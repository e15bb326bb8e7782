# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, and how a compositor hears of it."""

import nuke

__all__ = ["Problem", "tell"]


class Problem(Exception):  # noqa: N818 - it is told to people, and no bug
    """One clear sentence for a compositor; the picture is as it was."""


def tell(sentence: str) -> None:
    """Say a sentence: in a window, or in the terminal where there is none."""
    if nuke.GUI:
        nuke.message(sentence)
    else:
        nuke.tprint("PixMend: " + sentence)

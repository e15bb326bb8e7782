# SPDX-License-Identifier: Apache-2.0
"""The buttons: each by the name of its knob, and none may harm a picture or Nuke."""

from __future__ import annotations

from typing import Callable

import nuke

from pixmend_nuke import _review, _work
from pixmend_nuke._node import set_status
from pixmend_nuke._problem import Problem, tell, tell_of_bug

__all__ = ["BUTTONS", "press"]

BUTTONS: dict[str, Callable[[nuke.Node], None]] = {
    "load_map": _work.load_map,
    "save_map": _work.save_map,
    "detect": _work.detect,
    "cancel": _work.cancel,
    "bake_now": _work.bake_now,
    "render": _work.render,
    "send_to_farm": _work.send_to_farm,
    "previous": _review.previous,
    "next": _review.following,
    "add": _review.add,
    "accept": _review.accept,
    "reject": _review.reject,
    "remove": _review.remove,
}


def press(node: nuke.Node, button: str) -> None:
    """Do what a button of the node says.

    With a window, whatever goes wrong ends in one message; without one, `Problem` is raised to the
    script that called.
    """
    try:
        BUTTONS[button](node)
    except Problem as problem:
        set_status(node, str(problem))
        if not nuke.GUI:
            raise
        tell(str(problem))
    except Exception as exc:
        if not nuke.GUI:
            raise
        tell_of_bug(exc)

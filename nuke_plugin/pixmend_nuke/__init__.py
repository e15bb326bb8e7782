# SPDX-License-Identifier: Apache-2.0
"""The Nuke side of pixmend: what the buttons of the PixMend node do.

Another program than pixmend: it speaks to the command line by argument lists, JSON and files, imports
nothing but Nuke and the standard library, and keeps to the grammar of Python 3.7 (Nuke 13).
"""

from pixmend_nuke._menu import add_menu
from pixmend_nuke._panel import press
from pixmend_nuke._problem import Problem
from pixmend_nuke._selfcheck import self_check
from pixmend_nuke._update import update_selected
from pixmend_nuke._version import VERSION

__all__ = ["VERSION", "Problem", "add_menu", "press", "self_check", "update_selected"]

# SPDX-License-Identifier: Apache-2.0
"""A strict stand-in for Nuke's Python module, for tests that have no Nuke.

What the stubs of `types-nuke` do not know is an AttributeError; what they know and nobody modelled is a
NotImplementedError; every call is bound to the stubs' signature; nodes and knobs belong to the main thread.
The PixMend node is built from the committed gizmo: a knob that is not in the file is not there.

Python 3.7 grammar: the plug-in's tests run in the Pythons of all Nukes.
"""

from tests.fakes.nuke._stubs import Stubs
from tests.fakes.nuke._world import World

__all__ = ["Stubs", "World"]

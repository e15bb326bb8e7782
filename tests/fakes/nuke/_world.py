# SPDX-License-Identifier: Apache-2.0
"""A Nuke session that is none: its root, frame, undo, messages, answers, and the module that scripts import."""

import contextlib
import functools
import queue
import sys
import threading
import types

from tests.fakes.nuke import _functions
from tests.fakes.nuke._nodes import Root
from tests.fakes.nuke._stubs import check_call


class World:
    """One session.

    Attributes
    ----------
    messages, printed, asked : list of str
        What `nuke.message`, `nuke.tprint` and `nuke.ask` said.
    answers, files : list
        What the next `nuke.ask` and `nuke.getFilename` return (True and None when empty).
    touched : set of str
        Nodes of which a script has asked a knob, or that it took out of a group.
    bars : list
        Progress bars that were made; `cancel_when(bar)` says whether the user presses Cancel.
    sampler : function or None
        What `node.sample` gives: of (node, channel, x, y).
    tcl : dict
        Tcl in texts and what it means.
    """

    def __init__(self, stubs, gizmo, *, gui=True, env=None):
        self.stubs, self.gizmo, self.gui = stubs, gizmo, gui
        self.main = threading.current_thread()
        self.messages, self.printed, self.asked, self.clicked = [], [], [], []
        self.answers, self.files, self.bars, self.menus, self.plugin_paths = [], [], [], [], []
        self.touched, self.tcl, self.steps = set(), {}, []
        self.open_step, self.at_frame, self.here, self.is_undo_on = None, 1001, None, True
        self.cancel_when = lambda _bar: False
        self.sampler = None
        self.env = {"nc": False, **(env or {})}
        self.waiting = queue.Queue()
        self.root = Root(self, "Root", "root", None)
        self.inside = [self.root]
        self.module = FakeModule(self)

    @contextlib.contextmanager
    def imported(self, *names):
        """Let `import nuke` give this session; modules that begin with `names` are imported anew."""
        kept = {
            name: sys.modules.pop(name)
            for name in list(sys.modules)
            if name.split(".")[0] in ("nuke", *names)
        }
        sys.modules["nuke"] = self.module
        try:
            yield self.module
        finally:
            for name in [each for each in sys.modules if each.split(".")[0] in ("nuke", *names)]:
                del sys.modules[name]
            sys.modules.update(kept)

    def assert_main(self, what):
        """Fail where another thread than Nuke's own touches what is Nuke's."""
        assert threading.current_thread() is self.main, f"{what} was called beside the main thread"

    @contextlib.contextmanager
    def at(self, node):
        """Run as a button of `node` does."""
        before, self.here = self.here, node
        try:
            yield
        finally:
            self.here = before

    def record(self, knob, old):
        """Remember what a knob was, for undo."""
        if not self.is_undo_on:
            return
        if self.open_step is not None:
            self.open_step[1].append((knob, old))
        else:
            self.steps.append(("set", [(knob, old)]))

    def undo(self):
        """Press Ctrl-Z."""
        _name, changes = self.steps.pop()
        for knob, old in reversed(changes):
            knob._value = old

    def pump(self, until, *, patience_s=120.0):
        """Do what worker threads ask of the main thread, until `until()` is true."""
        while not until():
            try:
                call, args, kwargs = self.waiting.get(timeout=patience_s)
            except queue.Empty:
                raise AssertionError("nothing came from the workers") from None
            call(*args, **kwargs)


class FakeModule(types.ModuleType):
    """`import nuke`."""

    def __init__(self, world):
        super().__init__("nuke")
        self.__dict__["_world"] = world

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        world = self._world
        if not world.stubs.knows(name):
            raise AttributeError(f"module 'nuke' has no attribute {name!r}")
        found = _functions.MODELLED.get(name)
        if found is None:
            raise NotImplementedError(f"nuke.{name} is not modelled")
        if name not in world.stubs.functions:
            return found(world)
        return _held(world, name, found)


def _held(world, name, function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        if not name.startswith("executeInMain"):
            world.assert_main(f"nuke.{name}")
        check_call(f"nuke.{name}", world.stubs.functions[name], args, kwargs)
        return function(world, *args, **kwargs)

    return call

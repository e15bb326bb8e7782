# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802, FBT002 (the names and signatures are those of Nuke)
"""Functions, constants and classes of the module, as far as they are modelled."""

import functools
import threading
from pathlib import Path

from tests.fakes.nuke._nodes import Format, Group, Node, build_group
from tests.fakes.nuke._strict import Strict

MODELLED = {}
_INPUTS = 1


def modelled(function):
    MODELLED[function.__name__] = function
    return function


def constant(name):
    def keep(function):
        MODELLED[name] = function
        return function

    return keep


@constant("GUI")
def _gui(world):
    return world.gui


@constant("INPUTS")
def _inputs(world):
    return _INPUTS


@constant("env")
def _env(world):
    return world.env


@constant("NUKE_VERSION_STRING")
def _version(world):
    return "13.2v8"


@constant("Node")
def _node_class(world):
    return Node


@constant("Group")
def _group_class(world):
    return Group


@constant("Undo")
def _undo_class(world):
    return functools.partial(Undo, world)


@constant("ProgressTask")
def _progress_class(world):
    return functools.partial(ProgressTask, world)


class Undo(Strict):
    like = "Undo"

    def begin(self, name):
        assert self.world.open_step is None, "undo steps are not nested here"
        self.world.open_step = (name, [])

    def disable(self):
        self.world.is_undo_on = False

    def enable(self):
        self.world.is_undo_on = True

    def end(self):
        step, self.world.open_step = self.world.open_step, None
        if step[1]:
            self.world.steps.append(step)

    def cancel(self):
        step, self.world.open_step = self.world.open_step, None
        for knob, old in reversed(step[1]):
            knob._value = old


class ProgressTask(Strict):
    like = "ProgressTask"

    def __init__(self, world, name):
        super().__init__(world)
        assert world.gui, "there are no bars without a window"
        self.title, self.percents, self.sentences = name, [], []
        world.bars.append(self)

    def setProgress(self, percent):
        assert isinstance(percent, int)
        assert 0 <= percent <= 100
        self.percents.append(percent)

    def setMessage(self, sentence):
        self.sentences.append(sentence)

    def isCancelled(self):
        return self.world.cancel_when(self)


@modelled
def message(world, prompt):
    assert world.gui, "nuke.message without a window waits for ever"
    world.messages.append(prompt)


@modelled
def ask(world, prompt):
    assert world.gui, "nuke.ask without a window waits for ever"
    world.asked.append(prompt)
    return world.answers.pop(0) if world.answers else True


@modelled
def getFilename(world, message, pattern="", default="", favorites="", type="", multiple=False):  # noqa: A002 (Nuke's own names)
    assert world.gui, "nuke.getFilename needs a window"
    world.asked.append(message)
    return world.files.pop(0) if world.files else None


@modelled
def tprint(world, *args, sep=" ", end="\n", file=None):
    world.printed.append(sep.join(map(str, args)))


@modelled
def executeInMainThread(world, call, args=(), kwargs=None):
    assert threading.current_thread() is not world.main, "Nuke hangs when its main thread calls this"
    world.waiting.put((call, args, kwargs or {}))


@modelled
def frame(world, f=None):
    if f is not None:
        world.at_frame = int(f)
    return world.at_frame


@modelled
def root(world):
    return world.root


@modelled
def thisNode(world):
    return world.here


@modelled
def thisView(world):
    return "main"


@modelled
def toNode(world, s):
    return world.root.node(s)


@modelled
def selectedNodes(world, filter=""):  # noqa: A002 (Nuke's own name)
    return [each for each in world.inside[-1]._children if each._selected]


@modelled
def delete(world, n):
    n._alive()
    n._parent._children.remove(n)
    for each in n._parent._children:
        each._inputs = [None if other is n else other for other in each._inputs]
    n._deleted = True


@modelled
def nodeCopy(world, s):
    """Write the gizmo's own text: what Nuke makes of a kernel's description is what the self-check asks."""
    Path(s).write_text(world.gizmo["text"], encoding="ascii")


@modelled
def filename(world, node, i=0):
    return node["file"].evaluate() if "file" in node.knobs() else None


@modelled
def createNode(world, typ, knobs="", inpanel=True):
    parent = world.inside[-1]
    node = build_group(world, world.gizmo, parent) if typ == "PixMend" else Node(world, typ, typ, parent)
    taken = {each._name for each in parent._children}
    stem = node._name.rstrip("0123456789")
    node._name = next(name for name in (f"{stem}{number}" for number in range(1, 999)) if name not in taken)
    chosen = [each for each in parent._children if each._selected]
    if chosen:
        node._inputs = [chosen[0]]
    for each in parent._children:
        each._selected = False
    node._selected = True
    parent._children.append(node)
    words = knobs.split()
    for name, value in [(words[at], words[at + 1]) for at in range(0, len(words) - 1, 2)]:
        node._knobs[name].setValue(value)
    return node


@modelled
def pluginAddPath(world, args, addToSysPath=True):
    world.plugin_paths.append(args)


class Menu(Strict):
    like = "Menu"

    def __init__(self, world, name):
        super().__init__(world)
        self._name = name

    def addMenu(self, name):
        return Menu(self.world, f"{self._name}/{name}")

    def addCommand(self, name, command):
        self.world.menus.append((f"{self._name}/{name}", command))


@modelled
def menu(world, name):
    return Menu(world, name)


__all__ = ["MODELLED", "Format"]

# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802, FBT002, ARG002 (the names and signatures are those of Nuke)
"""Nodes: classes, inputs, groups. Knobs of stock nodes are those that the plug-in touches."""

from tests.fakes.nuke import _knobs
from tests.fakes.nuke._strict import Strict

STOCK = {
    "Read": {
        "file": _knobs.File,
        "first": _knobs.Int,
        "last": _knobs.Int,
        "origfirst": _knobs.Int,
        "origlast": _knobs.Int,
        "raw": _knobs.Boolean,
        "frame": _knobs.String,
        "colorspace": _knobs.Knob,
        "on_error": _knobs.Knob,
        "reload": _knobs.Button,
    },
    "BlinkScript": {"useGPUIfAvailable": _knobs.Boolean, "gpuName": _knobs.Knob},
}


class Format(Strict):
    like = "Format"

    def __init__(self, world, width, height):
        super().__init__(world)
        self._size = (width, height)

    def width(self):
        return self._size[0]

    def height(self):
        return self._size[1]


class Node(Strict):
    like = "Node"

    def __init__(self, world, kind, name, parent):
        super().__init__(world)
        self._kind, self._name, self._parent = kind, name, parent
        self._inputs, self._children, self._deleted = [], [], False
        self._place, self._selected, self._format = (0, 0), False, None
        made = STOCK.get(kind, {})
        self._knobs = {each: make(world, self, each) for each, make in made.items()}

    def _alive(self):
        if self._deleted:
            raise ValueError("A PythonObject is not attached to a node")

    def Class(self):
        self._alive()
        return self._kind

    def name(self):
        self._alive()
        return self._name

    def fullName(self):
        self._alive()
        above = self._parent
        return self._name if above is None or above._parent is None else f"{above.fullName()}.{self._name}"

    def setName(self, name, uncollide=True, updateExpressions=False):
        self._name = name

    def parent(self):
        return self._parent

    def knobs(self):
        self._alive()
        return dict(self._knobs)

    def knob(self, p, follow_link=False):
        return self._knobs.get(p)

    def __getitem__(self, name):
        self.world.assert_main(f"{self._name}[{name!r}]")
        self._alive()
        self.world.touched.add(self.fullName())
        if name not in self._knobs:
            raise NameError(f"knob {name} does not exist")
        return self._knobs[name]

    def inputs(self):
        return len(self._inputs)

    def input(self, index):
        self._alive()
        return self._inputs[index] if index < len(self._inputs) else None

    def setInput(self, i, node):
        self._inputs += [None] * (i + 1 - len(self._inputs))
        self._inputs[i] = node
        return True

    def dependent(self, mask, forceEvaluate=True):
        return [each for each in self._parent._children if any(other is self for other in each._inputs)]

    def format(self):
        if self._format is not None:
            return self._format
        return (
            self._inputs[0].format() if self._inputs and self._inputs[0] else Format(self.world, 2048, 1556)
        )

    def sample(self, c, x, y, dx=1, dy=1, frame=None):
        return self.world.sampler(self, c, x, y)

    def setXYpos(self, x, y):
        self._place = (x, y)

    def xpos(self):
        return self._place[0]

    def ypos(self):
        return self._place[1]

    def setSelected(self, selected):
        self._selected = selected

    def isSelected(self):
        return self._selected


class Group(Node):
    like = "Group"

    def node(self, s):
        found = next((each for each in self._children if each.name() == s), None)
        if found is not None:
            self.world.touched.add(found.fullName())
        return found

    def nodes(self):
        self.world.touched |= {each.fullName() for each in self._children}
        return list(self._children)

    def begin(self):
        self.world.inside.append(self)
        return self

    def end(self):
        self.world.inside.pop()

    def __enter__(self):
        return self.begin()

    def __exit__(self, *_):
        self.end()


class Root(Group):
    like = "Root"

    def __init__(self, world, kind, name, parent):
        super().__init__(world, kind, name, parent)
        self._knobs["proxy"] = _knobs.Boolean(world, self, "proxy")

    def proxy(self):
        return self._knobs["proxy"]._value


def build_group(world, declared, parent):
    """Return the node of a gizmo, described as plain values: `world.GIZMO` says the form."""
    group = Group(world, "Group", declared["name"], parent)
    for each in declared["user_knobs"]:
        group._knobs[each["name"]] = _knobs.BY_CODE[each["code"]](world, group, each["name"], each)
    for each in declared["children"]:
        child = Node(world, each["kind"], each["name"], group)
        child._knobs.update(
            {
                name: _knobs.Boolean(world, child, name, {"value": value})
                if value in ("true", "false")
                else _knobs.Knob(world, child, name, {"value": value})
                for name, value in each["knobs"].items()
                if name not in child._knobs
            }
        )
        group._children.append(child)
    return group

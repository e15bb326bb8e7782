# SPDX-License-Identifier: Apache-2.0
"""A `.gizmo` or `.nk` text to nodes with knobs and inputs.

The text is a stack machine: a node takes its inputs from the top of the stack (the top one is input 0) and is
pushed itself; `set N [stack 0]` names the top, `push $N` pushes it again, `push 0` pushes nothing; what stands
between `Group {...}` and `end_group` has a stack of its own. Read off the public forms of 544 gizmos.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from nuke_proof.graph._words import GraphError, Word, split_commands, split_words

__all__ = ["Node", "UserKnob", "read_gizmo", "read_script"]

_IGNORED = {"version", "Root"}  # what a saved script holds besides nodes; lint keeps them out of a gizmo


@dataclass(frozen=True)
class UserKnob:
    """What `addUserKnob {code name ...}` declares."""

    code: int
    name: str
    label: str | None = None
    tooltip: str | None = None
    text: str | None = None  # the script of a button, the words of a text knob, the target of a link
    choices: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    position: int = 0  # of a tab or group: 1 opens, -1 closes


@dataclass(eq=False)
class Node:
    """A node: its class, its knobs in the order of the file, who feeds it, and, of a Group, what is inside."""

    kind: str
    knobs: dict[str, Word] = field(default_factory=dict)
    user_knobs: dict[str, UserKnob] = field(default_factory=dict)
    inputs: list["Node | None"] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    layers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what add_layer declares inside a group
    parent: "Node | None" = None

    @property
    def name(self) -> str:
        """The node's name; empty for none."""
        word = self.knobs.get("name")
        return word.text if word else ""

    def child(self, name: str) -> "Node | None":
        """Return the node of that name inside this group."""
        return next((child for child in self.children if child.name == name), None)

    def walk(self) -> Iterator["Node"]:
        """Yield this node and all inside it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_gizmo(text: str) -> Node:
    """Return the one node of a gizmo file.

    Raises
    ------
    GraphError
        The text is no gizmo of one node, or holds a form that is not known.
    """
    nodes = read_script(text)
    if len(nodes) != 1:
        raise GraphError(f"a gizmo is one node, and here are {len(nodes)}")
    return nodes[0]


def read_script(text: str) -> list[Node]:
    """Return the nodes at the top of a script; those of groups are their `children`."""
    root = Node("Root")
    reading = _Level(root)
    levels = [reading]
    for command in split_commands(text):
        word = command[0].text
        if word == "end_group":
            levels.pop()
            if not levels:
                raise GraphError("end_group without a group")
        elif not _is_no_node(levels[-1], command) and word not in _IGNORED:
            node = levels[-1].add(_read_node(command))
            if word in {"Group", "Gizmo"}:
                levels.append(_Level(node))
    if len(levels) != 1:
        raise GraphError(f"the group {levels[-1].group.name!r} is never closed")
    return root.children


@dataclass
class _Level:
    """One group while it is read: its stack, and what `set` has named."""

    group: Node
    stack: list[Node | None] = field(default_factory=list)
    named: dict[str, Node | None] = field(default_factory=dict)

    def add(self, node: Node) -> Node:
        wanted = node.knobs.pop("inputs", Word("1")).text
        try:
            count = sum(int(part) for part in wanted.split("+"))
        except ValueError:
            raise GraphError(f"inputs {wanted!r} is no number") from None
        node.inputs = [self.stack.pop() if self.stack else None for _ in range(count)]
        node.parent = self.group
        self.group.children.append(node)
        self.stack.append(node)
        return node


def _is_no_node(level: _Level, command: list[Word]) -> bool:
    words = [word.text for word in command]
    if words[0] == "add_layer" and len(words) == 2:
        layer, *channels = (word.text for word in split_words(words[1]))
        level.group.layers[layer] = tuple(channels)
        return True
    if words[0] == "push" and len(words) == 2:
        if words[1] != "0" and words[1] != "$cut_paste_input" and words[1][1:] not in level.named:
            raise GraphError(f"push {words[1]} names nothing")
        level.stack.append(level.named.get(words[1][1:]))
        return True
    if words[0] == "set":
        if words[1:] == ["cut_paste_input", "[stack", "0]"]:
            return True
        if len(words) != 4 or words[2:] != ["[stack", "0]"]:
            raise GraphError(f"{' '.join(words)!r} is not a known form of set")
        level.named[words[1]] = level.stack[-1] if level.stack else None
        return True
    return False


def _read_node(command: list[Word]) -> Node:
    if len(command) != 2 or not command[1].braced:
        raise GraphError(f"{command[0].text!r} is neither a node nor a command that is known")
    node = Node(command[0].text)
    for line in split_commands(command[1].text):
        if len(line) != 2:
            raise GraphError(f"{node.kind}: {line[0].text!r} has {len(line) - 1} values, not one")
        name, value = line
        if name.text == "addUserKnob":
            knob = _read_user_knob(value.text)
            node.user_knobs[knob.name] = knob
        elif name.text in node.knobs and name.text not in {"rebuild", "rebuild_finalise"}:
            raise GraphError(f"{node.kind}: {name.text!r} stands there twice")
        else:
            node.knobs[name.text] = value
    return node


def _read_user_knob(text: str) -> UserKnob:
    code, *rest = split_words(text)
    name = rest.pop(0).text if rest else ""
    said: dict[str, str] = {}
    flags: set[str] = set()
    while rest:
        word = rest.pop(0).text
        if word[0] in "+-" and word[1:].isupper():
            flags.add(word)
        elif word == "R" and len(rest) >= 2:
            said[word] = f"{rest.pop(0).text} {rest.pop(0).text}"
        elif word in {"l", "t", "T", "M", "n"} and rest:
            said[word] = rest.pop(0).text
        else:
            raise GraphError(f"addUserKnob {name}: {word!r} is not known")
    return UserKnob(
        int(code.text),
        name,
        label=said.get("l"),
        tooltip=said.get("t"),
        text=said.get("T"),
        choices=tuple(choice.text for choice in split_words(said.get("M", ""))),
        flags=frozenset(flags),
        position=int(said.get("n", "0")),
    )

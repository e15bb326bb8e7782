# SPDX-License-Identifier: Apache-2.0
"""One frame of a group, computed from its nodes: knobs, expressions, and the images that flow between them.

A node is computed when somebody asks for it, once; a Switch asks for one input only. What a class or a knob does
is in `_nodes.py`, and what is not there is an error: this proves a gizmo that keeps to what is known, and no other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nuke_proof.graph._expressions import Values, evaluate, parse
from nuke_proof.graph._image import Image, black
from nuke_proof.graph._reader import Node, UserKnob
from nuke_proof.graph._tcl import Command, run, substitute
from nuke_proof.graph._words import GraphError, Word, split_words

__all__ = ["Evaluation", "Files", "Scene", "rule"]

_FIELDS = {"x": 0, "y": 1, "z": 2, "r": 0, "g": 1, "b": 2, "a": 3, "u": 0, "v": 1, "w": 0, "h": 1}
_STRINGS = {1, 2, 43}  # codes of user knobs that hold text
_BOOLEANS = {"true": 1.0, "false": 0.0}


class Files(Protocol):
    """The disk, as Read nodes and `[file exists ...]` see it."""

    def exists(self, path: str) -> bool:
        """Say whether there is a file or a folder."""

    def read(self, path: str) -> Image:
        """Return a file's picture."""


Blink = Callable[[Node, list[Image]], Image]


@dataclass(frozen=True)
class Scene:
    """What stands around the gizmo: who feeds it, its knobs as the user set them, the frame, the project."""

    inputs: Mapping[int, Image]
    files: Files
    frame: int = 1
    knobs: Mapping[str, float | str] = field(default_factory=dict)
    proxy: bool = False
    gui: bool = True
    format: tuple[int, int] = (64, 48)
    blink: Blink | None = None


Rule = Callable[["Evaluation", Node], Image]
_RULES: dict[str, tuple[frozenset[str], Rule]] = {}
_SIDE = re.compile(r"input(\d?)\.(width|height)")
_ANYWHERE = frozenset({"name", "label", "help", "tile_color", "note_font", "note_font_size", "disable"})


def rule(kind: str, *knobs: str) -> Callable[[Rule], Rule]:
    """Register what nodes of a class do, and the knobs whose meaning is modelled."""

    def keep(function: Rule) -> Rule:
        _RULES[kind] = (frozenset(knobs) | _ANYWHERE, function)
        return function

    return keep


class Evaluation:
    """One frame of a group in a scene."""

    def __init__(self, group: Node, scene: Scene) -> None:
        self.group, self.scene = group, scene
        self.layers = {name for node in group.walk() for name in node.layers}
        self._images: dict[int, Image] = {}
        unknown = set(scene.knobs) - set(group.user_knobs)
        if unknown:
            raise GraphError(f"the group has no knob {', '.join(sorted(unknown))}")

    def output(self) -> Image:
        """Return what the group gives."""
        outputs = [child for child in self.group.children if child.kind == "Output"]
        if len(outputs) != 1:
            raise GraphError(f"{len(outputs)} outputs")
        return self.image(outputs[0])

    def image(self, node: Node | None) -> Image:
        """Return what a node gives; what nothing gives, where nothing is connected."""
        if node is None:
            return black(self.scene.format)
        if id(node) not in self._images:
            self._images[id(node)] = self._compute(node)
        return self._images[id(node)]

    def input(self, node: Node, number: int) -> Image:
        """Return what a node's input gives."""
        return self.image(node.inputs[number] if number < len(node.inputs) else None)

    def _compute(self, node: Node) -> Image:
        if node.kind not in _RULES:
            raise GraphError(f"{node.kind} {node.name}: the class is not modelled")
        knobs, function = _RULES[node.kind]
        unknown = set(node.knobs) - knobs
        if unknown:
            raise GraphError(f"{node.kind} {node.name}: not modelled: {', '.join(sorted(unknown))}")
        if self.number(node, "disable"):
            if not node.inputs:
                raise GraphError(f"{node.kind} {node.name}: disabled, and has no input to pass")
            return self.input(node, 0)
        return function(self, node)

    # Knobs

    def number(self, node: Node, knob: str, default: float = 0.0, index: int = 0) -> float:
        """Return a knob's number, or one of its numbers."""
        numbers = self.numbers(node, knob)
        return default if not numbers else numbers[min(index, len(numbers) - 1)]

    def numbers(self, node: Node, knob: str) -> list[float]:
        """Return all numbers of a knob; none where it is not set."""
        user = node.user_knobs.get(knob)
        if node is self.group and knob in self.scene.knobs:
            return [_as_number(self.scene.knobs[knob], user)]
        word = node.knobs.get(knob)
        if word is None:
            return [] if user is None else [0.0]
        if not word.braced:
            return [_as_number(word.text, user)]
        return [
            float(self.expression(node, _expression_text(item)))
            if item.braced
            else _as_number(item.text, user)
            for item in split_words(word.text)
        ]

    def text(self, node: Node, knob: str, default: str = "") -> str:
        """Return a knob's text, what stands in brackets replaced."""
        if node is self.group and knob in self.scene.knobs:
            return str(self.scene.knobs[knob])
        word = node.knobs.get(knob)
        user = node.user_knobs.get(knob)
        if word is None:
            return user.choices[0] if user and user.choices else default
        return substitute(word.text, self._commands(node))

    def expression(self, node: Node, text: str) -> Values:
        """Return what a knob's expression gives, in double precision."""
        return evaluate(parse(text), _KnobNames(self, node))

    def command(self, node: Node, text: str) -> float:
        """Return the number that a Tcl command gives."""
        return _as_number(run(text, self._commands(node)), None)

    def _commands(self, node: Node) -> Mapping[str, Command]:
        return {
            "value": lambda words: self.value_text(node, words[0]),
            "exists": lambda words: str(int(self.exists(node, words[0]))),
            "file exists": lambda words: str(int(self.scene.files.exists(words[0]))),
            "string tolower": lambda words: words[0].lower(),
            "expression": lambda words: f"{float(self.expression(node, words[0])):.9g}",
            "format": lambda words: words[0] % tuple(int(float(word)) for word in words[1:]),
            "frame": lambda _: str(self.scene.frame),
            "if": lambda words: self._either(node, words),
        }

    def _either(self, node: Node, words: list[str]) -> str:
        chosen = words[1] if float(self.expression(node, words[0])) else words[-1]
        return substitute(chosen, self._commands(node))

    # Names

    def knob_number(self, node: Node, name: str) -> float:
        """Return what a dotted name stands for, seen from a node [Foundry, nuke.knob]."""
        if name == "frame":
            return float(self.scene.frame)
        if name in {"proxy", "root.proxy"}:
            return float(self.scene.proxy)
        if name == "$gui":  # 1 in the interface, 0 in a render without it [Foundry, bypass_gui_renders]
            return float(self.scene.gui)
        if side := _SIDE.fullmatch(name):  # of the input's format [R: "input.width"]
            format_ = self.input(node, int(side[1] or 0)).format
            return float(format_[0 if side[2] == "width" else 1])
        owner, knob, fields = self._owner(node, name)
        if len(fields) > 1 or (fields and fields[0] not in _FIELDS and not fields[0].isdigit()):
            raise GraphError(f"{name}: the field is not modelled")
        index = 0 if not fields else _FIELDS.get(fields[0], -1) if fields[0] in _FIELDS else int(fields[0])
        return self.number(owner, knob, index=index)

    def value_text(self, node: Node, name: str) -> str:
        """Return what `[value name]` gives."""
        owner, knob, fields = self._owner(node, name)
        user = owner.user_knobs.get(knob)
        if fields:
            return f"{self.knob_number(node, name):.9g}"
        if user is not None and user.code not in _STRINGS and not user.choices:
            return f"{self.number(owner, knob):.9g}"
        return self.text(owner, knob)

    def exists(self, node: Node, name: str) -> bool:
        """Say whether `[exists name]`: an input that is connected, or a knob."""
        owner, _, last = name.rpartition(".")
        if last.startswith("input") and owner == "parent":
            return int(last.removeprefix("input") or 0) in self.scene.inputs
        try:
            self._owner(node, name)
        except GraphError:
            return False
        return True

    def _owner(self, node: Node, name: str) -> tuple[Node, str, list[str]]:
        parts = name.split(".")
        owner = node
        if parts[0] == "this":
            parts = parts[1:]
        elif parts[0] == "parent":
            owner, parts = node.parent or node, parts[1:]
        elif parts[0] not in node.knobs and len(parts) > 1:
            inside = (node if node is self.group else node.parent) or node
            found = inside.child(parts[0])
            if found is not None:
                owner, parts = found, parts[1:]
        if not parts or (parts[0] not in owner.knobs and parts[0] not in owner.user_knobs):
            raise GraphError(f"{node.kind} {node.name}: {name!r} names nothing that is set or modelled")
        return owner, parts[0], parts[1:]


class _KnobNames:
    """What names stand for in a knob's expression."""

    def __init__(self, evaluation: Evaluation, node: Node) -> None:
        self.evaluation, self.node = evaluation, node

    def number(self, value: float) -> Values:
        return np.asarray(value, dtype=np.float64)

    def value(self, name: str) -> Values:
        return self.number(self.evaluation.knob_number(self.node, name))

    def neighbour(self, name: str, at: tuple[Values, Values]) -> Values:
        raise GraphError(f"{name}({at[0]}, {at[1]}): a knob has no pixels")

    def command(self, text: str) -> Values:
        return self.number(self.evaluation.command(self.node, text))


def _expression_text(item: Word) -> str:
    r"""Return the expression of a braced item: `{frame}` or `{"\\[exists parent.input1]"}`."""
    if item.text.lstrip().startswith('"'):
        (word,) = split_words(item.text)
        return word.text
    return item.text


def _as_number(value: float | str, user: UserKnob | None) -> float:
    if not isinstance(value, str):
        return float(value)
    if user is not None and value in user.choices:
        return float(user.choices.index(value))
    try:
        return _BOOLEANS[value] if value in _BOOLEANS else float(value)
    except ValueError:
        raise GraphError(f"{value!r} is no number") from None

# SPDX-License-Identifier: Apache-2.0
"""Nuke's expression language, as far as the gizmo speaks it: parsed once, evaluated on numbers or on planes.

Everything is a floating-point number; true is 1 and false 0 [Foundry, nuke.expression]. Operators bind as in C
[Foundry, Expression: "C-like syntax"]. What this file does not list is an error. In pixels the arithmetic is
32-bit [Foundry, Expression], each operation rounded; that Nuke fuses none of them is an assumption.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nuke_proof.graph._words import GraphError

__all__ = ["FUNCTIONS", "Names", "Values", "evaluate", "parse"]

Values = NDArray[np.floating]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|(?P<name>\$gui\b|[A-Za-z_][\w.]*)"
    r"|(?P<mark>\|\||&&|==|!=|<=|>=|[-+*/<>!?:(),]))"
)
_LEVELS = [["||"], ["&&"], ["==", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "/"]]


class Names(Protocol):
    """What the names of an expression stand for, in the precision that it is evaluated in."""

    def number(self, value: float) -> Values:
        """Return a constant."""

    def value(self, name: str) -> Values:
        """Return what a name stands for: a channel, a coordinate, a knob."""

    def neighbour(self, name: str, at: tuple[Values, Values]) -> Values:
        """Return a channel somewhere else, as in `r(x+1,y)`."""

    def command(self, text: str) -> Values:
        """Return the number that a Tcl command in brackets gives."""


@dataclass(frozen=True)
class Term:
    """One node of a parsed expression."""

    kind: str  # number, name, tcl, call, or an operator
    text: str = ""
    parts: tuple["Term", ...] = ()


@lru_cache(maxsize=512)
def parse(text: str) -> Term:
    """Return an expression as a tree.

    Raises
    ------
    GraphError
        The text is empty, or uses what is not modelled.
    """
    parser = _Parser(_tokens(text), text)
    term = parser.ternary()
    if parser.tokens:
        raise parser.wrong()
    return term


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        if text[at] == "[":
            end = _closing_bracket(text, at)
            tokens.append(("tcl", text[at + 1 : end]))
            at = end + 1
            continue
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise GraphError(f"{text[at : at + 20]!r} is not modelled in {text!r}")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _closing_bracket(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise GraphError(f"a bracket is never closed in {text!r}")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self.tokens, self.text = tokens, text

    def wrong(self) -> GraphError:
        at = self.tokens[0][1] if self.tokens else "the end"
        return GraphError(f"{at!r} is not expected in {self.text!r}")

    def takes(self, *marks: str) -> str | None:
        if self.tokens and self.tokens[0][0] == "mark" and self.tokens[0][1] in marks:
            return self.tokens.pop(0)[1]
        return None

    def must_take(self, mark: str) -> None:
        if self.takes(mark) is None:
            raise self.wrong()

    def ternary(self) -> Term:
        condition = self.binary(0)
        if self.takes("?") is None:
            return condition
        yes = self.ternary()
        self.must_take(":")
        return Term("?", parts=(condition, yes, self.ternary()))

    def binary(self, level: int) -> Term:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while mark := self.takes(*_LEVELS[level]):
            left = Term(mark, parts=(left, self.binary(level + 1)))
        return left

    def unary(self) -> Term:
        if mark := self.takes("-", "!"):
            return Term("negate" if mark == "-" else "!", parts=(self.unary(),))
        return self.atom()

    def atom(self) -> Term:
        if self.takes("("):
            inside = self.ternary()
            self.must_take(")")
            return inside
        if not self.tokens or self.tokens[0][0] == "mark":
            raise self.wrong()
        kind, text = self.tokens.pop(0)
        if kind != "name" or self.takes("(") is None:
            return Term(kind, text)
        arguments = [self.ternary()]
        while self.takes(","):
            arguments.append(self.ternary())
        self.must_take(")")
        return Term("call", text, tuple(arguments))


def evaluate(term: Term, names: Names) -> Values:
    """Return what an expression gives, every branch of it computed, as numbers of `names`' precision."""
    if term.kind == "number":
        return names.number(float(term.text))
    if term.kind == "name":
        return names.value(term.text)
    if term.kind == "tcl":
        return names.command(term.text)
    parts = [evaluate(part, names) for part in term.parts]
    with np.errstate(all="ignore"):  # as in Nuke, 1 / 0 is an infinity and not a complaint
        if term.kind == "call":
            return _call(term.text, parts, names)
        one, zero = names.number(1.0), names.number(0.0)
        if term.kind == "?":
            return np.where(_true(parts[0]), parts[1], parts[2])
        result = _OPERATORS[term.kind](*parts)
        return np.where(result, one, zero) if result.dtype == np.bool_ else result


def _call(name: str, parts: list[Values], names: Names) -> Values:
    if name not in FUNCTIONS:
        if len(parts) != 2:
            raise GraphError(f"{name}() is not modelled")
        return names.neighbour(name, (parts[0], parts[1]))
    counts, function = FUNCTIONS[name]
    if len(parts) not in counts:
        raise GraphError(f"{name}() does not take {len(parts)} arguments")
    result = np.asarray(function(*parts))
    return np.where(result, names.number(1.0), names.number(0.0)) if result.dtype == np.bool_ else result


def _true(values: Values) -> NDArray[np.bool_]:
    return np.asarray(values != 0.0)


_OPERATORS: dict[str, Callable[..., NDArray[Any]]] = {
    "||": lambda a, b: _true(a) | _true(b),
    "&&": lambda a, b: _true(a) & _true(b),
    "!": lambda a: ~_true(a),
    "==": lambda a, b: np.asarray(a == b),
    "!=": lambda a, b: np.asarray(a != b),
    "<": lambda a, b: np.asarray(a < b),
    "<=": lambda a, b: np.asarray(a <= b),
    ">": lambda a, b: np.asarray(a > b),
    ">=": lambda a, b: np.asarray(a >= b),
    "+": lambda a, b: np.asarray(a + b),
    "-": lambda a, b: np.asarray(a - b),
    "*": lambda a, b: np.asarray(a * b),
    "/": lambda a, b: np.asarray(a / b),
    "negate": lambda a: np.asarray(-a),
}


def _least(*values: Values) -> Values:
    least = values[0]
    for value in values[1:]:
        least = np.where(value < least, value, least)
    return least


def _most(*values: Values) -> Values:
    most = values[0]
    for value in values[1:]:
        most = np.where(value > most, value, most)
    return most


def _clamp(value: Values, low: Values | float = 0.0, high: Values | float = 1.0) -> Values:
    low, high = (np.asarray(limit, dtype=value.dtype) for limit in (low, high))
    return np.where(value < low, low, np.where(value > high, high, value))


# How many arguments, and what it does [Nuke's list of functions in Tcl expressions]. `min`, `max` and `clamp` of
# NaN are as in C++; the gizmo never relies on them.
FUNCTIONS: dict[str, tuple[range, Callable[..., NDArray[Any]]]] = {
    "abs": (range(1, 2), np.abs),
    "fabs": (range(1, 2), np.abs),
    "sqrt": (range(1, 2), np.sqrt),
    "exp": (range(1, 2), np.exp),
    "log": (range(1, 2), np.log),
    "pow": (range(2, 3), np.power),
    "fmod": (range(2, 3), np.fmod),
    "int": (range(1, 2), np.trunc),
    "floor": (range(1, 2), np.floor),
    "ceil": (range(1, 2), np.ceil),
    "min": (range(2, 9), _least),
    "max": (range(2, 9), _most),
    "clamp": (range(1, 4, 2), _clamp),
    "isnan": (range(1, 2), np.isnan),
    "isinf": (range(1, 2), np.isinf),
    "isfinite": (range(1, 2), np.isfinite),
    "inrange": (range(3, 4), lambda a, first, last: (a >= first) & (a <= last)),
    "equal": (range(2, 3), lambda a, b: a == b),
}

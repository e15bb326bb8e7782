# SPDX-License-Identifier: Apache-2.0
"""Nuke's expression language: binding, truth, NaN, precision; what is not modelled is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuke_proof.graph import GraphError
from nuke_proof.graph._expressions import evaluate, parse
from nuke_proof.graph._tcl import run, substitute


class Names:
    def __init__(self, dtype=np.float64, **values):
        self.dtype, self.values = dtype, values

    def number(self, value):
        return np.asarray(value, dtype=self.dtype)

    def value(self, name):
        return self.number(self.values[name])

    def neighbour(self, name, at):  # noqa: ARG002 (the protocol has it)
        return self.number(1000.0 + float(at[0]) * 10 + float(at[1]))

    def command(self, text):
        return self.number(len(text))


def value_of(text, **values):
    return float(evaluate(parse(text), Names(**values)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("7-2-1", 4),
        ("1/2", 0.5),
        ("-2*-3", 6),
        ("!0+1", 2),
        ("1<2==1", 1),
        ("0||1&&0", 0),
        ("1?2:0?3:4", 2),
        ("0?2:0?3:4", 4),
        ("2 > 1 ? 5 : 6", 5),
        ("1e-2 + .5", 0.51),
        ("max(1,3,2) - min(4,2)", 1),
        ("clamp(7) + clamp(-1) + clamp(5,2,3)", 4),
        ("int(-1.5)", -1),
        ("inrange(3,1,3) + equal(2,2)", 2),
        ("[ab [c] d]*2", 16),
        ("r(2, 3)", 1023),
        ("isnan(0/0) + isfinite(1/0)", 1),
    ],
)
def test_values(text, expected):
    assert value_of(text) == expected


def test_a_comparison_with_nan_is_false_and_nan_is_selected_away():
    assert value_of("a < 1", a=np.nan) == 0
    assert value_of("a > 0 ? a : 3", a=np.nan) == 3
    assert value_of("0 ? a : 3", a=np.nan) == 3


def test_single_precision_rounds_each_operation():
    names = Names(np.float32, a=16777216.0)
    result = evaluate(parse("a + 1 - a"), names)
    assert result.dtype == np.float32
    assert float(result) == 0.0


@given(a=st.floats(-1e3, 1e3), b=st.floats(-1e3, 1e3), c=st.floats(0.1, 1e3))
def test_arithmetic_is_that_of_floats(a, b, c):
    assert value_of("a + b*c - a/c", a=a, b=b, c=c) == a + b * c - a / c


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "a b", "(1", "1 ? 2", "a | b", "a ^ 2", "5 % 2", "sin(1)", "[a", "clamp(1, 2)", "a = 1"],
)
def test_what_is_not_modelled_is_refused(text):
    with pytest.raises(GraphError):
        value_of(text, a=1, b=2)


COMMANDS = {
    "value": lambda words: {"a": "/x y", "b": "Live"}[words[0]],
    "file exists": lambda words: str(words == ["/x y/index.exr"]),
    "join": "|".join,
}


def test_what_a_command_gives_is_never_split():
    assert substitute("[value a]/index.exr", COMMANDS) == "/x y/index.exr"
    assert run("file exists [value a]/index.exr", COMMANDS) == "True"
    assert run('file exists "[value a]/index.exr"', COMMANDS) == "True"


def test_braces_are_literal():
    assert run("join {[value a]} b", COMMANDS) == "[value a]|b"


@pytest.mark.parametrize("text", ["[python 1]", "[file delete a]", "[value a", "[]"])
def test_an_unknown_command_is_refused(text):
    with pytest.raises(GraphError):
        substitute(text, COMMANDS)

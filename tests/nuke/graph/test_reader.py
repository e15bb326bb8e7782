# SPDX-License-Identifier: Apache-2.0
"""Script text to nodes: words, the stack, groups, user knobs; what is not known is refused."""

import pytest

from nuke_proof.graph import GraphError, read_gizmo, read_script
from nuke_proof.graph._words import Word, split_commands, split_words

GIZMO = r"""
Group {
 name Tool
 help "two\nlines, a \[bracket] and a \"quote\""
 addUserKnob {20 main l Tool}
 addUserKnob {4 engine l engine t "Which one." M {Live "Second one"}}
 engine "Second one"
 addUserKnob {7 gain l gain t "How much." R 0 64}
 addUserKnob {22 go l Go t "Goes." T "print(\"x\")" +STARTLINE}
 addUserKnob {20 more l More n 1}
}
 add_layer {range range.first range.last}
 Input {
  inputs 0
  name mask
  number 1
 }
set N1 [stack 0]
 Input {
  inputs 0
  name Input
 }
set N2 [stack 0]
push $N1
push 0
push $N2
 Switch {
  inputs 2+1
  which {{"\[exists parent.input1]"}}
  name PM_Switch
 }
 Output {
  name Output1
 }
end_group
"""


def test_words_follow_tcl():
    assert split_words(r'a {b {c d}} "e \"f\" \{" g\ h {} ""') == [
        Word("a"),
        Word("b {c d}", braced=True),
        Word('e "f" {'),
        Word("g h"),
        Word("", braced=True),
        Word(""),
    ]


def test_an_escaped_brace_does_not_count():
    assert split_words(r"{a \{ b}") == [Word(r"a \{ b", braced=True)]


def test_a_command_ends_with_its_line_but_not_inside_braces():
    assert [len(command) for command in split_commands("a {b\nc}\n\n# note\nd e f\n")] == [2, 3]


@pytest.mark.parametrize("text", ["a {b", 'a "b', 'a "b"c', "a\\"])
def test_a_word_that_never_ends_is_refused(text):
    with pytest.raises(GraphError):
        split_words(text)


def test_the_top_of_the_stack_is_input_0():
    group = read_gizmo(GIZMO)
    switch = group.child("PM_Switch")
    assert [node and node.name for node in switch.inputs] == ["Input", None, "mask"]
    assert group.children[-1].inputs == [switch]
    assert all(child.parent is group for child in group.children)


def test_user_knobs_are_read():
    knobs = read_gizmo(GIZMO).user_knobs
    assert list(knobs) == ["main", "engine", "gain", "go", "more"]
    assert knobs["engine"].choices == ("Live", "Second one")
    assert (knobs["engine"].code, knobs["engine"].tooltip) == (4, "Which one.")
    assert knobs["go"].text == 'print("x")'
    assert knobs["go"].flags == {"+STARTLINE"}
    assert knobs["more"].position == 1


def test_values_and_layers_are_read():
    group = read_gizmo(GIZMO)
    assert group.knobs["help"].text == 'two\nlines, a [bracket] and a "quote"'
    assert group.knobs["engine"].text == "Second one"
    assert group.layers == {"range": ("range.first", "range.last")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("end_group", "without a group"),
        ("Group {\n name A\n}\n", "never closed"),
        ("push $N9", "names nothing"),
        ("set N1 [stack 3]", "known form of set"),
        ("clone $C1 {\n xpos 1\n}", "neither a node"),
        ("Dot {\n name a b\n}", "not one"),
        ("Dot {\n name a\n name b\n}", "twice"),
        ("Dot {\n inputs many\n}", "is no number"),
        ("Dot {\n addUserKnob {6 a z}\n}", "is not known"),
    ],
)
def test_what_is_not_known_is_refused(text, said):
    with pytest.raises(GraphError, match=said):
        read_script(text)


def test_a_gizmo_is_one_node():
    with pytest.raises(GraphError, match="2"):
        read_gizmo("Dot {\n name A\n}\nDot {\n name B\n}")

# SPDX-License-Identifier: Apache-2.0
"""The committed gizmo behaves, a real Tcl reads it as our reader does, and the lint sees what it should."""

import shutil
import subprocess
from pathlib import Path

import pytest

from nuke_proof.graph import complaints, read_gizmo
from nuke_proof.graph._words import split_commands

GIZMO = (Path(__file__).parents[3] / "gizmos" / "PixMend.gizmo").read_bytes().decode("ascii")
TCL = Path(__file__).with_name("read_with_tcl.tcl")


def test_the_gizmo_behaves():
    assert complaints(GIZMO) == []


def broken(old, new):
    assert old in GIZMO
    return GIZMO.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Group {\n", "Gizmo {\n", "first line"),
        ("Group {\n", "version 14.0 v1\nGroup {\n", "version"),
        ("\n", "\r\n", "LF"),
        ("name PM_Live", "name Live", "does not begin with"),
        ("name PM_Live", "name PM_Engine", "twice"),
        ("name PM_Live", "name PM_Live\n  xpos 12", "xpos"),
        ("name PM_Live", 'name PM_Live\n  onCreate "print(1)"', "onCreate"),
        ("name PM_Live", 'name PM_Live\n  disable {{"\\[python 1]"}}', "more than an expression"),
        ("name PM_Live", "name PM_Live\n  disable {{\\[value parent.bake]}}", "not in quotes"),
        ("name PM_Live", "name PM_Live\n  disable {{1+}}", "not expected"),
        ("name PM_Live", "name PM_Live\n  disable {{parent.nothing}}", "no knob nothing"),
        (" CopyBBox {", " Inpaint2 {", "not a class"),
        ("push $PM_Preview\n", "push 0\n", "nothing reads it"),
        ("addUserKnob {22 detect ", "addUserKnob {22 detekt ", "detect is missing"),
        ("addUserKnob {7 mix ", "addUserKnob {3 mix ", "code 3"),
        (" name mask\n", " name Mask\n", "inputs"),
    ],
)  # fmt: skip
def test_the_lint_sees(old, new, said):
    assert any(said in complaint for complaint in complaints(broken(old, new)))


def tclsh():
    found = shutil.which("tclsh") or shutil.which("tclsh8.6")
    if found is None:
        pytest.skip("there is no tclsh")
    return found


def commands_of_tcl(text):
    told = subprocess.run(
        [tclsh(), TCL], input=text, capture_output=True, encoding="utf-8", check=True, timeout=60
    ).stdout
    return [
        (line[0], [bytes.fromhex(word).decode() for word in line[2:].split(" ")])
        for line in told.splitlines()
    ]


def commands_of_ours(text):
    commands = []
    for command in split_commands(text):
        words = [word.text for word in command]
        if words[0] == "set":
            words = [*words[:2], " ".join(words[2:])]
        commands.append(("c", words))
        if len(words) == 2 and words[0] not in {"push", "add_layer"}:
            commands += [("k", [word.text for word in line]) for line in split_commands(words[1])]
    return commands


def test_a_real_tcl_reads_the_same_words():
    theirs = commands_of_tcl(GIZMO)
    assert len(theirs) > 200
    assert theirs == commands_of_ours(GIZMO)


def test_tcl_would_notice_a_bracket_that_is_not_escaped():
    told = broken('file "\\[value', 'file "[value')
    assert commands_of_tcl(told) != commands_of_ours(told)


LABELS = {
    ("false", "/b", "Live", "Result"): "Live, Result",
    ("false", "/b", "Patch", "Vivid"): "Patch, Vivid",
    ("true", "/b", "Live", "Result"): "proxy: the plate passes",
    ("false", "", "Live", "Result"): "no bake: the plate passes",
    ("false", "/no; such [place", "Live", "Result"): "no bake: the plate passes",
}


@pytest.mark.parametrize("state", LABELS)
def test_the_label_says_when_the_plate_passes(state, tmp_path):
    proxy, bake, engine, view = state
    if bake == "/b":
        bake = str(tmp_path / "my shot.pixmend")
        (tmp_path / "my shot.pixmend").mkdir()
        (tmp_path / "my shot.pixmend" / "bake.json").touch()
    values = {"root.proxy": proxy, "bake": bake, "engine": engine, "view": view}
    label = read_gizmo(GIZMO).knobs["label"].text
    script = f"array set values {{{' '.join(f'{name} {{{value}}}' for name, value in values.items())}}}\n"
    script += "proc value {name} { global values; return $values($name) }\n"
    script += f"puts [subst {{{label}}}]\n"
    done = subprocess.run(
        [tclsh()], input=script, capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    assert done.stdout.strip() == LABELS[state]

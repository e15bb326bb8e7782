# SPDX-License-Identifier: Apache-2.0
"""The committed gizmo is what its pieces make."""

import subprocess
import sys
from pathlib import Path

import pytest

import pixmend
from nuke_proof.gizmo import GIZMO, KERNEL, Node, __main__, knobs, make_gizmo
from nuke_proof.gizmo._nodes import expression, formula, write_nodes

ROOT = Path(__file__).parents[3]


def run(*arguments):
    command = [sys.executable, "-m", "nuke_proof.gizmo", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_committed_gizmo_is_current():
    done = run("--check")
    assert (done.returncode, done.stdout) == (0, "PixMend.gizmo is current\n")


def test_a_gizmo_that_is_not_current_is_told_and_made_so(tmp_path, monkeypatch, capsys):
    gizmo = tmp_path / "PixMend.gizmo"
    monkeypatch.setattr(__main__, "GIZMO", gizmo)
    for content in (None, GIZMO.read_bytes().replace(b"gain 16", b"gain 17")):
        if content is not None:
            gizmo.write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["gizmo", "--check"])
        assert __main__.main() == 1
        assert content == (gizmo.read_bytes() if gizmo.exists() else None)
        monkeypatch.setattr(sys, "argv", ["gizmo"])
        assert __main__.main() == 0
        assert gizmo.read_bytes() == GIZMO.read_bytes()
    assert "run make gizmo" in capsys.readouterr().out


def test_an_edited_kernel_makes_another_gizmo():
    text = KERNEL.read_text(encoding="ascii")
    assert make_gizmo(text) == make_gizmo(text)
    assert make_gizmo(text.replace("7214", "7215")) != make_gizmo(text)


def test_the_gizmo_says_its_version_and_every_knob_has_a_name_of_its_own():
    text = GIZMO.read_text(encoding="ascii")
    assert f'l "version" t "Of this node." T "{pixmend.__version__}"' in text
    names = [knob.name for knob in knobs(pixmend.__version__)]
    assert len(names) == len(set(names))


def test_values_are_written_as_nuke_writes_them():
    assert expression("parent.view") == "{{parent.view}}"
    assert expression("[exists parent.input1]") == '{{"\\[exists parent.input1]"}}'
    assert expression("$gui ? parent.view : 0") == '{{"\\$gui ? parent.view : 0"}}'
    assert formula("Ar") == "Ar"
    assert formula("Ar > 0 ? Br : 0") == '"Ar > 0 ? Br : 0"'


def test_nodes_are_written_as_a_stack_machine():
    nodes = [Node("Input", "A"), Node("Input", "B"), Node("Copy", "C", ("B", "A"), {"from0": "rgba.red"})]
    assert write_nodes(nodes).splitlines() == [
        *(" Input {", "  inputs 0", "  name A", " }", "set A [stack 0]"),
        *(" Input {", "  inputs 0", "  name B", " }", "set B [stack 0]"),
        *(
            "push $A",
            "push $B",
            " Copy {",
            "  inputs 2",
            "  from0 rgba.red",
            "  name C",
            " }",
            "set C [stack 0]",
        ),
    ]


@pytest.mark.parametrize(
    ("nodes", "fault"),
    [
        ([Node("Input", "A"), Node("Input", "A")], "two nodes are called A"),
        ([Node("Dot", "A", ("B",)), Node("Input", "B")], "A reads what comes after it"),
    ],
)
def test_nodes_that_cannot_be_wired_are_refused(nodes, fault):
    with pytest.raises(ValueError, match=fault):
        write_nodes(nodes)

# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 (the plug-in is there only inside a session)
"""What Nuke runs when it starts: it never stops it, and speaks the Python of the oldest Nuke."""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

import pixmend
from tests.make.nuke_sessions import GIZMO, PLUGIN, session

SOURCES = sorted(PLUGIN.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_grammar_is_that_of_nuke_13(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_but_nuke_and_the_standard_library_is_imported(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    tops = {each.partition(".")[0] for each in found}
    assert tops <= {"nuke", "pixmend_nuke"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_what_is_evaluated_while_modules_load_is_there_in_python_3_7(path):
    """Annotations are text (`from __future__`), and what is run must not use newer types: `dict[...]`, `A | B`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    annotations = {
        id(part)
        for node in ast.walk(tree)
        for each in (
            getattr(node, "annotation", None),
            getattr(node, "returns", None),
        )
        if each is not None
        for part in ast.walk(each)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and id(node) not in annotations:
            assert not (
                isinstance(node.value, ast.Name) and node.value.id in {"dict", "list", "tuple", "set"}
            )
    if annotations and any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree)):
        has_future = "from __future__ import annotations" in path.read_text(encoding="utf-8")
        newer = re.search(r"(\w \| \w|\b(dict|list|tuple)\[)", path.read_text(encoding="utf-8"))
        assert has_future or newer is None


def test_init_says_where_the_gizmo_is_and_makes_no_menu():
    with session(gui=False) as world:
        runpy.run_path(str(PLUGIN / "init.py"))
        (path,) = world.plugin_paths
        assert Path(path) == GIZMO.parent
        assert world.menus == []
        assert "pixmend_nuke" not in sys.modules


def test_menu_has_the_node_its_update_and_the_check():
    with session() as world:
        runpy.run_path(str(PLUGIN / "menu.py"))
        names = [name for name, _ in world.menus]
        assert names == ["Nodes/PixMend/PixMend", "Nodes/PixMend/Update selected", "Nodes/PixMend/Self-check"]
        exec(world.menus[0][1], {"nuke": world.module})  # noqa: S102 (as Nuke does)
        assert [each.name() for each in world.root._children] == ["PixMend1"]
        exec(world.menus[1][1], {"nuke": world.module})  # noqa: S102
        assert "already of version" in world.messages[0]


@pytest.mark.parametrize("name", ["init.py", "menu.py"])
def test_whatever_is_wrong_nuke_starts_and_one_line_says_so(name, capsys, monkeypatch):
    with session() as world:
        monkeypatch.setattr(type(world), "assert_main", lambda *_: 1 / 0)
        runpy.run_path(str(PLUGIN / name))
    out = capsys.readouterr().out
    assert out.startswith("PixMend ")
    assert out.count("\n") == 1
    assert "ZeroDivisionError" in out


def test_buttons_without_the_plug_in_say_how_to_get_it(monkeypatch):
    with session() as world:
        node = world.module.createNode("PixMend")
        monkeypatch.setitem(sys.modules, "pixmend_nuke", None)
        for knob in node.knobs().values():
            if knob.Class() == "PyScript_Knob":
                knob.execute()
        assert len(world.messages) == 13
        assert all("pixmend nuke-path" in each for each in world.messages)


def test_every_button_of_the_gizmo_is_known_and_the_other_way_round():
    with session() as world:
        from pixmend_nuke._panel import BUTTONS

        node = world.module.createNode("PixMend")
        buttons = {name for name, knob in node.knobs().items() if knob.Class() == "PyScript_Knob"}
        assert buttons == set(BUTTONS)


def test_the_version_is_that_of_the_package_and_the_gizmo():
    with session() as world:
        from pixmend_nuke import VERSION

        assert pixmend.__version__ == VERSION
        assert world.module.createNode("PixMend")["version"].value() == VERSION

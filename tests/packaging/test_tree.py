# SPDX-License-Identifier: Apache-2.0
"""What the tree of files promises: sizes, licence lines, nothing of one machine, options that are documented."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import pixmend
from pixmend.cli._main import COMMANDS, make_parser

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "pixmend"
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUKE = [ROOT / "nuke_proof", ROOT / "nuke_plugin"]
SIZED = sorted(path for tree in (CORE, *NUKE) for path in tree.rglob("*.py"))
SOURCES = sorted((*SIZED, *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "tests").rglob("*.py")))

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50
# Who is over a limit today: these lists may only become shorter.
LONG_FILES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()


def named(path):
    return str(path.relative_to(ROOT))


def body_lines(function):
    """Count the lines of a function below its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long():
    long = {named(path) for path in SIZED if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == LONG_FILES


def test_no_function_is_too_long():
    long = {
        f"{named(path)}:{node.name}"
        for path in SIZED
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and body_lines(node) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == LONG_FUNCTIONS


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_every_source_names_its_licence(path):
    assert path.read_text(encoding="utf-8").startswith("# SPDX-License-Identifier: Apache-2.0\n")


def committed():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607 (no path of git is the same everywhere)
    if listed.returncode:
        pytest.skip("this is no clone")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_nothing_names_a_place_of_one_machine():
    places = "home|root|Users|work|mnt|private"
    pattern = re.compile(rf"""(?:^|[\s"'(=:`])/(?:{places})/\w""", re.MULTILINE)
    guilty = {
        named(path)
        for path in committed()
        if pattern.search(path.read_text(encoding="utf-8", errors="ignore"))
    }
    assert guilty == set()


def test_the_version_is_the_same_everywhere():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert pixmend.__version__ == declared
    assert declared in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# Options in the README (those of `map` are held by test_map_docs.py)

COMMON = {"--json", "--progress", "--quiet", "--workers", "--encoding", "--dry-run", "--overwrite", "--help"}


def parser_of(command):
    (commands,) = (each for each in make_parser()._actions if each.choices)
    return commands.choices[command]


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"map"}))
def test_every_option_is_in_the_table_of_commands(command):
    (row,) = re.findall(rf"^\| `{command}` \|.*$", README, re.MULTILINE)
    for action in parser_of(command)._actions:
        names = set(action.option_strings)
        if names and not names & COMMON:
            assert any(f"`{name}`" in row for name in names), names


def test_every_common_option_is_explained():
    line = README.partition("\nCommon: ")[2].partition("\n\n")[0]
    for name in COMMON - {"--quiet", "--help"}:
        assert f"`{name}" in line
    assert "`-q`" in line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_does(command):
    for action in parser_of(command)._actions:
        assert action.help or action.choices, action.option_strings or action.dest

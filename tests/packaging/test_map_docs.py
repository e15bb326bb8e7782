# SPDX-License-Identifier: Apache-2.0
"""docs/map.md says everything that the code says."""

import json
import re
from pathlib import Path

import pytest

from pixmend.cli._main import make_parser
from pixmend.cli._map_files import _BY_SUFFIX, FORMATS
from pixmend.errors import ExitCode
from pixmend.model import KINDS, map_from_csv, map_from_json

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "core/pixmend/model/schema/pixmend.map.1.json").read_text(encoding="utf-8"))
DEFECT = SCHEMA["properties"]["defects"]["items"]


def fields():
    for each in (SCHEMA, DEFECT, *(SCHEMA["properties"][name] for name in ("raster", "source"))):
        yield from each["properties"]


@pytest.mark.parametrize("name", sorted(set(fields()) | set(FORMATS) | set(_BY_SUFFIX)))
def test_every_field_and_form_is_explained(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda each: each.kind.value)
def test_every_kind_is_explained_as_in_the_registry(kind):
    assert f"| `{kind.kind.value}` | {kind.text} | {', '.join(kind.words)}".rstrip() in PAGE


@pytest.mark.parametrize("code", ExitCode, ids=lambda each: each.name)
def test_every_exit_code_is_explained(code):
    assert f"\n| {int(code)} | " in PAGE


@pytest.mark.parametrize("action", ["show", "convert", "merge", "edit", "learn"])
def test_every_option_is_listed(action):
    (commands,) = (each for each in make_parser()._actions if each.choices)
    (actions,) = (each for each in commands.choices["map"]._actions if each.choices)
    section = PAGE.partition("## Commands")[2]
    usage = re.search(rf"\npixmend map {action} (.*?)\n(pixmend|```)", section, re.DOTALL)[1]
    said_of_all = {"--help", "--json", "--progress", "--quiet", "--overwrite", "--dry-run", "--output"}
    options = {
        each for each in actions.choices[action]._option_string_actions if each.startswith("--")
    } - said_of_all
    missing = {each for each in options if each not in usage and each not in {"--from", "--to"}}
    assert missing == set()


def test_the_examples_are_maps():
    blocks = re.findall(r"```(?:json)?\n(.*?)```", PAGE, re.DOTALL)
    assert len(map_from_json(blocks[0]).defects) == 1
    table = next(block for block in blocks if block.startswith("x,y"))
    assert [(each.x, len(each.samples)) for each in map_from_csv(table).defects] == [(812, 2), (95, 1)]
    answers = [json.loads(block) for block in blocks if block.startswith('{"schema"')]
    assert [each["ok"] for each in answers] == [True, False]

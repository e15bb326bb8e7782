# SPDX-License-Identifier: Apache-2.0
"""What a baked folder says of itself."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

import jsonschema

from pixmend.bake._control import Mode
from pixmend.bake._recipe import Done
from pixmend.model import Kind

__all__ = ["BAKE_SCHEMA", "MANIFEST", "check_manifest", "counts_fields", "manifest_of"]

BAKE_SCHEMA = "pixmend.bake/1"
MANIFEST = "bake.json"

_VALUES = (Done.TEMPORAL, Done.BAR, Done.CODES, Done.ALONE, Done.CLOSE, Done.DIFFERS)


def counts_fields(counts: Mapping[Done, int]) -> dict[str, Any]:
    """Return how many samples of all frames are mended by which mode, and why some are values."""
    return {
        "subtracted": counts.get(Done.SUBTRACTED, 0),
        "predicted": counts.get(Done.PREDICTED, 0),
        "values": sum(counts.get(each, 0) for each in _VALUES),
        "values_because": {each.name.lower(): counts.get(each, 0) for each in _VALUES},
        "passed": counts.get(Done.LEFT, 0),
    }


def manifest_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest: the schema's name, the numbers of modes and kinds, and `fields`."""
    head: dict[str, Any] = {
        "schema": BAKE_SCHEMA,
        "modes": {each.name.lower(): each.value for each in Mode},
        "kinds": [each.value for each in Kind],
    }
    whole = head | dict(fields)
    check_manifest(whole)
    return whole


def check_manifest(fields: Mapping[str, Any]) -> None:
    """Check a manifest against its schema.

    Raises
    ------
    ValueError
        If it breaks it.
    """
    problem = next(iter(_validator().iter_errors(dict(fields))), None)
    if problem is not None:
        raise ValueError(f"{problem.json_path}: {problem.message}")


@cache
def _validator() -> Any:
    text = files("pixmend.bake").joinpath("schema", "pixmend.bake.1.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(cast("dict[str, Any]", json.loads(text)))

# SPDX-License-Identifier: Apache-2.0
from collections import Counter

import pytest

from pixmend.bake import BAKE_SCHEMA, Done, check_manifest, counts_fields
from pixmend.bake._manifest import manifest_of
from pixmend.model import Kind

SHA = "0123456789abcdef" * 4
FIELDS = {
    "pixmend": "0.1.0",
    "map": {"name": "map.json", "sha256": SHA},
    "shot": None,
    "frames": None,
    "display": {"width": 4096, "height": 2160},
    "raster": {"x": -8, "y": 0, "width": 4112, "height": 2160},
    "values": "linear",
    "tables": "generic",
    "method": "auto",
    "only": None,
    "counts": {"defects": 1, "entries": 3, "cells": 99},
    "files": {"index.exr": SHA, "control.exr": SHA},
}


def test_it_names_its_schema_and_the_numbers_that_the_control_uses():
    found = manifest_of(FIELDS)
    assert found["schema"] == BAKE_SCHEMA == "pixmend.bake/1"
    assert found["modes"] == {"pass": 0, "subtract": 1, "predict": 2, "value": 3}
    assert found["kinds"] == [each.value for each in Kind]


def test_fields_that_a_later_version_adds_are_no_error():
    check_manifest(manifest_of(FIELDS | {"new": 1}))


@pytest.mark.parametrize(
    "broken",
    [
        {"values": "log"},
        {"tables": None},
        {"map": {"name": "map.json"}},
        {"files": {"index.exr": SHA}},
        {"counts": {"defects": -1, "entries": 3, "cells": 99}},
        {"display": {"width": 0, "height": 2160}},
    ],
)
def test_what_breaks_the_schema_is_said(broken):
    with pytest.raises(ValueError, match=next(iter(broken))):
        manifest_of(FIELDS | broken)


def test_counts_say_why_samples_are_values():
    counts = Counter({Done.SUBTRACTED: 5, Done.PREDICTED: 4, Done.TEMPORAL: 3, Done.CLOSE: 2, Done.LEFT: 1})
    found = counts_fields(counts)
    assert [found[each] for each in ("subtracted", "predicted", "values", "passed")] == [5, 4, 5, 1]
    assert {name: count for name, count in found["values_because"].items() if count} == {
        "temporal": 3,
        "close": 2,
    }

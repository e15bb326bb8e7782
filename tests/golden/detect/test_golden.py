# SPDX-License-Identifier: Apache-2.0
"""Frozen cases are detected as they were."""

import json

import pytest

from tests.golden.detect.cases import CASES, detect_case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_detection_is_as_it_was(case):
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    found = detect_case(case)
    what = [
        [(each["x"], each["y"], each["kind"]) for each in every["defects"]] for every in (found, expected)
    ]
    assert what[0] == what[1]
    assert found["threshold"] == expected["threshold"]
    scores = [[each["score"] for each in every["defects"]] for every in (found, expected)]
    assert scores[0] == pytest.approx(scores[1], rel=0.02)  # the last digits are the machine's


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_says_why_it_is_there(case):
    assert (case / "why.md").read_text(encoding="utf-8").strip()

# SPDX-License-Identifier: Apache-2.0
"""The open conformance set: every sound file is mended to the byte, every other refused in one sentence."""

from pathlib import Path

import pytest

from tests.contract.conformance.expected import MENDED, NOT_READ, UNSUPPORTED
from tests.make.attempts import attempt_each
from tests.make.mending import check_exr
from tests.make.mending_words import check_dpx, check_tiff

FOLDER = Path(__file__).parents[3] / "../shared/data/conformance"
CHECKS = {"exr": check_exr, "dpx": check_dpx, "tiff": check_tiff}
PATHS = sorted(path for path in FOLDER.glob("*/*") if path.is_file())

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in MENDED.items() for name in sorted(names)]
)
def test_a_sound_file_is_mended_to_the_byte(tmp_path, kind, name):
    path = FOLDER / kind / name
    if not path.exists():
        pytest.skip("needs ../shared/data")
    CHECKS[kind](path, tmp_path)


@pytest.fixture(scope="module", name="attempts")
def _attempts():
    if not PATHS:
        pytest.skip("needs ../shared/data")
    return attempt_each(PATHS)


def test_no_file_brings_the_process_down_leaks_prints_or_leaves_anything_behind(attempts):
    assert {path.name: each for path, each in attempts.items() if each.ended or each.notes} == {}


def test_each_file_is_mended_or_refused_as_the_table_says(attempts):
    mended = {path.name for path, each in attempts.items() if each.mended == "done"}
    assert mended == set().union(*MENDED.values()) & {path.name for path in PATHS}
    refused = {path.name: each.mended for path, each in attempts.items() if each.mended != "done"}
    assert set(refused.values()) <= {"BadFrameError", "UnsupportedError"}
    assert {name: refused[name] for name in UNSUPPORTED} == dict.fromkeys(UNSUPPORTED, "UnsupportedError")
    reasons = {path.name: each.reason for path, each in attempts.items()}
    assert all(words in reasons[name] for name, words in UNSUPPORTED.items())


def test_what_is_mended_is_read(attempts):
    assert {path.name for path, each in attempts.items() if each.mended == "done" != each.read} == NOT_READ

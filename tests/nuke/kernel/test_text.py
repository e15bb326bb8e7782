# SPDX-License-Identifier: Apache-2.0
"""The kernel's text: it is the one in the gizmo, Nuke is told the truth about it, and nothing in it is risky."""

import base64
import re
from pathlib import Path

import hypothesis.strategies as some
import pytest
from hypothesis import given

from nuke_proof import shim
from nuke_proof.gizmo import (
    GIZMO,
    KERNEL,
    OUR_HASH,
    describe_kernel,
    escape,
    kernel_source,
    lint_kernel,
    unescape,
)

SHIM = [path for path in Path(shim.__file__).parent.iterdir() if path.suffix in {".h", ".cpp"}]
TEXT = KERNEL.read_text(encoding="ascii")


def test_the_gizmo_holds_the_kernel_to_the_byte():
    assert kernel_source(GIZMO.read_text(encoding="ascii")).encode("ascii") == KERNEL.read_bytes()


@pytest.mark.parametrize("path", [KERNEL, *SHIM], ids=lambda path: path.name)
def test_what_is_compiled_names_its_licence_and_can_be_read(path):
    lines = path.read_text(encoding="ascii").splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0"
    assert len(lines) < 250
    assert max(map(len, lines)) <= 110


@given(some.text())
def test_a_quoted_text_is_one_line_and_comes_back(text):
    quoted = escape(text)
    assert unescape(quoted) == text
    assert "\n" not in quoted
    assert not re.search(r'(?<!\\)(?:\\\\)*["\[${}]', quoted[1:-1])


def test_a_gizmo_without_a_kernel_is_said():
    with pytest.raises(ValueError, match="one kernel"):
        kernel_source("Group {\n name Empty\n}\nend_group\n")


def test_the_description_is_what_nuke_would_write():
    zeros = {count: base64.b64encode(bytes(4 * count)).decode() for count in (2, 4)}
    assert describe_kernel(TEXT) == (
        f'2 "PixMendLive" iterate pixelWise {OUR_HASH} '
        '5 "src" Read Ranged2D "index" Read Point "control" Read Random "knobs" Read Random "dst" Write Point '
        f'0 0 5 "srcrangeMin" Int 2 1 {zeros[2]} "srcrangeMax" Int 2 1 {zeros[2]} '
        f'"indexconstEdgeColor" Float 4 1 {zeros[4]} "controlconstEdgeColor" Float 4 1 {zeros[4]} '
        f'"knobsconstEdgeColor" Float 4 1 {zeros[4]}'
    )
    assert re.fullmatch(r"[0-9a-f]{64}", OUR_HASH)


@pytest.mark.parametrize("more", ["param:\n  float gain;", "local:\n  int reach;"])
def test_a_kernel_with_parameters_is_not_described(more):
    with pytest.raises(ValueError, match="without parameters"):
        describe_kernel(TEXT.replace("  void init()", f"  {more}\n  void init()"))


def test_nothing_in_it_is_risky():
    assert lint_kernel(TEXT) == []


@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ("floor(knobs(0, 0, 0) + 0.5f)", "floor(knobs(0, 0, 0) + 0.5)", "'0.5'"),
        ("3.0e38f", "3.0e38", "'3.0e38'"),
        ("float sum = 0.0f;", "double sum = 0.0;", "'double'"),
        ("float sum = 0.0f;", "float sum = 0.0f; float* q = new float[9];", "'new'"),
        ("float sum = 0.0f;", "float sum = 0.0f; goto end;", "'goto'"),
        ("float sum = 0.0f;", 'float sum = 0.0f; asm("");', "'asm'"),
        ("float sum = 0.0f;", "static float sum = 0.0f;", "'static'"),
        ("float sum = 0.0f;", "struct Pair { float a; }; float sum = 0.0f;", "'struct'"),
        ("float sum = 0.0f;", "string name; float sum = 0.0f;", "'string'"),
        ("float sum = 0.0f;", 'float sum = 0.0f; // "fine" in a comment', None),
        ("kernel PixMendLive", "template <int N> kernel PixMendLive", "'template'"),
        ("kernel PixMendLive", "#define RADIUS 8\nkernel PixMendLive", "preprocessor"),
        ("fabs(number) <= 8.0f", "pow(number, 2.0f) <= 64.0f", "'pow'"),
        ("// False for NaN and Inf.", "// False for NaN and \N{INFINITY}.", "ASCII"),
        ("  float cell(", "\tfloat cell(", "tab"),
        ("  void init()", "  param: float gain;\n  void init()", "'param'"),
    ],
)
def test_what_is_risky_is_found(was, now, fault):
    assert was in TEXT
    found = lint_kernel(TEXT.replace(was, now))
    assert bool(found) == bool(fault)
    assert fault is None or any(fault in each for each in found)

# SPDX-License-Identifier: Apache-2.0
"""A kernel that Nuke would refuse, or that lies, is caught."""

import numpy as np
import pytest

from nuke_proof.shim import BUILDS, QUICK, Build, KernelError, Picture, Violation, works_here
from pixmend.bake import apply_control
from tests.make.blink import SOURCE, mend, only_here, pictures, same_bits, synthetic

DOES_NOT_COMPILE = {
    "a double": ("floor(knobs(0, 0, 0) + 0.5f)", "floor(knobs(0, 0, 0) + 0.5)"),
    "an int from a float": ("int known = 0;", "int known = 0.5f;"),
    "a float from an int, unsaid": ("total / (float)known", "total / known"),
    "a function of C": ("floor(number) == number", "floorf(number) == number"),
    "a function of C++": ("floor(number) == number", "std::floor(number) == number"),
    "a function that devices differ in": ("fabs(number) <= 8.0f", "exp(number) <= 8.0f"),
    "a scalar as a vector": ("return float2(known > 0", "float2 x = 0.0f; return float2(known > 0"),
    "three as four": ("here.w);\n", "here.w); float4 x = float3(0.0f);\n"),
    "a write to what is read": ("dst() = here;", "src(0, 0) = here;"),
    "a read of what is written": ("SampleType(src) here = src(0, 0);", "SampleType(src) here = dst();"),
    "a read through the wrong access": ("float number = index(0);", "float number = index(0, 0, 0);"),
    "no image of that name": ("float number = index(0);", "float number = inputs(0);"),
    "a name that is not there": ("isWhole ? used : 0", "isWholes ? used : 0"),
    "another granularity": ("ePixelWise", "eComponentWise"),
    "reading and writing one image": ("Image<eWrite> dst", "Image<eReadWrite> dst"),
    "a parameter": (
        "void init()",
        "float gain; void define() { defineParam(gain, gain, 1.0f); } void init()",
    ),
    "a letter beyond ASCII": ("// False for NaN", "// False f\N{LATIN SMALL LETTER O WITH DIAERESIS}r NaN"),
}
BREAKS_A_PROMISE = {
    "reads beyond its range": ("setRange(-8, -8, 8, 8)", "setRange(-2, -2, 2, 2)", Violation.RANGE),
    "reads off the edge without a mode": (
        "eAccessRandom, eEdgeConstant> control",
        "eAccessRandom, eEdgeNone> control",
        Violation.EDGE_NONE,
    ),
    "keeps something": (
        "  void process()\n  {",
        "  int seen;\n  void process()\n  { seen = (int)index(0) + 1;",
        Violation.LOCAL_WRITTEN,
    ),
    "leaves pixels out": ("dst() = here;\n      return;", "return;", Violation.NOT_WRITTEN),
    "a component that is not there": (
        "float number = index(0);",
        "float number = index(4);",
        Violation.COMPONENT,
    ),
}


@pytest.mark.parametrize("mutation", DOES_NOT_COMPILE.values(), ids=DOES_NOT_COMPILE.keys())
def test_what_nuke_would_refuse_does_not_compile(workshop, mutation):
    was, now = mutation
    assert was in SOURCE
    with pytest.raises(KernelError):
        workshop.program(SOURCE.replace(was, now), QUICK)


@pytest.mark.parametrize("mutation", BREAKS_A_PROMISE.values(), ids=BREAKS_A_PROMISE.keys())
def test_a_broken_promise_is_told(workshop, mutation):
    was, now, violation = mutation
    assert was in SOURCE
    plate, index, control, _ = synthetic()
    program = workshop.program(SOURCE.replace(was, now), QUICK)
    found = Violation.NONE
    for frame in (1001, 1004):
        found |= program.run(pictures(plate, index, control[-1:, :200], frame)).violations
        found |= program.run(pictures(plate, index, control, frame)).violations
    assert found == violation


COMPUTES_SOMETHING_ELSE = {
    "up is down": ("src((int)cell(place, 0), (int)cell(place, 1),", "src((int)cell(place, 0), -(int)cell(place, 1),"),
    "the lie is added": ("light = here - amount;", "light = here + amount;"),
    "no grain": ("    sum += grain;\n", "    sum += 0.0f * grain;\n"),
    "the first of a range for all its frames": ("(frame - first) * cell(middle, 3)", "(first - first) * cell(middle, 3)"),
    "a row of cells is shorter": ("place % 512, place / 512", "place % 511, place / 511"),
    "green has the level of blue": ("channel == 1.0f ? green.x : blue.x", "channel == 1.0f ? blue.x : blue.x"),
    "a level without its first": ("first + total / (float)known", "total / (float)known"),
    "the wrong way back": ("nodes, 1, sum);", "nodes, 0, sum);"),
    "the next entry": ("whole(cell(2 + entry, 0), 3, used)", "whole(cell(3 + entry, 0), 3, used)"),
    "channels exchanged": ("mended(record, 0, here.x, used), mended(record, 1, here.y", "mended(record, 1, here.x, used), mended(record, 0, here.y"),
    "another node": ("int node = curve + low;", "int node = curve + high;"),
}  # fmt: skip


@pytest.mark.parametrize("mutation", COMPUTES_SOMETHING_ELSE.values(), ids=COMPUTES_SOMETHING_ELSE.keys())
def test_a_kernel_that_computes_something_else_is_not_the_twin(workshop, mutation):
    was, now = mutation
    assert was in SOURCE
    plate, index, control, frames = synthetic()
    program = workshop.program(SOURCE.replace(was, now), QUICK)
    assert not all(
        same_bits(mend(program, plate, index, control, frame), apply_control(plate, index, control, frame))
        for frame in frames
    )


@pytest.mark.parametrize("name", ["g++ sanitized", "clang++ sanitized"])
def test_a_sanitizer_stops_what_is_undefined(workshop, name):
    build = next(build for build in BUILDS if build.name == name)
    only_here(build)
    plate, index, control, _ = synthetic()
    control = np.where(control == 1001, np.float32(3e38), control)  # a first frame that no int can hold
    program = workshop.program(
        SOURCE.replace("float first = cell(middle, 0);", "float first = (float)(int)cell(middle, 0);"), build
    )
    with pytest.raises(KernelError, match="runtime error"):
        program.run(pictures(plate, index, control, 1004))


def test_the_number_of_pictures_is_checked(workshop):
    with pytest.raises(KernelError, match="5 images"):
        workshop.program(SOURCE).run([Picture(np.zeros((2, 2, 4), np.float32))])


def test_a_compiler_that_is_not_there_is_said(workshop):
    absent = Build("none", "no-such-compiler", ())
    assert not works_here(absent)
    with pytest.raises(KernelError, match="no no-such-compiler here"):
        workshop.program(SOURCE, absent)


def test_only_a_kernel_is_a_kernel(workshop):
    with pytest.raises(KernelError, match="no kernel"):
        workshop.program("float cell(int place) { return 0.0f; }")

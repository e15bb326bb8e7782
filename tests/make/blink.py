# SPDX-License-Identifier: Apache-2.0
"""The compositor's kernel on arrays whose first row is the top, as the twin takes them."""

import numpy as np
import pytest

from nuke_proof.gizmo import GIZMO, kernel_source
from nuke_proof.shim import Picture, Violation, works_here
from pixmend.bake import pack_control
from tests.make import controls

SOURCE = kernel_source(GIZMO.read_text(encoding="ascii"))
ALPHA = 0.75


def only_here(build):
    """Skip, visibly, what this machine has no compiler for."""
    if not works_here(build):
        pytest.skip(f"{build.name}: no such compiler here, or it lacks what this build needs")


def as_nuke(picture, *, x=0, y=0):
    """Return a picture (H, W, 3 or 4) the way Nuke holds it: RGBA, its bottom row first."""
    rgba = np.full((*picture.shape[:2], 4), ALPHA, np.float32)
    rgba[..., : picture.shape[2]] = picture
    return Picture(np.ascontiguousarray(rgba[::-1]), x, y)


def pictures(plate, index, control, frame, *, x=0, y=0):
    """Return what the kernel reads; the plate and the index lie at (x, y)."""
    knobs = np.array([[[frame, 0, 0, 1]]], np.float32)
    return [as_nuke(plate, x=x, y=y), as_nuke(index, x=x, y=y), as_nuke(control), as_nuke(knobs)]


def mend(program, plate, index, control, frame, *, x=0, y=0, **how):
    """Return what a compiled kernel makes of a plate (H, W, 3); it has to keep its promises."""
    run = program.run(pictures(plate, index, control, frame, x=x, y=y), **how)
    assert run.violations == Violation.NONE
    rgba = run.picture.samples[::-1].copy()
    assert (rgba[..., 3] == ALPHA).all()
    return rgba[..., :3]


def ulps(one, other):
    """Return how many units in the last place of a 32-bit float two arrays differ by."""
    size = np.maximum(np.maximum(np.abs(one), np.abs(other)), np.finfo(np.float32).tiny)
    return np.abs(one.astype(np.float64) - other) / np.spacing(size)


def same_bits(one, other):
    return np.array_equal(
        np.asarray(one, np.float32).view(np.uint32), np.asarray(other, np.float32).view(np.uint32)
    )


def synthetic():
    """Return a plate, an index, a control picture and its frames."""
    control = controls.synthetic_control()
    return controls.plate(), controls.index_of(control), pack_control(control), range(1000, 1010)

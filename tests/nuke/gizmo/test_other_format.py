# SPDX-License-Identifier: Apache-2.0
"""A bake of another format than the plate's says nothing of this plate: nothing is mended by it."""

from dataclasses import replace

import pytest

from tests.make.gizmo_scene import SIZE, Gizmo, Spot, bake_of, noisy_plate, same

DISK = bake_of([Spot(7, 5), Spot(20, 11)])


@pytest.mark.parametrize("engine", ["Patch", "Preview"])
@pytest.mark.parametrize("view", ["Result", "Defects", "Difference"])
@pytest.mark.parametrize(("wider", "higher"), [(2, 0), (0, -1), (SIZE[0], SIZE[1])])
def test_a_plate_of_another_format_passes(engine, view, wider, higher):
    plate = noisy_plate()
    assert not same(Gizmo(plate, DISK).render(engine=engine, view=view), plate)
    other = replace(plate, format=(SIZE[0] + wider, SIZE[1] + higher))
    assert same(Gizmo(other, DISK).render(engine=engine, view=view), other)


def test_views_work_without_a_bake():
    plate = noisy_plate()
    other = replace(plate, format=(SIZE[0] + 1, SIZE[1]))
    assert not same(Gizmo(other).render(engine="Preview", view="Vivid", bake="/nowhere"), other)

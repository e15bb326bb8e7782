# SPDX-License-Identifier: Apache-2.0
"""Solving of small systems, against the library's."""

import numpy as np
import pytest

from pixmend.fill._solve_kernels import solve_positive


@pytest.mark.parametrize(("size", "count"), [(1, 1), (2, 5), (90, 3), (216, 27)])
def test_it_solves_as_the_library_does(size, count):
    rng = np.random.default_rng(size)
    rows = rng.normal(0, 1, (size + 5, size))
    matrix = rows.T @ rows + 20 * np.ones((size, size)) + 1e-3 * np.eye(size)
    right = rng.normal(0, 1, (size, count))
    before = matrix.copy()
    found = solve_positive(matrix, right)
    assert matrix @ found == pytest.approx(right, abs=1e-6)
    assert found == pytest.approx(np.linalg.solve(matrix, right), rel=1e-5, abs=1e-6)
    assert np.array_equal(matrix, before)

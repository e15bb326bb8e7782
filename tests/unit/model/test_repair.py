# SPDX-License-Identifier: Apache-2.0
import pytest

from pixmend.model import Method, Repair


@pytest.mark.parametrize(
    ("predicted", "left"), [(-0.1, None), (float("nan"), None), (0.4, float("inf")), (0.4, -1.0)]
)
def test_errors_are_finite_and_not_negative(predicted, left):
    with pytest.raises(ValueError, match="outside its range"):
        Repair(defect="d0001", method=Method.SPATIAL, predicted_sigma=predicted, left_sigma=left)

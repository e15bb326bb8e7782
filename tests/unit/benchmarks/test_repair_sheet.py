# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.accuracy.repair_sheet import typical
from benchmarks.accuracy.sheet_picture import CONTRAST, ZOOM, Row, Version, draw_sheet


def test_a_place_is_chosen_by_its_texture_alone():
    assert typical([5.0, 1.0, 9.0]) == 2
    assert typical([float(number) for number in range(21)]) == 17


def test_a_sheet_shows_each_version_plain_and_with_contrast_raised():
    pytest.importorskip("cv2", reason="draws the labels")
    mean = np.full((6, 6, 3), 0.4, np.float32)
    spot = mean.copy()
    spot[2, 2] += 0.02
    sheet = draw_sheet([Row("hole", (Version("before", spot), Version("truth", mean)), mean)] * 2)
    panel = sheet.shape[1] // 4
    corner = (sheet.shape[0] // 2 - ZOOM * 6 - 8 + 2 * ZOOM, 2 * ZOOM)
    values = [int(sheet[corner[0], corner[1] + number * panel, 1]) for number in range(4)]
    assert values[0] > values[1]
    assert values[2] - values[3] == pytest.approx(255 * 0.02 * CONTRAST, abs=1)
    assert np.array_equal(sheet[: len(sheet) // 2], sheet[len(sheet) // 2 :])

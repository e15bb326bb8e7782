# SPDX-License-Identifier: Apache-2.0
"""Numba kernels of the simulator: the camera's view, the demosaic and strokes.

Each is the plain loop over pixels; the reason to compile is that a 2K frame asks
for 130 million multiply-adds. All release the GIL, so frames render on threads.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "demosaic_bilinear",
    "demosaic_edge",
    "demosaic_malvar",
    "draw_strokes",
    "light_of_plane",
    "light_of_sites",
]

Plane = NDArray[np.float32]


@njit(nogil=True, cache=True)
def _keys_weight(distance: float) -> float:
    """Keys' cubic convolution, a = -0.5 (IEEE Trans. ASSP 29 (1981) 1153)."""
    d = abs(distance)
    if d < 1.0:
        return (1.5 * d - 2.5) * d * d + 1.0
    if d < 2.0:
        return ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    return 0.0


@njit(nogil=True, cache=True)
def _reflected(index: int, size: int) -> int:
    """Mirror an index at the border pixels; the border itself is not repeated."""
    if size == 1:
        return 0
    period = 2 * (size - 1)
    folded = index % period
    return folded if folded < size else period - folded


@njit(nogil=True, cache=True)
def _bicubic(plane: Plane, sy: float, sx: float) -> float:
    height, width = plane.shape
    y0 = int(np.floor(sy))
    x0 = int(np.floor(sx))
    fy = sy - y0
    fx = sx - x0
    wx0, wx1, wx2, wx3 = (
        _keys_weight(1.0 + fx),
        _keys_weight(fx),
        _keys_weight(1.0 - fx),
        _keys_weight(2.0 - fx),
    )
    total = 0.0
    inside = y0 >= 1 and x0 >= 1 and y0 + 2 < height and x0 + 2 < width
    for j in range(4):
        weight = _keys_weight(fy + 1.0 - j)
        if inside:
            row = plane[y0 - 1 + j]
            part = wx0 * row[x0 - 1] + wx1 * row[x0] + wx2 * row[x0 + 1] + wx3 * row[x0 + 2]
        else:
            row = plane[_reflected(y0 - 1 + j, height)]
            part = wx0 * row[_reflected(x0 - 1, width)] + wx1 * row[_reflected(x0, width)]
            part += wx2 * row[_reflected(x0 + 1, width)] + wx3 * row[_reflected(x0 + 2, width)]
        total += weight * part
    return total


@njit(nogil=True, cache=True)
def _light_at(planes: NDArray[np.float32], views: NDArray[np.float64], y: int, x: int) -> float:
    """Mean light on photosite (y, x) over the views of one open shutter; RGGB picks the plane."""
    plane = planes[(y & 1) + (x & 1)]
    total = 0.0
    for k in range(views.shape[0]):
        xx, xy, x_off, yx, yy, y_off = views[k]
        total += _bicubic(plane, yx * x + yy * y + y_off, xx * x + xy * y + x_off)
    mean: float = total / views.shape[0]
    return max(mean, 0.0)


@njit(nogil=True, cache=True)
def light_of_plane(planes: NDArray[np.float32], views: NDArray[np.float64], height: int, width: int) -> Plane:
    """Light on every photosite of an RGGB sensor.

    `planes` is (3, h, w); `views` is (S, 6), each row x' = xx x + xy y + x_off, then y' alike.
    """
    out = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            out[y, x] = _light_at(planes, views, y, x)
    return out


@njit(nogil=True, cache=True)
def light_of_sites(
    planes: NDArray[np.float32], views: NDArray[np.float64], ys: NDArray[np.int64], xs: NDArray[np.int64]
) -> Plane:
    """Light on some photosites, as `light_of_plane` gives it."""
    out = np.empty(len(ys), np.float32)
    for k in range(len(ys)):
        out[k] = _light_at(planes, views, ys[k], xs[k])
    return out


@njit(nogil=True, cache=True)
def demosaic_malvar(m: Plane, to_linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Malvar, He, Cutler (ICASSP 2004), then a 3x3 matrix. `m` is padded by two on each side."""
    height, width = m.shape[0] - 4, m.shape[1] - 4
    out = np.empty((height, width, 3), np.float32)
    for y in range(height):
        for x in range(width):
            j = y + 2
            i = x + 2
            here = m[j, i]
            cross = m[j - 1, i] + m[j + 1, i] + m[j, i - 1] + m[j, i + 1]
            diagonal = m[j - 1, i - 1] + m[j - 1, i + 1] + m[j + 1, i - 1] + m[j + 1, i + 1]
            far_x = m[j, i - 2] + m[j, i + 2]
            far_y = m[j - 2, i] + m[j + 2, i]
            if (y + x) % 2 == 0:
                same = here
                green = (np.float32(4) * here + np.float32(2) * cross - far_x - far_y) * np.float32(0.125)
                other = (
                    np.float32(6) * here + np.float32(2) * diagonal - np.float32(1.5) * (far_x + far_y)
                ) * np.float32(0.125)
                red, blue = (same, other) if y % 2 == 0 else (other, same)
            else:
                green = here
                along_x = np.float32(5) * here + np.float32(4) * (m[j, i - 1] + m[j, i + 1])
                along_x = (along_x - diagonal - far_x + np.float32(0.5) * far_y) * np.float32(0.125)
                along_y = np.float32(5) * here + np.float32(4) * (m[j - 1, i] + m[j + 1, i])
                along_y = (along_y - diagonal - far_y + np.float32(0.5) * far_x) * np.float32(0.125)
                red, blue = (along_x, along_y) if y % 2 == 0 else (along_y, along_x)
            for c in range(3):
                out[y, x, c] = to_linear[c, 0] * red + to_linear[c, 1] * green + to_linear[c, 2] * blue
    return out


@njit(nogil=True, cache=True)
def demosaic_bilinear(m: Plane, to_linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the nearest photosites of each colour, then a 3x3 matrix. `m` is padded by two."""
    height, width = m.shape[0] - 4, m.shape[1] - 4
    out = np.empty((height, width, 3), np.float32)
    for y in range(height):
        for x in range(width):
            j = y + 2
            i = x + 2
            here = m[j, i]
            beside = (m[j, i - 1] + m[j, i + 1]) * np.float32(0.5)
            above = (m[j - 1, i] + m[j + 1, i]) * np.float32(0.5)
            if (y + x) % 2 == 0:
                corners = m[j - 1, i - 1] + m[j - 1, i + 1] + m[j + 1, i - 1] + m[j + 1, i + 1]
                other = corners * np.float32(0.25)
                green = (beside + above) * np.float32(0.5)
                red, blue = (here, other) if y % 2 == 0 else (other, here)
            else:
                green = here
                red, blue = (beside, above) if y % 2 == 0 else (above, beside)
            for c in range(3):
                out[y, x, c] = to_linear[c, 0] * red + to_linear[c, 1] * green + to_linear[c, 2] * blue
    return out


@njit(nogil=True, cache=True)
def demosaic_edge(m: Plane, to_linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Green along the smoother axis, then colour differences, then a 3x3 matrix. `m` is padded by four.

    Hamilton and Adams (US 5629734, expired): the axis by the gradient of green plus the second
    difference of the photosite's own colour. Red and blue are green plus the mean of their
    differences from it.
    """
    height, width = m.shape[0] - 8, m.shape[1] - 8
    green = _edge_green(m)
    out = np.empty((height, width, 3), np.float32)
    half, quarter = np.float32(0.5), np.float32(0.25)
    for y in range(height):
        for x in range(width):
            j = y + 4
            i = x + 4
            here = green[j, i]
            if (y + x) % 2 == 0:
                corners = (m[j - 1, i - 1] - green[j - 1, i - 1]) + (m[j + 1, i + 1] - green[j + 1, i + 1])
                corners += (m[j - 1, i + 1] - green[j - 1, i + 1]) + (m[j + 1, i - 1] - green[j + 1, i - 1])
                other = here + quarter * corners
                red, blue = (m[j, i], other) if y % 2 == 0 else (other, m[j, i])
            else:
                beside = here + half * (m[j, i - 1] - green[j, i - 1] + m[j, i + 1] - green[j, i + 1])
                above = here + half * (m[j - 1, i] - green[j - 1, i] + m[j + 1, i] - green[j + 1, i])
                red, blue = (beside, above) if y % 2 == 0 else (above, beside)
            for c in range(3):
                out[y, x, c] = to_linear[c, 0] * red + to_linear[c, 1] * here + to_linear[c, 2] * blue
    return out


@njit(nogil=True, cache=True)
def _edge_green(m: Plane) -> Plane:
    """Green at every photosite but the outermost two; the padding is even, so colours keep their order."""
    green = m.copy()
    half, quarter = np.float32(0.5), np.float32(0.25)
    for j in range(2, m.shape[0] - 2):
        for i in range(2 + j % 2, m.shape[1] - 2, 2):
            bend_x = m[j, i] + m[j, i] - m[j, i - 2] - m[j, i + 2]
            bend_y = m[j, i] + m[j, i] - m[j - 2, i] - m[j + 2, i]
            along_x = half * (m[j, i - 1] + m[j, i + 1]) + quarter * bend_x
            along_y = half * (m[j - 1, i] + m[j + 1, i]) + quarter * bend_y
            rough_x = abs(m[j, i - 1] - m[j, i + 1]) + abs(bend_x)
            rough_y = abs(m[j - 1, i] - m[j + 1, i]) + abs(bend_y)
            if rough_x < rough_y:
                green[j, i] = along_x
            elif rough_y < rough_x:
                green[j, i] = along_y
            else:
                green[j, i] = half * (along_x + along_y)
    return green


@njit(nogil=True, cache=True)
def draw_strokes(plane: Plane, strokes: NDArray[np.float64]) -> None:
    """Draw anti-aliased straight strokes into `plane`, in place; where they cross, the larger wins.

    Each row of `strokes` is x0, y0, x1, y1, width in px, value.
    """
    height, width = plane.shape
    for k in range(strokes.shape[0]):
        x0, y0, x1, y1, thick, value = strokes[k]
        half = 0.5 * thick
        dx, dy = x1 - x0, y1 - y0
        length2 = max(dx * dx + dy * dy, 1e-9)
        for y in range(max(int(min(y0, y1) - half - 1), 0), min(int(max(y0, y1) + half + 2), height)):
            for x in range(max(int(min(x0, x1) - half - 1), 0), min(int(max(x0, x1) + half + 2), width)):
                t = min(max(((x - x0) * dx + (y - y0) * dy) / length2, 0.0), 1.0)
                distance = np.hypot(x - x0 - t * dx, y - y0 - t * dy)
                cover = min(max(half + 0.5 - distance, 0.0), 1.0, thick)
                plane[y, x] = max(plane[y, x], cover * value)

# SPDX-License-Identifier: Apache-2.0
"""A procedural picture for the camera to look at: a street at night, from a seed alone.

Nothing third-party is carried. It has what makes finding and mending hard: a
smooth sky, textures with a 1/f spectrum, hard edges, twigs one pixel wide, small
lights brighter than white, and lettering.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from pixmend.simulate._kernels import draw_strokes

__all__ = ["LENS_SIGMA_PX", "expose", "fractal", "procedural_street"]

_HORIZON = 0.62  # of the height
_WARM = np.array([1.0, 0.62, 0.30], dtype=np.float32)
_COOL = np.array([0.55, 0.75, 1.0], dtype=np.float32)
_BRIGHTEST = 25.0
LENS_SIGMA_PX = 0.65  # lens and low-pass filter at photosite pitch; without it a demosaic only aliases


def procedural_street(height: int, width: int, *, seed: int = 0) -> NDArray[np.float32]:
    """Paint a night street.

    Parameters
    ----------
    height, width : int
        In px; each 32 or more.
    seed : int

    Returns
    -------
    (height, width, 3) float32 ndarray
        Scene-linear RGB, 0.001 to about 12; `expose` brings it to a level.

    Raises
    ------
    ValueError
        If a side is shorter than 32 px.
    """
    if min(height, width) < 32:
        raise ValueError(f"a street needs 32 px each way, not {height}x{width}")
    rng = np.random.default_rng([seed, 102])
    picture = _paint_sky(height, width, rng)
    ground = int(_HORIZON * height)
    _paint_houses(picture, ground, rng)
    _paint_road(picture, ground, rng)
    _paint_trees(picture, ground, rng)
    _paint_lamps(picture, ground, rng)
    return np.maximum(picture, np.float32(0.001))


def expose(picture: NDArray[np.float32], exposure: float) -> NDArray[np.float32]:
    """Return a picture as a lens and an exposure give it.

    Parameters
    ----------
    picture : (H, W, 3) float32 ndarray
        Scene-linear RGB, any scale.
    exposure : float
        1 puts the geometric mean at 0.18 (a day scene), 0.06 is night.

    Returns
    -------
    (H, W, 3) float32 ndarray
        Softened by a Gaussian of 0.65 px, 0 to 25.
    """
    soft = ndimage.gaussian_filter(picture, (LENS_SIGMA_PX, LENS_SIGMA_PX, 0), truncate=4.0)
    grey = float(np.exp(np.log(np.maximum(soft.mean(axis=-1), 1e-4)).mean()))
    exposed: NDArray[np.float32] = np.clip(soft * np.float32(0.18 * exposure / grey), 0.0, _BRIGHTEST)
    return exposed.astype(np.float32)


def fractal(shape: tuple[int, int], rng: np.random.Generator, *, slope: float) -> NDArray[np.float32]:
    """Noise whose amplitude falls as frequency ** -slope; mean 0, standard deviation 1."""
    height, width = (fft.next_fast_len(side, real=True) for side in shape)
    spectrum = fft.rfft2(rng.standard_normal((height, width), dtype=np.float32))
    radius = np.hypot(fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None, :])
    radius[0, 0] = np.inf
    noise = fft.irfft2(spectrum * (radius**-slope).astype(np.float32), s=(height, width))
    noise = noise[: shape[0], : shape[1]]
    return np.asarray((noise - noise.mean()) / (noise.std() + 1e-9), dtype=np.float32)


def _paint_sky(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    down = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    night = np.array([0.012, 0.020, 0.045], dtype=np.float32)
    glow = np.array([0.20, 0.11, 0.06], dtype=np.float32)
    clouds = np.exp(0.25 * fractal((height, width), rng, slope=1.6))[..., None]
    return np.asarray((night + glow * down**3) * clouds, dtype=np.float32)


def _paint_houses(picture: NDArray[np.float32], ground: int, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    wall = np.exp(0.30 * fractal((height, width), rng, slope=1.0))
    left = 0
    while left < width:
        wide = int(rng.uniform(0.08, 0.20) * height) + 8
        top = ground - int(rng.uniform(0.12, 0.42) * height)
        right = min(left + wide, width)
        paint = rng.uniform(0.025, 0.10) * rng.uniform(0.75, 1.25, 3)
        bricks = 1.0 - 0.35 * (np.arange(top, ground) % max(height // 180, 3) == 0)
        surface = wall[top:ground, left:right] * bricks[:, None].astype(np.float32)
        picture[top:ground, left:right] = surface[..., None] * paint.astype(np.float32)
        _paint_windows(picture, (top, ground, left, right), rng)
        if rng.random() < 0.5:
            _paint_sign(picture, (top, ground, left, right), rng)
        left = right + (int(rng.uniform(0.0, 0.06) * height) if rng.random() < 0.4 else 0)


def _paint_windows(
    picture: NDArray[np.float32], house: tuple[int, int, int, int], rng: np.random.Generator
) -> None:
    top, bottom, left, right = house
    size = max(picture.shape[0] // 64, 4)
    for y in range(top + size, bottom - 2 * size, 2 * size):
        for x in range(left + size, right - size, 2 * size):
            lit = rng.random()
            colour = _WARM if rng.random() < 0.75 else _COOL
            light = rng.uniform(0.3, 2.0) if lit < 0.22 else rng.uniform(0.002, 0.03)
            pane = picture[y : y + int(1.3 * size), x : x + size]
            pane[:] = np.float32(light) * colour
            pane[:, size // 2] *= np.float32(0.15)  # the bar between two panes: a hard thin edge


def _paint_sign(
    picture: NDArray[np.float32], house: tuple[int, int, int, int], rng: np.random.Generator
) -> None:
    top, bottom, left, right = house
    unit = max(picture.shape[0] // 540, 1)
    letters = max((right - left - 4 * unit) // (6 * unit), 1)
    glyphs = np.zeros((7, 6 * letters), dtype=bool)
    for k in range(letters):
        glyphs[1:6, 6 * k + 1 : 6 * k + 5] = rng.random((5, 4)) < 0.55
    board = np.kron(glyphs, np.ones((unit, unit), dtype=bool))
    y = int(rng.uniform(0.75, 0.9) * (bottom - top)) + top
    target = picture[y : y + board.shape[0], left + unit : left + unit + board.shape[1]]
    board = board[: target.shape[0], : target.shape[1]]
    colour = rng.uniform(0.1, 1.0, 3).astype(np.float32)
    target[:] = np.where(board[..., None], colour * np.float32(rng.uniform(0.5, 2.5)), colour * 0.04)


def _paint_road(picture: NDArray[np.float32], ground: int, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    deep = height - ground
    stones = np.exp(0.35 * fractal((deep, width), rng, slope=0.8))
    mirror = picture[ground - 1 :: -1][:deep]
    mirror = np.pad(mirror, ((0, deep - len(mirror)), (0, 0), (0, 0)), mode="edge")
    wet = ndimage.gaussian_filter(mirror, (height / 40, height / 400, 0))
    near = np.linspace(0.3, 1.0, deep, dtype=np.float32)[:, None]
    asphalt = np.array([0.030, 0.030, 0.034], dtype=np.float32)
    picture[ground:] = (stones * near)[..., None] * asphalt + 0.35 * wet * stones[..., None]
    for k in range(5):  # lane marks, wider as they come nearer
        y = ground + int(deep * (0.25 + 0.16 * k))
        thick = max(int(0.02 * deep * (k + 1) / 3), 1)
        for x in range(int(rng.integers(0, deep)), width, deep):
            picture[y : y + thick, x : x + deep // 3] += np.float32(0.10)


def _paint_trees(picture: NDArray[np.float32], ground: int, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    cover = np.zeros((height, width), dtype=np.float32)
    strokes: list[tuple[float, ...]] = []
    for _ in range(max(2 * width // height, 2)):
        x = rng.uniform(0, width)
        _grow(strokes, (x, float(ground), -np.pi / 2, 0.10 * height, height / 120), rng)
    draw_strokes(cover, np.array(strokes, dtype=np.float64).reshape(-1, 6))
    bark = np.array([0.010, 0.008, 0.006], dtype=np.float32)
    picture[:] = picture * (1 - cover[..., None]) + bark * cover[..., None]


def _grow(
    strokes: list[tuple[float, ...]],
    branch: tuple[float, float, float, float, float],
    rng: np.random.Generator,
) -> None:
    """Grow one branch (x, y, heading, length, width) and its twigs, down to about one pixel."""
    x, y, heading, length, wide = branch
    if length < 5.0:
        return
    end_x, end_y = x + length * np.cos(heading), y + length * np.sin(heading)
    strokes.append((x, y, end_x, end_y, max(wide, 0.7), 1.0))
    for turn in (-1, 1):
        bend = heading + turn * rng.uniform(0.15, 0.7)
        _grow(strokes, (end_x, end_y, bend, length * rng.uniform(0.65, 0.85), 0.68 * wide), rng)


def _paint_lamps(picture: NDArray[np.float32], ground: int, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    lights = np.zeros_like(picture)
    for x in np.arange(rng.uniform(0.05, 0.3) * height, width, 0.45 * height):
        _put_light(lights, (ground - 0.22 * height, x, height / 160), 6.0 * _WARM)
    for _ in range(width * height // 20000 + 4):  # far lights, about one pixel each
        y = ground - abs(rng.normal(0.0, 0.05)) * height
        colour = _WARM if rng.random() < 0.6 else rng.uniform(0.1, 1.0, 3).astype(np.float32)
        _put_light(lights, (y, rng.uniform(0, width), 0.6), float(np.exp(rng.uniform(-2.0, 1.5))) * colour)
    glow = ndimage.gaussian_filter(lights, (height / 36, height / 36, 0), truncate=3.0)
    picture += lights + 2.0 * glow


def _put_light(
    lights: NDArray[np.float32], spot: tuple[float, float, float], colour: NDArray[np.float32]
) -> None:
    """Add a round light at (y, x) with a soft rim of one pixel."""
    y, x, radius = spot
    reach = int(radius + 2)
    top, left = max(int(y) - reach, 0), max(int(x) - reach, 0)
    window = lights[top : int(y) + reach + 1, left : int(x) + reach + 1]
    rows, columns = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]]
    cover = np.clip(radius + 0.5 - np.hypot(rows - y, columns - x), 0.0, 1.0)
    window += cover[..., None].astype(np.float32) * colour

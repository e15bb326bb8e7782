# SPDX-License-Identifier: Apache-2.0
"""The noise of a shot as a picture: sigma by level and channel, and what it was fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.model import SampleCodec, SampleType
from pixmend.stats._noise import FlatBlocks, NoiseModel, level_noise

__all__ = ["noise_plot"]

_WIDTH, _HEIGHT = 860, 600
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 836, 96, 530
_DARKEST, _BRIGHTEST = 1e-4, 64.0  # scene-linear; what a plot may span
_MOST_DOTS = 350  # of each channel: more only makes a larger file
_COLOURS = ("#d55e00", "#009e73", "#0072b2", "#7a5195")  # told apart by colour-blind people (Okabe and Ito)
_DASHES = ("", "9 4", "3 3", "12 3 3 3")
_SHAPES = ("circle", "square", "triangle", "diamond")
_STYLE = (
    "text{font:13px 'DejaVu Sans','Helvetica Neue',Arial,sans-serif;fill:#222}"
    ".title{font-size:17px;font-weight:bold}.note{font-size:12px;fill:#555}"
    ".grid{stroke:#ddd;stroke-width:1}.frame{fill:none;stroke:#444;stroke-width:1}"
)


@dataclass(frozen=True, slots=True)
class _Axis:
    """A logarithmic axis from `low` to `high` over pixels `first` to `last`."""

    low: float
    high: float
    first: float
    last: float

    def place(self, value: Any) -> Any:
        """Return where values are drawn, those beyond the ends at the ends."""
        kept = np.clip(value, self.low, self.high)
        share = np.log(kept / self.low) / np.log(self.high / self.low)
        return np.round(self.first + share * (self.last - self.first), 1)

    def decades(self) -> list[float]:
        """Return the powers of ten on the axis."""
        first, last = np.ceil(np.log10(self.low) - 1e-9), np.floor(np.log10(self.high) + 1e-9)
        return [float(10.0**power) for power in np.arange(first, last + 1)]


def noise_plot(
    noise: NoiseModel,
    blocks: Sequence[FlatBlocks],
    *,
    channels: Sequence[str],
    sample: SampleType,
    codec: SampleCodec,
    title: str,
) -> str:
    """Draw sigma over level, both logarithmic and scene-linear, a curve a channel, as SVG.

    Parameters
    ----------
    noise : NoiseModel
        The curves.
    blocks : sequence of FlatBlocks
        What it was fitted to: dots are blocks, markers the noise of each brightness.
    channels : sequence of str
        Their names.
    sample, codec
        How the plate stores light; the upper axis shows its code values.
    title : str
        Such as the shot's name and its encoding.

    Returns
    -------
    str
        A whole file without links: same noise, same text.

    Notes
    -----
    Blocks at or below black have no place on a logarithmic axis and are drawn at its left end.
    """
    means, sigmas = (
        [
            np.concatenate([getattr(each, name)[c] for each in blocks] or [np.zeros(0)])
            for c in range(len(channels))
        ]
        for name in ("mean", "sigma")
    )
    across = _axis_of(np.concatenate(means), _LEFT, _RIGHT, most=(_DARKEST, _BRIGHTEST))
    levels = np.geomspace(across.low, across.high, 80)
    curves = [noise.sigma(levels, c) for c in range(len(channels))]
    fitted = [level_noise(blocks, c) for c in range(len(channels))]
    up = _axis_of(
        np.concatenate([*curves, *(sigma for _, sigma in fitted)]), _BOTTOM, _TOP, most=(1e-7, 10.0)
    )
    body = [*_level_axis(across), *_sigma_axis(up), *_code_axis(across, sample, codec)]
    for c in range(len(channels)):
        body += _dots(across.place(means[c]), up.place(sigmas[c]), sigmas[c], c)
    for c in range(len(channels)):
        body.append(_curve(across.place(levels), up.place(curves[c]), c))
        body += [
            _marker(x, y, c) for x, y in zip(across.place(fitted[c][0]), up.place(fitted[c][1]), strict=True)
        ]
    return _document(title, [*body, *_legend(channels)])


def _axis_of(values: NDArray[np.float64], first: float, last: float, *, most: tuple[float, float]) -> _Axis:
    """Return an axis of whole decades around most of the values."""
    lit = values[np.isfinite(values) & (values > 0)]
    low, high = np.quantile(lit, (0.01, 0.999)) if lit.size else most
    low, high = np.clip((low, high), *most)
    bottom = 10.0 ** np.floor(np.log10(low))
    return _Axis(float(bottom), float(max(10.0 ** np.ceil(np.log10(high)), 10 * bottom)), first, last)


def _level_axis(axis: _Axis) -> list[str]:
    marks = []
    for value in axis.decades():
        x = axis.place(value)
        marks.append(f'<line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{_BOTTOM}"/>')
        marks.append(_text(x, _BOTTOM + 20, f"{value:g}", "middle"))
    middle = (_LEFT + _RIGHT) / 2
    return [*marks, _text(middle, _BOTTOM + 44, "level, scene-linear light (18 % grey is 0.18)", "middle")]


def _sigma_axis(axis: _Axis) -> list[str]:
    marks = []
    for value in axis.decades():
        y = axis.place(value)
        marks.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>')
        marks.append(_text(_LEFT - 8, y + 4, f"{value:g}", "end"))
    middle = (_TOP + _BOTTOM) / 2
    label = "sigma of the noise of one frame, scene-linear light"
    turned = (
        f'<text transform="rotate(-90 22 {middle})" x="22" y="{middle}" text-anchor="middle">{label}</text>'
    )
    return [*marks, turned]


def _code_axis(axis: _Axis, sample: SampleType, codec: SampleCodec) -> list[str]:
    """Return the upper axis: what the plate stores for each level."""
    levels = np.geomspace(axis.low, axis.high, 9)
    stored = codec.from_linear(levels.astype(np.float32), sample)
    marks = []
    for level, code in zip(levels, stored, strict=True):
        x = axis.place(level)
        marks.append(f'<line class="frame" x1="{x}" y1="{_TOP}" x2="{x}" y2="{_TOP - 5}"/>')
        marks.append(
            _text(x, _TOP - 10, f"{float(code):.3g}" if sample.is_float else str(int(code)), "middle")
        )
    kind = "stored value" if sample.is_float else f"code value of {sample.max_code}"
    frame = f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_RIGHT - _LEFT}" height="{_BOTTOM - _TOP}"/>'
    return [*marks, frame, _text(_RIGHT, _TOP - 30, f"{kind}, {sample.label}", "end")]


def _dots(xs: Any, ys: Any, sigma: NDArray[np.float64], channel: int) -> list[str]:
    """Return some of the blocks, evenly chosen; those without noise have no place."""
    alive = np.flatnonzero(sigma > 0)
    chosen = (
        alive[np.linspace(0, len(alive) - 1, min(len(alive), _MOST_DOTS)).astype(int)]
        if len(alive)
        else alive
    )
    path = "".join(f"M{xs[each]:g} {ys[each]:g}h0" for each in chosen)
    colour = _COLOURS[channel % len(_COLOURS)]
    return [
        f'<path d="{path}" stroke="{colour}" stroke-width="3" stroke-linecap="round" stroke-opacity="0.25"/>'
    ]


def _curve(xs: Any, ys: Any, channel: int) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline points="{points}" fill="none" {_stroke(channel)}/>'


def _stroke(channel: int) -> str:
    dash = _DASHES[channel % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{_COLOURS[channel % len(_COLOURS)]}" stroke-width="2"{dashed}'


def _marker(x: float, y: float, channel: int) -> str:
    colour = _COLOURS[channel % len(_COLOURS)]
    style = f'fill="{colour}" stroke="#fff" stroke-width="1"'
    shape = _SHAPES[channel % len(_SHAPES)]
    if shape == "circle":
        return f'<circle cx="{x:g}" cy="{y:g}" r="4.5" {style}/>'
    corners = {
        "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        "triangle": ((0, -5), (5, 4), (-5, 4)),
        "diamond": ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)),
    }[shape]
    points = " ".join(f"{x + dx:g},{y + dy:g}" for dx, dy in corners)
    return f'<polygon points="{points}" {style}/>'


def _legend(channels: Sequence[str]) -> list[str]:
    marks = []
    for channel, name in enumerate(channels):
        x, y = _LEFT + 18, _TOP + 22 + 20 * channel
        marks.append(f'<line x1="{x}" y1="{y}" x2="{x + 44}" y2="{y}" {_stroke(channel)}/>')
        marks.append(_marker(x + 22, y, channel))
        marks.append(_text(x + 52, y + 4, name, "start"))
    note = "lines: the model; markers: the noise of each brightness; dots: all blocks, with the picture's texture"
    return [*marks, f'<text class="note" x="{_LEFT}" y="{_HEIGHT - 8}">{note}</text>']


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(title: str, body: Sequence[str]) -> str:
    named = escape("".join(each if each.isprintable() else " " for each in title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'role="img">\n<title>{named}</title>\n<style>{_STYLE}</style>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n'
        f'<text class="title" x="{_LEFT}" y="34">{named}</text>\n' + "\n".join(body) + "\n</svg>\n"
    )

# SPDX-License-Identifier: Apache-2.0
"""Crops side by side, large and labelled, plain and with their contrast raised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONTRAST", "ZOOM", "Row", "Version", "draw_sheet"]

ZOOM, CONTRAST = 8, 8
_GUTTER_PX, _LABEL_PX = 8, 22
_PAPER, _INK = 32, (235, 235, 235)
_MIDDLE = 0.42  # where contrast is raised about
_GREY = 0.18  # what a crop's mean is exposed for where it is shown as it is


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One crop and what it is: (h, w, 3) float32 in ACEScct."""

    label: str
    crop: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One place in several versions.

    Attributes
    ----------
    label : str
    versions : tuple of Version
    mean : (h, w, 3) float32 ndarray
        The local mean of the truth, about which contrast is raised: the same for every version.
    """

    label: str
    versions: tuple[Version, ...]
    mean: NDArray[np.float32]


def draw_sheet(rows: Sequence[Row]) -> NDArray[np.uint8]:
    """Draw rows of crops, first as they are, then with `CONTRAST`; (h, w, 3) uint8.

    As they are means sRGB, exposed for the row's mean; contrast is that of ACEScct. A pixel is `ZOOM` px wide.
    """
    return np.concatenate([_drawn(row) for row in rows], axis=0)


def _drawn(row: Row) -> NDArray[np.uint8]:
    gain = _GREY / float(_to_linear(row.mean).mean())
    labels = [f"{row.label}: {row.versions[0].label}", *(each.label for each in row.versions[1:])]
    plain = [
        _panel(label, _to_srgb(gain * _to_linear(each.crop)))
        for label, each in zip(labels, row.versions, strict=True)
    ]
    raised = [
        _panel(f"{each.label}, contrast x{CONTRAST}", _MIDDLE + CONTRAST * (each.crop - row.mean))
        for each in row.versions
    ]
    return np.concatenate([*plain, *raised], axis=1)


def _to_linear(acescct: NDArray[np.floating]) -> NDArray[np.floating]:
    """Academy S-2016-001."""
    toe = (acescct - 0.0729055341958355) / 10.5402377416545
    return np.asarray(np.where(acescct <= 0.155251141552511, toe, np.exp2(acescct * 17.52 - 9.72)))


def _to_srgb(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """IEC 61966-2-1."""
    light = np.clip(linear, 0.0, 1.0)
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def _panel(label: str, values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return one enlarged crop with its label above and a gutter around."""
    import cv2  # noqa: PLC0415 (draws letters; not there where the tests run)

    codes = np.rint(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8)
    large = codes.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    height, width = large.shape[:2]
    panel = np.full((height + _LABEL_PX + _GUTTER_PX, width + _GUTTER_PX, 3), _PAPER, np.uint8)
    panel[_LABEL_PX : _LABEL_PX + height, :width] = large
    cv2.putText(panel, label, (1, _LABEL_PX - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    return panel

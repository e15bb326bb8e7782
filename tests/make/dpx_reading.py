# SPDX-License-Identifier: Apache-2.0
"""A DPX read by our layout, checked row by row against single places."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixmend.formats import DpxLayout, MemoryBytes, locate_datums, parse_dpx, read_dpx_planes
from tests.make.dpx import DpxPart


def bit_patterns(planes: Iterable[NDArray[Any]]) -> list[NDArray[Any]]:
    return [plane.view(f"u{plane.itemsize}") for plane in planes]


def read_all(stored: bytes, **options: bool) -> tuple[DpxLayout, dict[str, NDArray[Any]]]:
    """Return the layout and all planes, read by rows and checked against single places."""
    layout = parse_dpx(MemoryBytes(stored), **options)
    planes = bit_patterns(read_dpx_planes(MemoryBytes(stored), layout, (0, layout.height)))
    for number, (channel, plane) in enumerate(zip(layout.channels, planes, strict=True)):
        y, x = np.indices(plane.shape)
        x *= channel.sampling[0]
        places = locate_datums(layout, x.ravel(), y.ravel(), np.full(x.size, number))
        values = places.values_in(np.frombuffer(stored, np.uint8), places.offset)
        np.testing.assert_array_equal(values.reshape(plane.shape), plane)
    return layout, dict(zip([channel.name for channel in layout.channels], planes, strict=True))


def assert_reads(stored: bytes, *parts: DpxPart, **options: bool) -> DpxLayout:
    """Check that a file holds the samples of its parts."""
    layout, planes = read_all(stored, **options)
    expected = [samples for part in parts for samples in part.samples().values()]
    for plane, samples in zip(planes.values(), expected, strict=True):
        np.testing.assert_array_equal(plane, samples)
    return layout

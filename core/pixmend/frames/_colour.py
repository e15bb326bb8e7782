# SPDX-License-Identifier: Apache-2.0
"""Which channels of a plate hold the picture."""

from collections.abc import Sequence

from pixmend.errors import UnsupportedError, UsageError
from pixmend.model import Channel, SampleType

__all__ = ["find_colour"]

_TRIPLES = (("R", "G", "B"), ("r", "g", "b"))


def find_colour(channels: Sequence[Channel], *, where: str, layer: str | None = None) -> tuple[str, ...]:
    """Return the names of the colour channels in the order R, G, B, or of the luminance.

    The layer without a name goes first (in a multi-view EXR it is the default view), then
    the others by name; ``Y`` counts only where no layer has R, G and B. With `layer` only
    that one is looked at.

    Raises
    ------
    UnsupportedError
        If no layer has R, G, B or Y with a sample in every pixel, or they are stored as
        32-bit integers.
    UsageError
        If there is no such layer.
    """
    types = {each.name: each.sample for each in channels if each.sampling == (1, 1)}
    layers = sorted({each.name.rpartition(".")[0] for each in channels})  # "" sorts first
    if layer is not None:
        if layer not in layers:
            named = ", ".join(repr(each) for each in layers)
            raise UsageError(f"there is no layer {layer!r}", where=where, hint=f"the frame has {named}")
        layers = [layer]
    for letters in (*_TRIPLES, ("Y",)):
        for each in layers:
            names = tuple(f"{each}.{letter}" if each else letter for letter in letters)
            if types.keys() >= set(names):
                if SampleType.UINT32 in {types[name] for name in names}:
                    raise UnsupportedError(
                        "the picture is stored as 32-bit integers",
                        where=where,
                        hint="pixmend mends half and float; integers in an EXR are identifiers",
                    )
                return names
    subsampled = [each.name for each in channels if each.sampling != (1, 1)]
    raise UnsupportedError(
        f"no channels R, G, B or Y: the frame has {', '.join(each.name for each in channels)}"
        + (f" ({', '.join(subsampled)} subsampled)" if subsampled else ""),
        where=where,
        hint="pixmend mends pictures; data such as depth is left alone",
    )

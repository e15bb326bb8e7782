# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): the header, read with suspicion."""

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._bytesource import ByteSource
from pixmend.formats._dpx import DpxElement, DpxLayout, DpxPacking
from pixmend.formats._dpx_fields import LEAST_HEADER, UNDEFINED, DpxFields, ElementFields, read_dpx_fields
from pixmend.formats._dpx_lines import place_lines

__all__ = ["parse_dpx"]

_PATTERNS: dict[int, tuple[str, ...]] = {
    1: ("R",),
    2: ("G",),
    3: ("B",),
    4: ("A",),
    6: ("Y",),
    8: ("Z",),
    50: ("R", "G", "B"),
    51: ("R", "G", "B", "A"),
    52: ("A", "B", "G", "R"),
    100: ("Cb", "Y", "Cr", "Y"),
    101: ("Cb", "Y", "A", "Cr", "Y", "A"),
    102: ("Cb", "Y", "Cr"),
    103: ("Cb", "Y", "Cr", "A"),
    **{148 + count: tuple(f"C{number + 1}" for number in range(count)) for count in range(2, 9)},
}
_TWO_PIXELS = {100, 101}  # their pattern: chroma at even x only


def parse_dpx(source: ByteSource, *, low_first: bool | None = None) -> DpxLayout:
    """Read the header of a DPX file; its size decides whether lines are padded.

    Parameters
    ----------
    source : ByteSource
    low_first : bool, optional
        Whether filled 10-bit words of elements of one component hold their first datum
        in their lowest bits; by default they do, as nearly all writers have it.

    Raises
    ------
    BadFrameError
        If it is no DPX file, is truncated, or its header contradicts itself.
    UnsupportedError
        If it is sound but of a form that cannot be addressed to the bit.

    Notes
    -----
    Components that an earlier element has too are those of another picture (the other
    eye, say), and named with its number: ``2.R``.
    """
    header = read_dpx_fields(source)
    for each in header.elements:
        _check_addressable(each, header)
    offsets = _element_offsets(header)
    patterns = _named_patterns([_PATTERNS[each.descriptor] for each in header.elements])
    elements = []
    for fields, pattern, offset in zip(header.elements, patterns, offsets, strict=True):
        end = min([each for each in offsets if each > offset] + [header.file_size])
        elements.append(
            place_lines(_unplaced(fields, pattern, offset, low_first=low_first), fields, header, end)
        )
    return DpxLayout(
        byte_order=header.byte_order,
        width=header.width,
        height=header.height,
        elements=tuple(elements),
        header_bytes=min(offsets),
        transfer=header.elements[0].transfer,
    )


def _named_patterns(patterns: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put the number of the picture before the names of a second one, a third one and so on."""
    seen: list[str] = []
    named = []
    for pattern in patterns:
        picture = 1 + max(seen.count(name) for name in pattern)
        seen += dict.fromkeys(pattern)
        named.append(pattern if picture == 1 else tuple(f"{picture}.{name}" for name in pattern))
    return named


def _check_addressable(element: ElementFields, header: DpxFields) -> None:
    """Refuse what cannot be addressed; an undefined encoding or sign counts as the usual one."""
    is_float = element.bits == 32
    refusals = (
        (element.descriptor not in _PATTERNS, f"DPX elements of descriptor {element.descriptor}"),
        (element.encoding not in {0, 0xFFFF}, "run-length encoded DPX"),
        (element.sign not in {0, UNDEFINED} and not is_float, "DPX of signed samples"),
        (element.bits not in {8, 10, 12, 16, 32}, f"DPX of {element.bits}-bit samples"),
        (
            element.bits in {10, 12} and element.packing not in {0, 1, 2},
            f"DPX of packing {element.packing}",
        ),
        (
            element.descriptor in _TWO_PIXELS and header.width % 2 == 1,
            "DPX with chroma in every second pixel and an odd width",
        ),
    )
    for refused, what in refusals:
        if refused:
            raise UnsupportedError(f"{what} cannot be read", where=header.where)


def _element_offsets(header: DpxFields) -> list[int]:
    said = [each.offset for each in header.elements]
    if said[0] in {0, UNDEFINED}:
        said[0] = header.data_offset
    starts = [header.data_offset, *said]
    if len(set(said)) < len(said) or header.data_offset not in {min(said), UNDEFINED} or UNDEFINED in said:
        raise UnsupportedError(
            f"the header is ambiguous about where the picture begins: at {', '.join(map(str, starts))}",
            where=header.where,
        )
    if min(said) < LEAST_HEADER:
        raise BadFrameError(
            f"damaged header: the picture begins inside it, at {min(said)}", where=header.where
        )
    return said


def _unplaced(
    fields: ElementFields, pattern: tuple[str, ...], offset: int, *, low_first: bool | None
) -> DpxElement:
    """Return an element whose stride is not known yet."""
    return DpxElement(
        pattern=pattern,
        period=2 if fields.descriptor in _TWO_PIXELS else 1,
        offset=offset,
        stride=0,
        bits=fields.bits,
        packing=DpxPacking(fields.packing if fields.bits in {10, 12} else 0),
        low_first=len(pattern) == 1 and low_first is not False,
    )

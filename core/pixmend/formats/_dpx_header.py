# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): the header, read with suspicion.

Numbers in comments are byte positions in the header.
"""

import struct
from dataclasses import dataclass, replace

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._bytesource import ByteSource
from pixmend.formats._dpx import DpxElement, DpxLayout, DpxPacking

__all__ = ["parse_dpx"]

_HEAD_BYTES = 2048  # all sections; a shorter file is judged by what it has
_LEAST_HEADER = 1664  # file, image, orientation and film / TV sections
_UNDEFINED = 0xFFFFFFFF
_LARGEST_SIDE = 1 << 20
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
_RUNS_ON_MAKERS = (b"Scanity", b"Lasergraphics")  # their luma lines do not end on a word


@dataclass(frozen=True, slots=True)
class _Element:
    """One element's header fields, as they stand there."""

    sign: int
    descriptor: int
    transfer: int
    bits: int
    packing: int
    encoding: int
    offset: int
    line_padding: int


@dataclass(frozen=True, slots=True)
class _Header:
    """The header fields that tell where samples lie."""

    byte_order: str
    data_offset: int
    width: int
    height: int
    elements: tuple[_Element, ...]
    runs_on: bool
    is_whole: bool
    file_size: int
    where: str


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
    The standard pads every line to 32 bits and puts end-of-line padding after that. Some
    writers do not pad, count the one as the other, or leave the other out. Where the size
    of the file fits one reading exactly, that is taken; else the standard's; others only
    where the standard's does not fit, and the file is as long as its header says.

    Components that an earlier element has too are those of another picture (the other
    eye, say), and named with its number: ``2.R``.
    """
    header = _read_header(source.read(0, min(_HEAD_BYTES, source.size)), source.size, source.name)
    for each in header.elements:
        _check_addressable(each, header)
    offsets = _element_offsets(header)
    patterns = _named_patterns([_PATTERNS[each.descriptor] for each in header.elements])
    elements = []
    for fields, pattern, offset in zip(header.elements, patterns, offsets, strict=True):
        room = min([each for each in offsets if each > offset] + [header.file_size]) - offset
        elements.append(
            _place_element(_unplaced(fields, pattern, offset, low_first=low_first), fields, header, room)
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


def _read_header(head: bytes, file_size: int, where: str) -> _Header:
    if not file_size:
        raise BadFrameError("the file is empty", where=where)
    if head[:4] not in {b"SDPX", b"XPDS"}:
        raise BadFrameError("this is no DPX file: it does not begin with SDPX or XPDS", where=where)
    if len(head) < _LEAST_HEADER:
        raise BadFrameError(f"truncated: the file ends in its header, after {file_size} bytes", where=where)
    order = ">" if head[:4] == b"SDPX" else "<"
    data_offset, _, _, _, said_size = struct.unpack_from(f"{order}5I", head, 4)
    (key,) = struct.unpack_from(f"{order}I", head, 660)
    _, count, width, height = struct.unpack_from(f"{order}HHII", head, 768)
    if not (1 <= count <= 8 and 0 < width < _LARGEST_SIDE and 0 < height < _LARGEST_SIDE):
        raise BadFrameError(f"damaged header: {count} elements of {width}x{height}", where=where)
    if key not in {0, _UNDEFINED}:
        raise UnsupportedError("this DPX is encrypted", where=where)
    makers = (head[160:260], head[1556:1588])  # creator, input device
    return _Header(
        byte_order=order,
        data_offset=data_offset,
        width=width,
        height=height,
        elements=tuple(_read_element(head, order, 780 + 72 * index) for index in range(count)),
        runs_on=any(maker.startswith(_RUNS_ON_MAKERS) for maker in makers),
        is_whole=0 < said_size <= file_size,
        file_size=file_size,
        where=where,
    )


def _read_element(head: bytes, order: str, at: int) -> _Element:
    (sign,) = struct.unpack_from(f"{order}I", head, at)
    descriptor, transfer, _, bits = head[at + 20 : at + 24]
    packing, encoding, offset, line_padding = struct.unpack_from(f"{order}HHII", head, at + 24)
    padding = 0 if line_padding == _UNDEFINED else line_padding
    return _Element(sign, descriptor, transfer, bits, packing, encoding, offset, padding)


def _check_addressable(element: _Element, header: _Header) -> None:
    """Refuse what cannot be addressed; an undefined encoding or sign counts as the usual one."""
    is_float = element.bits == 32
    refusals = (
        (element.descriptor not in _PATTERNS, f"DPX elements of descriptor {element.descriptor}"),
        (element.encoding not in {0, 0xFFFF}, "run-length encoded DPX"),
        (element.sign not in {0, _UNDEFINED} and not is_float, "DPX of signed samples"),
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


def _element_offsets(header: _Header) -> list[int]:
    said = [each.offset for each in header.elements]
    if said[0] in {0, _UNDEFINED}:
        said[0] = header.data_offset
    starts = [header.data_offset, *said]
    if len(set(said)) < len(said) or header.data_offset not in {min(said), _UNDEFINED} or _UNDEFINED in said:
        raise UnsupportedError(
            f"the header is ambiguous about where the picture begins: at {', '.join(map(str, starts))}",
            where=header.where,
        )
    if min(said) < _LEAST_HEADER:
        raise BadFrameError(
            f"damaged header: the picture begins inside it, at {min(said)}", where=header.where
        )
    return said


def _unplaced(
    fields: _Element, pattern: tuple[str, ...], offset: int, *, low_first: bool | None
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


def _place_element(element: DpxElement, fields: _Element, header: _Header, room: int) -> DpxElement:
    """Find the stride that `room` bytes allow; see the notes of `parse_dpx`."""
    datums = header.width * element.datums_per_pixel
    line = element.bytes_until(datums)
    padded = -(-line // 4) * 4
    running = element.bytes_until(datums * header.height)
    is_luma = element.bits == 10 and len(element.pattern) == 1
    if header.runs_on and is_luma and running != padded * header.height:
        return _place_running(element, header, room, padded * header.height)
    whole_lines = [padded + fields.line_padding, padded]
    if element.unit_bytes < 4:  # words do not force a line to end on one
        whole_lines += [line + fields.line_padding, line]
    for stride in whole_lines:
        if stride * header.height == room:
            return replace(element, stride=stride)
    standard, *others = whole_lines
    if standard * (header.height - 1) + line <= room:
        return replace(element, stride=standard)
    if running == room:
        return replace(element, stride=line if element.unit_bytes < 4 else 0)
    for stride in others:
        if stride * (header.height - 1) + line <= room and header.is_whole:
            return replace(element, stride=stride)
    if element.unit_bytes == 4 and running <= room and header.is_whole:
        return replace(element, stride=0)
    raise _truncated(header, element.offset + running)


def _place_running(element: DpxElement, header: _Header, room: int, padded_size: int) -> DpxElement:
    """Place luma of a scanner that is known for lines that run on."""
    if room == padded_size:
        raise UnsupportedError(
            "the header is ambiguous about padded lines: its creator writes none, its size says that they are",
            where=header.where,
        )
    needed = element.bytes_until(header.width * header.height)
    if needed > room:
        raise _truncated(header, element.offset + needed)
    return element


def _truncated(header: _Header, needed: int) -> BadFrameError:
    return BadFrameError(
        f"truncated: {header.width}x{header.height} needs {needed} bytes, the file has {header.file_size}",
        where=header.where,
    )

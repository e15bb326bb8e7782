# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): the header, read with suspicion.

Numbers in comments are byte positions in the header.
"""

import struct
from dataclasses import dataclass

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._dpx import DpxElement, DpxLayout, DpxPacking

__all__ = ["DPX_HEAD_BYTES", "parse_dpx"]

DPX_HEAD_BYTES = 2048
"""How much of a file `parse_dpx` wants to see; a shorter file is judged by what it has."""

_LEAST_HEADER = 1664  # file, image, orientation and film / TV sections
_UNDEFINED = 0xFFFFFFFF
_LARGEST_SIDE = 1 << 20
_COMPONENTS: dict[int, tuple[str, ...]] = {
    1: ("R",),
    2: ("G",),
    3: ("B",),
    4: ("A",),
    6: ("Y",),
    50: ("R", "G", "B"),
    51: ("R", "G", "B", "A"),
    52: ("A", "B", "G", "R"),
}
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


def parse_dpx(head: bytes, file_size: int, *, where: str = "") -> DpxLayout:
    """Read the header of a DPX file.

    Parameters
    ----------
    head : bytes
        The first `DPX_HEAD_BYTES` of the file, or all of a shorter one.
    file_size : int
        Bytes of the whole file: it decides whether lines are padded.
    where : str
        The file's name for errors.

    Raises
    ------
    BadFrameError
        If it is no DPX file, is truncated, or its header contradicts itself.
    UnsupportedError
        If it is sound but of a form that cannot be addressed to the bit.

    Notes
    -----
    The standard pads every line to 32 bits. Some writers do not: their lines are taken
    as running on only where padded lines do not fit and the file is known to be whole,
    that is its size is exactly that of unpadded lines or is what the header says.
    """
    header = _read_header(head, file_size, where)
    components = tuple(
        name for each in header.elements for name in _COMPONENTS[_checked(each, where).descriptor]
    )
    if len(set(components)) != len(components):
        raise UnsupportedError(
            f"this DPX holds several pictures ({len(header.elements)} elements)",
            where=where,
            hint="split it into one sequence for each",
        )
    if len({each.bits for each in header.elements}) > 1:
        raise UnsupportedError("the elements of this DPX have different bit depths", where=where)
    offsets = _element_offsets(header)
    elements = tuple(_place_element(header, index, offsets) for index in range(len(offsets)))
    return DpxLayout(
        byte_order=header.byte_order,
        width=header.width,
        height=header.height,
        bits=elements[0].bits,
        elements=elements,
        components=components,
        header_bytes=min(offsets),
        transfer=header.elements[0].transfer,
    )


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


def _checked(element: _Element, where: str) -> _Element:
    """Refuse what cannot be addressed; an undefined encoding or sign counts as the usual one."""
    refusals = (
        (element.descriptor not in _COMPONENTS, f"DPX elements of descriptor {element.descriptor}"),
        (element.encoding not in {0, 0xFFFF}, "run-length encoded DPX"),
        (element.sign not in {0, _UNDEFINED}, "DPX of signed samples"),
        (element.bits not in {8, 10, 12, 16}, f"DPX of {element.bits}-bit samples"),
        (
            element.bits in {10, 12} and element.packing not in {0, 1, 2},
            f"DPX of packing {element.packing}",
        ),
    )
    for refused, what in refusals:
        if refused:
            raise UnsupportedError(f"{what} cannot be read", where=where)
    return element


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


def _place_element(header: _Header, index: int, offsets: list[int]) -> DpxElement:
    fields, offset = header.elements[index], offsets[index]
    components = _COMPONENTS[fields.descriptor]
    packing = DpxPacking(fields.packing if fields.bits in {10, 12} else 0)
    filled10 = fields.bits == 10 and packing is not DpxPacking.PACKED

    def element(stride: int) -> DpxElement:
        return DpxElement(
            components=components,
            offset=offset,
            stride=stride,
            bits=fields.bits,
            packing=packing,
            # Writers of luma fill a word from its least significant datum.
            low_first=filled10 and len(components) == 1,
        )

    datums = header.width * len(components)
    padded = element(-(-element(0).bytes_until(datums) // 4) * 4 + fields.line_padding)
    room = min([each for each in offsets if each > offset] + [header.file_size]) - offset
    last_line = padded.bytes_until(datums)
    runs_on = header.runs_on and fields.bits == 10 and len(components) == 1
    if padded.stride * (header.height - 1) + last_line <= room and not runs_on:
        return padded
    unpadded_bytes = padded.bytes_until(datums * header.height)
    if unpadded_bytes == room or (unpadded_bytes <= room and (header.is_whole or runs_on)):
        return element(0 if padded.unit_bytes == 4 else padded.bytes_until(datums))
    raise BadFrameError(
        f"truncated: {header.width}x{header.height} needs {offset + unpadded_bytes} bytes, "
        f"the file has {header.file_size}",
        where=header.where,
    )

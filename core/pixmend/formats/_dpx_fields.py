# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): the fields of the header that tell where samples lie, as they stand there.

Numbers in code and comments are byte positions in the header.
"""

import struct
from dataclasses import dataclass

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._bytesource import ByteSource

__all__ = ["LEAST_HEADER", "UNDEFINED", "DpxFields", "ElementFields", "read_dpx_fields"]

LEAST_HEADER = 1664  # file, image, orientation and film / TV sections
UNDEFINED = 0xFFFFFFFF
_WHOLE_HEADER = 2048  # with the user's section; a shorter file is judged by what it has
_LARGEST_SIDE = 1 << 20
_RUNS_ON_MAKERS = (b"Scanity", b"Lasergraphics")  # their luma lines do not end on a word


@dataclass(frozen=True, slots=True)
class ElementFields:
    """One element's header fields, as they stand there."""

    sign: int
    descriptor: int
    transfer: int
    bits: int
    packing: int
    encoding: int
    offset: int
    line_padding: int
    end_padding: int


@dataclass(frozen=True, slots=True)
class DpxFields:
    """The header fields that tell where samples lie."""

    byte_order: str
    data_offset: int
    width: int
    height: int
    elements: tuple[ElementFields, ...]
    runs_on: bool
    said_size: int
    file_size: int
    where: str

    @property
    def is_whole(self) -> bool:
        """True where the file is as long as it says."""
        return 0 < self.said_size <= self.file_size


def read_dpx_fields(source: ByteSource) -> DpxFields:
    """Read the header's fields.

    Raises
    ------
    BadFrameError
        If this is no DPX file, or it ends in its header.
    UnsupportedError
        If it is encrypted, or of the HDR version, which lays samples out by other rules.
    """
    head, file_size, where = source.read(0, min(_WHOLE_HEADER, source.size)), source.size, source.name
    if not file_size:
        raise BadFrameError("the file is empty", where=where)
    if head[:4] not in {b"SDPX", b"XPDS"}:
        raise BadFrameError("this is no DPX file: it does not begin with SDPX or XPDS", where=where)
    if len(head) < LEAST_HEADER:
        raise BadFrameError(f"truncated: the file ends in its header, after {file_size} bytes", where=where)
    order = ">" if head[:4] == b"SDPX" else "<"
    data_offset, _, _, said_size = struct.unpack_from(f"{order}4I", head, 4)
    (key,) = struct.unpack_from(f"{order}I", head, 660)
    _, count, width, height = struct.unpack_from(f"{order}HHII", head, 768)
    if not (1 <= count <= 8 and 0 < width < _LARGEST_SIDE and 0 < height < _LARGEST_SIDE):
        raise BadFrameError(f"damaged header: {count} elements of {width}x{height}", where=where)
    if head[8:15] == b"V2.0HDR":
        raise UnsupportedError(
            "this is an HDR DPX (SMPTE ST 268-2), whose samples may lie in another order", where=where
        )
    if key not in {0, UNDEFINED}:
        raise UnsupportedError("this DPX is encrypted", where=where)
    makers = (head[160:260], head[1556:1588])  # creator, input device
    return DpxFields(
        byte_order=order,
        data_offset=data_offset,
        width=width,
        height=height,
        elements=tuple(_read_element(head, order, 780 + 72 * index) for index in range(count)),
        runs_on=any(maker.startswith(_RUNS_ON_MAKERS) for maker in makers),
        said_size=said_size,
        file_size=file_size,
        where=where,
    )


def _read_element(head: bytes, order: str, at: int) -> ElementFields:
    (sign,) = struct.unpack_from(f"{order}I", head, at)
    descriptor, transfer, _, bits = head[at + 20 : at + 24]
    packing, encoding, offset, *paddings = struct.unpack_from(f"{order}HHIII", head, at + 24)
    line_padding, end_padding = (0 if padding == UNDEFINED else padding for padding in paddings)
    return ElementFields(
        sign, descriptor, transfer, bits, packing, encoding, offset, line_padding, end_padding
    )

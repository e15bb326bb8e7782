# SPDX-License-Identifier: Apache-2.0
"""DPX (SMPTE 268M): from where to where a line goes, which the header alone does not tell."""

from dataclasses import replace

from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats._dpx import DpxElement
from pixmend.formats._dpx_fields import DpxFields, ElementFields

__all__ = ["place_lines"]


def place_lines(element: DpxElement, fields: ElementFields, header: DpxFields, end: int) -> DpxElement:
    """Return an element with its stride.

    Parameters
    ----------
    element : DpxElement
        With stride 0.
    fields, header
        What the file says.
    end : int
        Where the element ends at the latest: another begins, or the file ends.

    Raises
    ------
    BadFrameError
        If its lines do not fit in there.
    UnsupportedError
        If it is ambiguous whether lines are padded.

    Notes
    -----
    The standard pads every line to 32 bits and puts end-of-line padding after that. Some
    writers do not pad, count the one as the other, or leave the other out. Where the size
    of the file fits one reading exactly, that is taken; else the standard's; others only
    where the standard's does not fit, and the file is as long as its header says.
    """
    lines, room = header.height, end - element.offset
    line = element.bytes_until(header.width * element.datums_per_pixel)
    padded = -(-line // 4) * 4
    running = element.bytes_until(header.width * element.datums_per_pixel * lines)
    if header.runs_on and _is_luma10(element) and running != padded * lines:
        return _place_running(element, header, end, padded * lines)
    strides = [padded + fields.line_padding, padded]
    if element.unit_bytes < 4:  # words do not force a line to end on one
        strides += [line + fields.line_padding, line]
    for size in _possible_sizes(element, fields, header, end):
        exact = [stride for stride in strides if stride * lines == size]
        if exact:
            return replace(element, stride=exact[0])
        if running == size and element.unit_bytes == 4:
            return element
    fitting = [stride for stride in strides if stride * (lines - 1) + line <= room]
    if fitting and (fitting[0] == strides[0] or header.is_whole):
        return replace(element, stride=fitting[0])
    if element.unit_bytes == 4 and running <= room and header.is_whole:
        return element
    raise _too_short(header, element.offset + strides[0] * (lines - 1) + line, end)


def _is_luma10(element: DpxElement) -> bool:
    return element.bits == 10 and len(element.pattern) == 1


def _possible_sizes(element: DpxElement, fields: ElementFields, header: DpxFields, end: int) -> list[int]:
    """Return what the bytes of an element may be: what there is, what the header says, without its padding."""
    ends = [end, header.said_size] if end == header.file_size and header.is_whole else [end]
    return [each - element.offset - padding for each in ends for padding in (fields.end_padding, 0)]


def _place_running(element: DpxElement, header: DpxFields, end: int, padded_size: int) -> DpxElement:
    """Place luma of a scanner that is known for lines that run on."""
    if end - element.offset == padded_size:
        raise UnsupportedError(
            "the header is ambiguous about padded lines: its creator writes none, its size says that they are",
            where=header.where,
        )
    needed = element.offset + element.bytes_until(header.width * header.height)
    if needed > end:
        raise _too_short(header, needed, end)
    return element


def _too_short(header: DpxFields, needed: int, end: int) -> BadFrameError:
    if end < header.file_size:
        return BadFrameError("damaged header: its elements overlap", where=header.where)
    return BadFrameError(
        f"truncated: {header.width}x{header.height} needs {needed} bytes, the file has {header.file_size}",
        where=header.where,
    )

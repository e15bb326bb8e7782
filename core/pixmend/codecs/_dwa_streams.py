# SPDX-License-Identifier: Apache-2.0
"""The payload of a DWA chunk, taken apart into its streams and put together again.

Eleven little-endian 64-bit counters, the rules by which channels are classified (version 2;
older versions have fixed ones), then four packed sections: samples stored as they are, AC
coefficients, DC coefficients, samples stored byte by byte in runs. Source: OpenEXR,
`internal_dwa_compressor.h` and `internal_dwa_classifier.h`.
"""

import struct
import zlib
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

import numpy as np
from imagecodecs import deflate_encode
from numpy.typing import NDArray

from pixmend.errors import UnsupportedError

__all__ = ["DwaStreams", "Rule", "Scheme", "inflated", "join", "split"]

_COUNTERS = struct.Struct("<11Q")
_DC_LEVEL, _LEVEL = 6, 9  # of libdeflate: on DC shorter than zlib's level 5, and three times as fast


class Scheme(IntEnum):
    """How the samples of a channel are stored."""

    VERBATIM = 0
    DCT = 1
    RUNS = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """Which channels, by the last part of their name and their type, are stored how.

    Attributes
    ----------
    suffix : str
    scheme : Scheme
    type_code : int
        As in the header: 0 uint, 1 half, 2 float.
    colour : int
        0, 1, 2 for red, green, blue of a set that is converted to luma and chroma; else -1.
    any_case : bool
    """

    suffix: str
    scheme: Scheme
    type_code: int
    colour: int
    any_case: bool

    def matches(self, suffix: str, type_code: int) -> bool:
        """Tell if the rule is for such a channel."""
        same = suffix == self.suffix or (self.any_case and suffix.lower() == self.suffix.lower())
        return same and type_code == self.type_code


_LEGACY_COLOURS = {"r": 0, "red": 0, "g": 1, "grn": 1, "green": 1, "b": 2, "blu": 2, "blue": 2}
_LEGACY_RULES = (
    *(
        Rule(name, Scheme.DCT, code, colour, True)
        for name, colour in _LEGACY_COLOURS.items()
        for code in (1, 2)
    ),
    *(Rule(name, Scheme.DCT, code, -1, True) for name in ("y", "by", "ry") for code in (1, 2)),
    *(Rule("a", Scheme.RUNS, code, -1, True) for code in (0, 1, 2)),
)


@dataclass(frozen=True, slots=True)
class DwaStreams:
    """What a payload holds.

    Attributes
    ----------
    version : int
        0, 1 or 2.
    rule_bytes : bytes
        The rules as they are stored; empty before version 2.
    rules : tuple of Rule
    verbatim : bytes
        Samples stored as they are, planar; still packed.
    verbatim_size : int
        Their bytes unpacked.
    runs : bytes
        Samples stored in runs, planar, the bytes of a sample in planes of their own; still packed.
    runs_size, runs_raw_size : int
        Their bytes with zlib undone, and with runs undone too.
    ac : bytes
        Tokens of AC coefficients, block by block; still packed.
    ac_count : int
        How many tokens.
    ac_by_deflate : bool
        They are packed by zlib instead of by Huffman codes.
    dc : ndarray of uint16
        One half-float coefficient a block, plane by plane.
    packed_dc : bytes
    rest : bytes
        What follows the sections: OpenEXR 2 wrote one byte too many.
    """

    version: int
    rule_bytes: bytes
    rules: tuple[Rule, ...]
    verbatim: bytes
    verbatim_size: int
    runs: bytes
    runs_size: int
    runs_raw_size: int
    ac: bytes
    ac_count: int
    ac_by_deflate: bool
    dc: NDArray[np.uint16]
    packed_dc: bytes
    rest: bytes

    def with_blocks(self, ac: bytes, ac_count: int, dc: NDArray[np.uint16]) -> "DwaStreams":
        """Return the same with other coefficients; `ac` packed as before."""
        packed_dc = bytes(deflate_encode(_predicted(dc.astype("<u2").tobytes()), _DC_LEVEL))
        return replace(self, ac=ac, ac_count=ac_count, dc=dc, packed_dc=packed_dc)

    def with_verbatim(self, planes: bytes) -> "DwaStreams":
        """Return the same with other samples stored as they are."""
        return replace(self, verbatim=bytes(deflate_encode(planes, _LEVEL)), verbatim_size=len(planes))

    def with_runs(self, planes: bytes) -> "DwaStreams":
        """Return the same with other samples stored in runs.

        Written as runs of different bytes only: zlib, which comes on top, finds equal ones better.
        """
        runs = b"".join(
            bytes([256 - len(piece)]) + piece
            for piece in (planes[start : start + 127] for start in range(0, len(planes), 127))
        )
        return replace(
            self, runs=bytes(deflate_encode(runs, _LEVEL)), runs_size=len(runs), runs_raw_size=len(planes)
        )


def split(payload: bytes) -> DwaStreams:
    """Take a payload apart.

    Raises
    ------
    UnsupportedError
        If it is damaged or of an unknown version.
    """
    try:
        return _split(payload)
    except (struct.error, ValueError, IndexError) as exc:
        raise UnsupportedError(f"a DWA chunk cannot be taken apart: {exc}") from exc


def join(streams: DwaStreams) -> bytes:
    """Put a payload together; what `split` took apart, byte for byte where nothing was replaced."""
    sections = (streams.verbatim, streams.ac, streams.packed_dc, streams.runs)
    counters = _COUNTERS.pack(
        streams.version,
        streams.verbatim_size,
        *(len(section) for section in sections),
        streams.runs_size,
        streams.runs_raw_size,
        streams.ac_count,
        len(streams.dc),
        int(streams.ac_by_deflate),
    )
    return b"".join((counters, streams.rule_bytes, *sections, streams.rest))


def _split(payload: bytes) -> DwaStreams:
    counters = _COUNTERS.unpack_from(payload)
    version, verbatim_size, *sizes = counters[:6]
    runs_size, runs_raw_size, ac_count, dc_count, ac_method = counters[6:]
    if version > 2 or ac_method > 1:
        raise ValueError(f"version {version}, AC method {ac_method}")
    start = _COUNTERS.size
    rule_bytes = payload[start : start + _rule_size(payload, start)] if version == 2 else b""
    bounds = np.cumsum([start + len(rule_bytes), *sizes], dtype=object)
    if bounds[-1] > len(payload):
        raise ValueError("its sections are cut short")
    if ac_count > len(payload) * 256 or dc_count > len(payload) * 1024:
        raise ValueError("it says to hold more than it can")
    verbatim, ac, packed_dc, runs = (payload[first:last] for first, last in pairwise(bounds))
    return DwaStreams(
        version,
        rule_bytes,
        _rules(rule_bytes) if version == 2 else _LEGACY_RULES,
        verbatim,
        verbatim_size,
        runs,
        runs_size,
        runs_raw_size,
        ac,
        ac_count,
        ac_method == 1,
        _dc_values(packed_dc, dc_count),
        packed_dc,
        payload[bounds[-1] :],
    )


def _rule_size(payload: bytes, start: int) -> int:
    size = int.from_bytes(payload[start : start + 2], "little")
    if size < 2 or start + size > len(payload):
        raise ValueError("its rules are cut short")
    return size


def _rules(stored: bytes) -> tuple[Rule, ...]:
    """Read the rules: a name that ends with 0, then (colour + 1) << 4 | scheme << 2 | any case, then the type."""
    rules, at = [], 2
    while at < len(stored):
        end = stored.index(0, at)
        value, type_code = stored[end + 1], stored[end + 2]
        if value >> 4 > 3:
            raise ValueError("it has a rule for a fourth colour")
        suffix = stored[at:end].decode("latin-1")
        rules.append(Rule(suffix, Scheme(value >> 2 & 3), type_code, (value >> 4) - 1, bool(value & 1)))
        at = end + 3
    return tuple(rules)


def _dc_values(packed: bytes, count: int) -> NDArray[np.uint16]:
    """Undo zlib, differences of bytes, and the two halves that each hold every other byte."""
    if not count:
        return np.empty(0, np.uint16)
    differences = np.frombuffer(inflated(packed, 2 * count), np.uint8).copy()
    differences[1:] += np.uint8(128)
    halves = np.cumsum(differences, dtype=np.uint8).reshape(2, count)
    return np.ascontiguousarray(halves.T).view("<u2").ravel().astype(np.uint16)


def _predicted(stored: bytes) -> bytes:
    """Return what `_dc_values` undoes after zlib."""
    halves = np.frombuffer(stored, np.uint8).reshape(-1, 2).T.ravel()
    differences = halves.copy()
    differences[1:] -= halves[:-1] + np.uint8(128)
    return differences.tobytes()


def inflated(packed: bytes, size: int) -> bytes:
    """Undo zlib; `ValueError` if it is damaged or not `size` bytes long."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, size)
        beyond = unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error as exc:
        raise ValueError(str(exc)) from exc
    if len(unpacked) != size or beyond:
        raise ValueError("a section is not as long as it says")
    return unpacked

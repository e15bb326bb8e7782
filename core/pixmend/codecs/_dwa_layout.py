# SPDX-License-Identifier: Apache-2.0
"""Where the samples of a DWA chunk lie: in its unpacked bytes, and among its blocks.

Source: OpenEXR, `internal_dwa_compressor.h` (classification of channels, order of the streams).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixmend.codecs._dwa_streams import Rule, Scheme
from pixmend.codecs._exr_stack import ChunkBox
from pixmend.errors import UnsupportedError
from pixmend.formats import ExrChannel
from pixmend.model import SampleType

__all__ = ["ChannelPlane", "DctGroup", "dct_groups", "differing_samples", "planes_of", "schemes_of"]

_TYPE_CODES = {SampleType.UINT32: 0, SampleType.HALF: 1, SampleType.FLOAT: 2}


@dataclass(frozen=True, slots=True)
class ChannelPlane:
    """The samples of one channel in the unpacked bytes of a chunk.

    Attributes
    ----------
    width, height : int
        Samples, not pixels.
    sample : SampleType
    starts : ndarray of int64, shape (height,)
        The byte at which each of its lines begins.
    """

    width: int
    height: int
    sample: SampleType
    starts: NDArray[np.int64]

    @property
    def line_bytes(self) -> int:
        """Bytes of a line."""
        return self.width * self.sample.dtype.itemsize

    def samples(
        self, unpacked: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[np.generic]:
        """Return samples; `rows` and `columns` broadcast, and lie inside."""
        size = self.sample.dtype.itemsize
        places = (self.starts[rows] + size * columns)[..., None] + np.arange(size)
        found: NDArray[np.generic] = unpacked[places].view(self.sample.dtype.newbyteorder("<"))[..., 0]
        return found

    def lines(self, unpacked: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return all its bytes, (height, line_bytes)."""
        found: NDArray[np.uint8] = unpacked[self.starts[:, None] + np.arange(self.line_bytes)]
        return found


def planes_of(box: ChunkBox, channels: Sequence[ExrChannel]) -> list[ChannelPlane]:
    """Return where each channel lies in the unpacked chunk."""
    lines = np.arange(box.y, box.y + box.height)
    widths = [_multiples(box.x, box.width, channel.x_sampling) for channel in channels]
    sizes = [width * channel.sample_bytes for width, channel in zip(widths, channels, strict=True)]
    present = np.stack([lines % channel.y_sampling == 0 for channel in channels], axis=1)
    bytes_of = np.where(present, sizes, 0)
    starts = (np.cumsum(bytes_of) - bytes_of.ravel()).reshape(bytes_of.shape)
    return [
        ChannelPlane(
            widths[index], int(present[:, index].sum()), channel.sample, starts[present[:, index], index]
        )
        for index, channel in enumerate(channels)
    ]


def differing_samples(
    planes: Sequence[ChannelPlane], one: NDArray[np.uint8], other: NDArray[np.uint8]
) -> list[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
    """Return (channel, rows, columns) of the samples in which two unpacked chunks differ."""
    places = _differing_bytes(one, other)
    starts = np.concatenate([plane.starts for plane in planes])
    channel_of = np.repeat(np.arange(len(planes)), [plane.height for plane in planes])
    row_of = np.concatenate([np.arange(plane.height) for plane in planes])
    filled = np.concatenate([np.full(plane.height, plane.width > 0) for plane in planes])
    order = np.flatnonzero(filled)[np.argsort(starts[filled], kind="stable")]
    lines = order[np.searchsorted(starts[order], places, side="right") - 1]
    found = []
    for channel in np.unique(channel_of[lines]).tolist():
        mine = channel_of[lines] == channel
        columns = (places[mine] - starts[lines[mine]]) // planes[channel].sample.dtype.itemsize
        rows, columns = np.unique(np.stack([row_of[lines[mine]], columns]), axis=1)
        found.append((channel, rows, columns))
    return found


@dataclass(frozen=True, slots=True)
class DctGroup:
    """Channels whose blocks are stored together: one, or red, green and blue as luma and chromas.

    Attributes
    ----------
    channels : tuple of int
    width, height : int
        Samples of each.
    first : int
        Blocks of groups before it in the streams.
    """

    channels: tuple[int, ...]
    width: int
    height: int
    first: int

    @property
    def across(self) -> int:
        """Blocks side by side."""
        return -(-self.width // 8)

    @property
    def blocks(self) -> int:
        """Blocks of one channel."""
        return self.across * -(-self.height // 8)

    def ac_numbers(self, blocks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of blocks among AC coefficients, (blocks, channels): channels alternate."""
        return self.first + blocks[:, None] * len(self.channels) + np.arange(len(self.channels))

    def dc_numbers(self, blocks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of blocks among DC coefficients, (blocks, channels): one channel after the other."""
        return self.first + blocks[:, None] + self.blocks * np.arange(len(self.channels))


def schemes_of(channels: Sequence[ExrChannel], rules: Sequence[Rule]) -> list[Scheme]:
    """Return how each channel is stored: the last rule for it counts."""
    matching = (_matching(channel, rules) for channel in channels)
    return [found[-1].scheme if found else Scheme.VERBATIM for found in matching]


def dct_groups(
    channels: Sequence[ExrChannel], rules: Sequence[Rule], planes: Sequence[ChannelPlane]
) -> list[DctGroup]:
    """Return the groups in the order of the streams: sets of three first, then single channels.

    Raises
    ------
    UnsupportedError
        If a set of three has a channel that is not stored by DCT.
    """
    schemes = schemes_of(channels, rules)
    members = [
        found for found in _colour_sets(channels, rules) if _is_alike([channels[each] for each in found])
    ]
    if any(schemes[each] is not Scheme.DCT for found in members for each in found):
        raise UnsupportedError("a DWA chunk has colours that are stored in different ways")
    in_sets = {each for found in members for each in found}
    members += [
        (index,) for index, scheme in enumerate(schemes) if scheme is Scheme.DCT and index not in in_sets
    ]
    groups: list[DctGroup] = []
    first = 0
    for found in members:
        plane = planes[found[0]]
        groups.append(DctGroup(found, plane.width, plane.height, first))
        first += groups[-1].blocks * len(found)
    return groups


def _colour_sets(channels: Sequence[ExrChannel], rules: Sequence[Rule]) -> list[tuple[int, ...]]:
    """Return (red, green, blue) of each layer that has all three, layers in the order of their first channel."""
    layers: dict[str, dict[int, int]] = {}
    for index, channel in enumerate(channels):
        layer = layers.setdefault(channel.name[: -len(_suffix(channel))], {})
        layer.update({rule.colour: index for rule in _matching(channel, rules) if rule.colour >= 0})
    return [(layer[0], layer[1], layer[2]) for layer in layers.values() if len(layer) == 3]


def _is_alike(channels: Sequence[ExrChannel]) -> bool:
    return len({(channel.x_sampling, channel.y_sampling) for channel in channels}) == 1


def _matching(channel: ExrChannel, rules: Sequence[Rule]) -> list[Rule]:
    code = _TYPE_CODES[channel.sample]
    return [rule for rule in rules if rule.matches(_suffix(channel), code)]


def _suffix(channel: ExrChannel) -> str:
    return channel.name.rpartition(".")[2]


def _multiples(start: int, size: int, sampling: int) -> int:
    """Return how many of `size` numbers from `start` on are multiples of `sampling`."""
    return (start + size - 1) // sampling - (start - 1) // sampling


def _differing_bytes(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the places of bytes that differ; eight at once, as nearly all are the same."""
    whole = len(one) // 8 * 8
    words = np.flatnonzero(one[:whole].view(np.uint64) != other[:whole].view(np.uint64))
    near = np.concatenate([(8 * words[:, None] + np.arange(8)).ravel(), np.arange(whole, len(one))])
    differing: NDArray[np.intp] = near[one[near] != other[near]]
    return differing

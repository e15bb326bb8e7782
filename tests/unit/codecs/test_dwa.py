# SPDX-License-Identifier: Apache-2.0
"""The graft: changed samples change, others do not, and the library reads it."""

import struct

import numpy as np
import pytest

from pixmend.codecs import _dwa
from pixmend.codecs._dwa import DwaChunk, graft
from pixmend.codecs._dwa_layout import dct_groups, planes_of
from pixmend.codecs._dwa_streams import join, split
from pixmend.codecs._dwa_values import intervals, linear_of_stored
from pixmend.codecs._exr_stack import ChunkBox
from pixmend.errors import UnsupportedError
from pixmend.formats import ExrChannel
from pixmend.model import SampleType
from tests.make.dwa import one_chunk, picture


def grafted(made, edits):
    """Graft {(channel, y, x): value}; return the planes that were wanted and those that the library reads."""
    wanted = {name: plane.copy() for name, plane in made.planes.items()}
    for (name, y, x), value in edits.items():
        wanted[name][y, x] = value
    chunk = DwaChunk(made.box, made.payload, made.unpacked(), made.unpacked(wanted))
    (payload,) = graft(made.channels, [chunk])
    return wanted, made.decoded(payload), payload


def bits(plane):
    return plane.view(f"u{plane.dtype.itemsize}")


def rgb(height=32, width=64, **more):
    planes = {
        name: picture(height, width, gain=gain, seed=3) for name, gain in (("R", 1), ("G", 0.9), ("B", 0.7))
    }
    return planes | more


def spot(names, y, x, value, size=3):
    return {(name, y + i, x + j): value for name in names for i in range(size) for j in range(size)}


def others_changed(made, got, edits):
    count = 0
    for name, plane in made.planes.items():
        differs = bits(plane) != bits(got[name])
        for y, x in {(y, x) for each, y, x in edits if each == name}:
            differs[y, x] = False
        count += int(differs.sum())
    return count


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("compression", ["DWAA", "DWAB"])
def test_a_spot_changes_and_nothing_else(tmp_path, compression, tiled):
    made = one_chunk(tmp_path / "a.exr", rgb(), compression=compression, tiled=tiled)
    edits = spot("RGB", 9, 18, 0.42)
    wanted, got, payload = grafted(made, edits)
    assert others_changed(made, got, edits) == 0
    for name, y, x in edits:
        assert got[name][y, x] == pytest.approx(wanted[name][y, x], rel=0.003)
    assert len(payload) < len(made.payload) + 1500


def test_blocks_beside_keep_every_bit_whatever_is_asked(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb())
    edits = {("G", 8, 8): 900.0, ("R", 15, 15): -3.0, ("B", 12, 12): 0.0}
    _, got, _ = grafted(made, edits)
    for name, plane in made.planes.items():
        differs = bits(plane) != bits(got[name])
        differs[8:16, 8:16] = False
        assert not differs.any()
    assert got["G"][8, 8] == pytest.approx(900, rel=0.04)  # four steps there


@pytest.mark.parametrize("size", [(32, 61), (13, 8), (9, 17)])
def test_pictures_that_end_within_a_block(tmp_path, size):
    made = one_chunk(tmp_path / "a.exr", rgb(*size), tiled=True)
    edits = {(name, size[0] - 1, size[1] - 1): 0.31 for name in "RGB"}
    wanted, got, _ = grafted(made, edits)
    assert others_changed(made, got, edits) == 0
    assert got["G"][-1, -1] == pytest.approx(wanted["G"][-1, -1], rel=0.003)


@pytest.mark.parametrize(
    "names", [("Y",), ("BY", "RY", "Y"), ("left.B", "left.G", "left.R", "Y"), ("R", "G")]
)
def test_channels_by_themselves_and_in_layers(tmp_path, names):
    planes = {name: picture(32, 64, seed=index) for index, name in enumerate(names)}
    made = one_chunk(tmp_path / "a.exr", planes)
    edits = {(name, 20, 5 + 9 * index): 0.2 for index, name in enumerate(names)}
    wanted, got, _ = grafted(made, edits)
    assert others_changed(made, got, edits) <= 3
    for name, y, x in edits:
        assert got[name][y, x] == pytest.approx(wanted[name][y, x], rel=0.003)


def test_float_channels(tmp_path):
    planes = {name: plane.astype(np.float32) for name, plane in rgb().items()}
    made = one_chunk(tmp_path / "a.exr", planes)
    edits = spot("RGB", 17, 33, 0.3123)
    _, got, _ = grafted(made, edits)
    assert others_changed(made, got, edits) == 0
    assert got["R"][18, 34] == pytest.approx(0.3123, rel=0.003)


def test_channels_without_loss_are_exact(tmp_path):
    rng = np.random.default_rng(5)
    more = {
        "A": picture(32, 64, seed=8),
        "Z": rng.normal(100, 3, (32, 64)).astype(np.float32),
        "id": rng.integers(0, 9, (32, 64), np.uint32),
        "matte": picture(32, 64, seed=9),
    }
    made = one_chunk(tmp_path / "a.exr", rgb(**more))
    edits = {
        ("A", 3, 4): 0.77,
        ("A", 31, 63): 0,
        ("Z", 8, 9): 1e9,
        ("id", 0, 0): 4_000_000_000,
        ("matte", 30, 2): np.nan,
    }
    wanted, got, payload = grafted(made, edits)
    for name, plane in wanted.items():
        assert (bits(plane) == bits(got[name])).all(), name
    assert split(payload).ac == split(made.payload).ac


def test_losses_and_alpha_at_once(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb(A=np.ones((32, 64), np.float16)))
    edits = spot("RGB", 9, 18, 0.42) | {("A", 9, 18): 0.5}
    _, got, _ = grafted(made, edits)
    assert others_changed(made, got, edits) == 0
    assert got["A"][9, 18] == 0.5


@pytest.mark.parametrize("version", [0, 1])
def test_older_versions_know_their_rules(tmp_path, version):
    made = one_chunk(tmp_path / "a.exr", rgb(A=picture(32, 64, seed=8)))
    streams = split(made.payload)
    old = struct.pack("<Q", version) + made.payload[8:88] + made.payload[88 + len(streams.rule_bytes) :]
    unpacked = made.unpacked(made.decoded(old))
    assert unpacked == made.unpacked()
    patched = bytearray(unpacked)
    patched[-2:] = np.float16(0.25).tobytes()  # the last sample of R
    (payload,) = graft(made.channels, [DwaChunk(made.box, old, unpacked, bytes(patched))])
    assert split(payload).version == version
    got = made.decoded(payload)
    assert others_changed(made, got, {("R", 31, 63): 0}) <= 8
    assert got["R"][31, 63] == pytest.approx(0.25, rel=0.01)


def test_subsampled_chroma_lies_where_the_format_says():
    channels = (
        ExrChannel("BY", SampleType.HALF, 2, 2),
        ExrChannel("RY", SampleType.HALF, 2, 2),
        ExrChannel("Y", SampleType.HALF),
    )
    chroma, _, luma = planes_of(ChunkBox(-3, 5, 7, 4), channels)
    # Lines 5 and 7 have luma only; lines 6 and 8 have chroma at x = -2, 0, 2.
    assert (chroma.width, chroma.height, luma.width, luma.height) == (3, 2, 7, 4)
    assert luma.starts.tolist() == [0, 26, 40, 66]
    assert chroma.starts.tolist() == [14, 54]


def test_a_byte_too_many_is_kept(tmp_path):
    """OpenEXR 2 wrote one behind the last section."""
    made = one_chunk(tmp_path / "a.exr", rgb())
    patched = bytearray(made.unpacked())
    patched[-2:] = np.float16(0.25).tobytes()
    chunk = DwaChunk(made.box, made.payload + b"\x07", made.unpacked(), bytes(patched))
    (payload,) = graft(made.channels, [chunk])
    assert payload.endswith(b"\x07")
    assert made.decoded(payload)["R"][31, 63] == pytest.approx(0.25, rel=0.01)


def test_nothing_to_change_keeps_the_payload(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb())
    _, _, payload = grafted(made, {})
    assert payload == made.payload


def test_the_same_graft_gives_the_same_bytes(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb())
    edits = spot("RGB", 9, 18, 0.42)
    assert grafted(made, edits)[2] == grafted(made, edits)[2]


def test_nan_is_refused(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb())
    with pytest.raises(UnsupportedError, match="NaN"):
        grafted(made, {("G", 1, 1): np.nan})


def test_a_chunk_that_is_something_else_is_refused(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb())
    other = one_chunk(tmp_path / "b.exr", {name: plane * np.float16(0.5) for name, plane in rgb().items()})
    unpacked, patched = made.unpacked(), bytearray(made.unpacked())
    patched[100:102] = np.float16(0.1).tobytes()
    with pytest.raises(UnsupportedError, match="something else"):
        graft(made.channels, [DwaChunk(made.box, other.payload, unpacked, bytes(patched))])


@pytest.mark.parametrize("tiled", [False, True])
def test_damage_is_refused_and_never_crashes(tmp_path, tiled):
    made = one_chunk(tmp_path / "a.exr", rgb(A=picture(32, 64, seed=8)), tiled=tiled)
    patched = bytearray(made.unpacked())
    patched[130:132] = np.float16(0.1).tobytes()
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(150):
        payload = bytearray(made.payload)
        for _ in range(int(rng.integers(1, 4))):
            payload[int(rng.integers(0, len(payload)) if rng.random() < 0.5 else rng.integers(0, 300))] ^= (
                int(rng.integers(1, 256))
            )
        try:
            graft(made.channels, [DwaChunk(made.box, bytes(payload), made.unpacked(), bytes(patched))])
        except UnsupportedError:
            refused += 1
    assert refused > 50


def test_samples_of_another_size_are_our_mistake(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb())
    with pytest.raises(ValueError, match="bytes"):
        graft(made.channels, [DwaChunk(made.box, made.payload, made.unpacked()[:-2], made.unpacked())])


def test_streams_come_together_as_they_were(tmp_path):
    made = one_chunk(tmp_path / "a.exr", rgb(A=picture(32, 64, seed=8), Z=picture(32, 64).astype(np.float32)))
    streams = split(made.payload)
    assert join(streams) == made.payload
    again = streams.with_blocks(streams.ac, streams.ac_count, streams.dc)
    assert (split(join(again)).dc == streams.dc).all()


def test_groups_follow_the_order_of_the_streams(tmp_path):
    names = ("A", "B", "G", "R", "a.B", "a.G", "a.R", "a.Y", "id")
    made = one_chunk(tmp_path / "a.exr", {name: picture(16, 24) for name in names})
    groups = dct_groups(made.channels, split(made.payload).rules, planes_of(made.box, made.channels))
    assert [group.channels for group in groups] == [(3, 2, 1), (6, 5, 4), (7,)]
    assert [group.first for group in groups] == [0, 18, 36]


def test_our_values_are_the_librarys(tmp_path):
    """Every half float as the mean of a flat block: what the library decodes is what we say it does."""
    stored = np.arange(0x5400, dtype=np.uint16)  # up to 64, where the linear ones have long been infinite
    stored = np.concatenate([stored, stored | 0x8000])
    height, width = 32, 8 * len(stored) // 4
    made = one_chunk(tmp_path / "a.exr", {"Y": np.full((height, width), 0.5, np.float16)})
    streams = split(made.payload)
    means = (stored.view(np.float16).astype(np.float64) * 8).astype(np.float16).view(np.uint16)
    got = made.decoded(join(streams.with_blocks(streams.ac, streams.ac_count, means)))
    decoded = got["Y"][::8, ::8].ravel().view(np.uint16)
    assert (decoded == linear_of_stored()[stored]).all()


@pytest.mark.parametrize("is_linear", [False, True])
def test_intervals_hold_what_rounds_to_their_value(is_linear):
    known = intervals(is_linear=is_linear)
    assert (np.diff(known.values) > 0).all()
    assert (known.low < known.high).all()
    assert (known.low[1:] == known.high[:-1]).all()
    zero, minus = known.nearest(np.array([0.0, -0.0]))
    assert (zero, known.values[zero]) == (minus + 1, 0)
    assert known.nearest(np.array([1.0]))[0] == known.nearest(np.array([1.0001]))[0]


def test_an_impossible_block_still_changes_little(tmp_path):
    """Bright and black side by side: half-float means are coarser than black, so steps are unavoidable."""
    plane = np.zeros((32, 64), np.float16)
    plane[:, ::2] = 4.0
    made = one_chunk(tmp_path / "a.exr", dict.fromkeys("RGB", plane))
    edits = {(name, 9, 19): 1.0 for name in "RGB"}
    _, got, _ = grafted(made, edits)
    assert got["G"][9, 19] == pytest.approx(1, rel=0.02)
    for name, was in made.planes.items():
        change = np.abs(got[name].astype(float) - was)
        change[9, 19] = 0
        assert change.max() < 0.02
        change[8:16, 16:24] = 0
        assert not change.any()


def test_slack_goes_to_changed_samples_first():
    touched = np.zeros((1, 3, 64), np.bool_)
    touched[0, :, 5] = True
    slack = _dwa._slack(touched, np.ones((1, 3, 64)))
    assert not slack[0].any()
    assert (slack[1] == touched).all()
    assert [(level > 0)[~np.broadcast_to(touched, level.shape)].sum() for level in slack[-2:]] == [7, 23]

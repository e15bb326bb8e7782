# SPDX-License-Identifier: Apache-2.0
"""Rows of an EXR are the same by the C functions and by the public interfaces, of sound files and damaged ones."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixmend import openexr
from pixmend.errors import BadFrameError, UnsupportedError
from pixmend.formats import ExrCompression, parse_exr, parse_exr_file
from pixmend.frames import _exr_core, _exr_rows, open_shot
from pixmend.frames._exr_core import open_core
from pixmend.frames._exr_portable import open_portable
from pixmend.frames._exr_rows import core_agrees, open_exr_rows
from pixmend.frames._frame import FrameBytes
from pixmend.model import SampleType
from tests.make import exr_forms
from tests.make.exr_ranges import CODECS

pytestmark = pytest.mark.skipif(not openexr.has_core(), reason="this OpenEXR does not offer its C functions")

FORMS = [(codec, layout) for codec, layout in exr_forms.forms() if layout != "chroma"]
DESCRIPTORS = Path("/proc/self/fd")


def layout_of(path):
    return parse_exr(FrameBytes(path))


def wanted_of(layout):
    """Return the names of the channels of each sample type, in another order than the file's; and one only."""
    by_type = {}
    for each in layout.channels:
        by_type.setdefault(each.sample, []).insert(0, each.name)
    return [*by_type.values(), [layout.channels[-1].name]]


def read_by(opener, path, layout, wanted, bands):
    with opener(path, layout, wanted) as read:
        return [read(rows) for rows in bands]


def check_alike(path, layout, wanted, bands):
    ours, theirs = (read_by(each, path, layout, wanted, bands) for each in (open_core, open_portable))
    for one, other in zip(ours, theirs, strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert one.tobytes() == other.tobytes()
        assert one.flags.c_contiguous


@pytest.mark.parametrize(("codec", "form"), FORMS, ids=[" ".join(each) for each in FORMS])
def test_every_part_of_every_form_is_read_alike(tmp_path, codec, form):
    path = tmp_path / "a.exr"
    exr_forms.LAYOUTS[form](path, codec)
    for layout in parse_exr_file(FrameBytes(path)).parts:
        height = layout.data_window.height
        bands = [(0, height), (height // 3, height // 3 + 1), (0, height), (height // 2, height)]
        for wanted in wanted_of(layout):
            check_alike(path, layout, wanted, bands)


@pytest.fixture(scope="module")
def mixed_tiles(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiles") / "a.exr"
    header = {"compression": OpenEXR.NO_COMPRESSION, **exr_forms.TILED}
    planes = {name: exr_forms.picture(91, 84, dtype) for name, dtype in exr_forms.MIXED.items()}
    OpenEXR.File(header, planes).write(str(path))
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_any_rows_of_any_channels_are_read_alike(mixed_tiles, data):
    layout = layout_of(mixed_tiles)
    same_type = data.draw(st.sampled_from([["A", "B", "G", "R"], ["depth.Z"], ["id"]]))
    wanted = data.draw(st.permutations(same_type))[: data.draw(st.integers(1, len(same_type)))]
    band = (
        st.tuples(st.integers(0, 90), st.integers(1, 91)).map(sorted).filter(lambda each: each[0] < each[1])
    )
    check_alike(mixed_tiles, layout, wanted, data.draw(st.lists(band, min_size=1, max_size=5)))


def test_a_lone_channel_that_is_not_packed_is_kept_to_its_rows(tmp_path):
    """The library reads such chunks right into the target, all lines of them."""
    path = tmp_path / "a.exr"
    header = {"compression": OpenEXR.NO_COMPRESSION, **exr_forms.TILED}
    truth = exr_forms.picture(91, 84)
    OpenEXR.File(header, {"Y": truth}).write(str(path))
    bands = [(5, 7), (23, 25), (0, 91), (90, 91)]
    for (first, stop), found in zip(
        bands, read_by(open_core, path, layout_of(path), ["Y"], bands), strict=True
    ):
        np.testing.assert_array_equal(found[..., 0], truth[first:stop])


@pytest.fixture
def opened_by(monkeypatch):
    """Return the names of the routes that were taken."""
    taken = []
    for name in ("open_core", "open_portable"):
        original = getattr(_exr_rows, name)
        monkeypatch.setattr(
            _exr_rows,
            name,
            lambda *args, name=name, original=original: (taken.append(name), original(*args))[1],
        )
    core_agrees.cache_clear()
    openexr.has_core.cache_clear()
    openexr._core.cache_clear()
    yield taken
    core_agrees.cache_clear()
    openexr.has_core.cache_clear()
    openexr._core.cache_clear()


@pytest.mark.parametrize(
    "obstacle", ["nothing", "version", "symbol", "bytes", "refusal", "scratch", "asked for"]
)
def test_the_c_functions_are_used_only_when_they_prove_themselves(tmp_path, monkeypatch, opened_by, obstacle):
    exr_forms.lines(tmp_path / "a.exr", "PIZ")
    match obstacle:
        case "version":
            monkeypatch.setattr(OpenEXR, "__version__", "3.6.0")
        case "symbol":
            monkeypatch.setitem(openexr._FUNCTIONS, "exr_not_there", ())
        case "bytes":
            monkeypatch.setattr(
                _exr_core._CoreRows, "read", lambda each, rows: np.zeros_like(each._make(rows[1] - rows[0]))
            )
        case "refusal":
            monkeypatch.setitem(openexr._core(), "exr_decoding_run", lambda *_: 3)
        case "scratch":
            monkeypatch.setattr(os, "memfd_create", lambda _name: os.open("/not/there", os.O_RDONLY))
        case "asked for":
            monkeypatch.setenv("PIXMEND_EXR_ROUTE", "portable")
    found = open_shot(tmp_path / "a.exr").read(1)
    assert opened_by[-1] == ("open_core" if obstacle == "nothing" else "open_portable")
    np.testing.assert_array_equal(
        found[..., 1], exr_forms.picture(91, 84, phase=0.3 * [*exr_forms.RGB].index("G"))
    )


@pytest.mark.parametrize("is_tiled", [False, True])
@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_proves_itself_here(codec, is_tiled):
    half, other = SampleType.HALF, (SampleType.FLOAT, SampleType.UINT32)
    for types in ((half, half, half), (half,), (half, *other, half, half, half)):
        assert core_agrees(ExrCompression[codec.replace("NO", "NONE")], types, is_tiled=is_tiled)


def test_what_the_c_functions_do_not_take_is_read_the_other_way(tmp_path, opened_by):
    exr_forms.lines(tmp_path / "a.exr", "ZIP")
    layout = layout_of(tmp_path / "a.exr")
    with open_exr_rows(tmp_path / "a.exr", layout, ["R", "G", "R"]) as read:
        assert read((3, 9)).shape == (6, 84, 3)
    assert opened_by[-1] == "open_portable"
    exr_forms.chroma(tmp_path / "b.exr", "ZIP")
    open_shot(tmp_path / "b.exr").read(1)
    assert opened_by[-1] == "open_portable"


def test_a_layout_of_another_part_is_a_bad_frame(tmp_path):
    path = tmp_path / "a.exr"
    exr_forms.parts(path, "ZIP")
    layout = layout_of(path)
    window = layout.data_window
    red = next(each for each in layout.channels if each.name == "R")
    others = (
        replace(layout, number=2),
        replace(layout, number=1),
        replace(layout, compression=ExrCompression.ZIPS),
        replace(layout, data_window=replace(window, y_min=window.y_min - 1)),
        replace(layout, channels=(replace(red, sample=SampleType.FLOAT),)),
        replace(layout, channels=(replace(red, name="R"), replace(red, name="X"))),
    )
    for other in others:
        wanted = [each.name for each in other.channels]
        with pytest.raises(BadFrameError, match="two readers disagree"):
            read_by(open_core, path, other, wanted, [(0, 9)])


def test_a_damaged_chunk_says_nothing_and_leaves_nothing_open(tmp_path, capfd):
    path = tmp_path / "a.exr"
    exr_forms.lines(path, "ZIP")
    layout = layout_of(path)
    stored = path.read_bytes()
    path.write_bytes(stored[:-3000] + bytes(500) + stored[-2500:])
    before = len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.is_dir() else None
    for _ in range(5):
        with pytest.raises(BadFrameError, match=r"damaged: .*(exr_decoding_run|DEFLATE)") as caught:
            read_by(open_core, path, layout, ["R", "G", "B"], [(0, 91)])
        assert caught.value.where == str(path)
    path.write_bytes(stored[:40])
    with pytest.raises(BadFrameError, match="exr_start_read"):
        read_by(open_core, path, layout, ["R"], [(0, 91)])
    assert capfd.readouterr() == ("", "")
    if before is not None:
        assert len(list(DESCRIPTORS.iterdir())) == before


DAMAGE = Path(__file__).parents[2] / "make" / "exr_route_damage.py"


def damage(path, form, *, codec, count):
    exr_forms.LAYOUTS[form](path, codec)
    command = [sys.executable, str(DAMAGE), str(path), "1", str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.parametrize(
    ("codec", "form"),
    [
        ("ZIP", "lines"),
        ("ZIPS", "tiles"),
        ("PIZ", "mixed types"),
        ("DWAA", "parts"),
        ("NO", "negative window"),
    ],
)
def test_damaged_files_end_alike_on_both_routes(tmp_path, codec, form):
    damage(tmp_path / "a.exr", form, codec=codec, count=60)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["mixed types", "tiles", "parts", "twenty channels"])
@pytest.mark.parametrize("codec", CODECS)
def test_many_damaged_files_end_alike_on_both_routes(tmp_path, codec, form):
    damage(tmp_path / "a.exr", form, codec=codec, count=300)


def test_a_name_that_is_not_utf8_is_refused_by_both(tmp_path):
    exr_forms.lines(tmp_path / "a.exr", "ZIP")
    layout = layout_of(tmp_path / "a.exr")
    path = tmp_path / os.fsdecode(b"caf\xe9.exr")
    for opener in (open_core, open_portable):
        with pytest.raises(UnsupportedError, match="not UTF-8"):
            read_by(opener, path, layout, ["R"], [(0, 9)])


def test_threads_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "é.exr"
    exr_forms.parts(path, "PIZ")
    layouts = parse_exr_file(FrameBytes(path)).parts
    truth = [read_by(open_portable, path, each, ["R", "B"], [(0, 50)])[0] for each in layouts]

    def work(number):
        (found,) = read_by(open_core, path, layouts[number % 2], ["R", "B"], [(0, 50)])
        return found.tobytes() == truth[number % 2].tobytes()

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(40)))

# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 (the plug-in is there only inside a session; lambdas take what they are given)
"""Maps in the plug-in: the same text as the command line writes, nothing lost, edits that are plain values."""

import json
from types import SimpleNamespace

import pytest

from pixmend.model import map_from_json, map_to_json
from tests.make.nuke_sessions import session

MAP = {
    "schema": "pixmend.map/1",
    "raster": {"x": -8, "y": 4, "width": 64, "height": 48},
    "source": {"sequence": "A.#.exr", "frames": "1001-1012", "camera": "", "channels": ["R", "G", "B"]},
    "made_by": {"pixmend": "0.1.0", "settings": {}},
    "of_tomorrow": [1, 2],
    "defects": [
        {
            "id": f"d000{number}",
            "x": 5 + number,
            "y": 9,
            "kind": "hot",
            "frames": "1001-1012",
            "samples": [[0, 0, "R"]],
            "amplitude_sigma": 10.0 * number,
            "confidence": 0.9,
            "status": "proposed",
            "severity": "issue",
            "note": "\u00e9",
            "later": {"a": 1},
        }
        for number in (1, 2, 3)
    ],
}


@pytest.fixture(scope="module")
def maps():
    with session():
        from pixmend_nuke import _map, _problem

        yield SimpleNamespace(
            **{name: getattr(_map, name) for name in _map.__all__}, Problem=_problem.Problem
        )


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "map.json"
    path.write_text(map_to_json(map_from_json(json.dumps(MAP))), encoding="utf-8")
    return path


def test_a_map_that_is_written_again_is_the_same_to_the_byte(maps, path):
    before = path.read_bytes()
    maps.write_map(str(path), maps.read_map(str(path)).document)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["map.json"]


def test_edits_go_through_text_and_end_in_a_map_of_ours(maps, path):
    stored = maps.read_map(str(path))
    edits = maps.edits_from_text("", stored.sha256)
    edits = maps.with_status(edits, "d0001", "rejected")
    edits = maps.without(edits, "d0002")
    edits = maps.with_added(edits, stored.document, -8, 4)
    text = maps.edits_to_text(edits)
    assert not set(text) & set('[]{}$"\\ ')
    document = maps.edited(stored.document, maps.edits_from_text(text, stored.sha256))
    read = map_from_json(maps.map_text(document))
    read.check_inside(where="")
    assert [(each.id, each.status.value) for each in read.defects] == [
        ("d0001", "rejected"),
        ("d0003", "proposed"),
        ("d0004", "accepted"),
    ]
    assert [(each.dx, each.dy) for each in read.defects[-1].samples] == [(0, 0), (1, 0), (0, 1)]
    assert read.defects[0].extra == {"later": {"a": 1}}
    assert read.extra == {"of_tomorrow": [1, 2]}


def test_what_was_added_and_removed_again_leaves_nothing(maps, path):
    stored = maps.read_map(str(path))
    edits = maps.with_added(maps.edits_from_text("", stored.sha256), stored.document, 10, 10)
    edits = maps.with_status(edits, "d0004", "rejected")
    assert maps.edits_to_text(maps.without(edits, "d0004")) == ""


def test_the_pixel_must_lie_in_the_raster(maps):
    edits = maps.edits_from_text("", "")
    with pytest.raises(maps.Problem, match="outside the raster"):
        maps.with_added(edits, MAP, 56, 4)
    assert maps.with_added(edits, MAP, 55, 51)["added"][0]["samples"] == [
        [0, 0, "*"],
        [-1, 0, "*"],
        [0, -1, "*"],
    ]


def test_edits_of_another_map_are_not_applied(maps):
    text = maps.edits_to_text(maps.with_status(maps.edits_from_text("", "one"), "d0001", "accepted"))
    with pytest.raises(maps.Problem, match="changed since"):
        maps.edits_from_text(text, "two")
    with pytest.raises(maps.Problem, match="broken"):
        maps.edits_from_text("{", "two")


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no defect map"),
        (b'{"schema": "pixmend.map/9", "defects": []}', "pixmend.map/9"),
        (b'{"schema": "pixmend.map/1"}', "no list of defects"),
        (
            b'{"schema": "pixmend.map/1", "defects": [{"id": "a", "x": 1.5, "y": 1, "samples": [1]}]}',
            "defect 1",
        ),
        (b'{"schema": "pixmend.map/1", "defects": ["x"]}', "defect 1"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_broken_map_is_one_sentence(maps, path, stored, said):
    path.write_bytes(stored)
    with pytest.raises(maps.Problem, match=said) as caught:
        maps.read_map(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"), [("", "No map"), ("no.json", "cannot be read"), ("map.csv", "convert")]
)
def test_a_map_that_cannot_be_read_is_one_sentence(maps, name, said):
    with pytest.raises(maps.Problem, match=said):
        maps.read_map(name)


def test_a_map_that_cannot_be_written_leaves_the_old_one(maps, path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(maps.Problem, match="No space left"):
        maps.write_map(str(path), MAP)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["map.json"]

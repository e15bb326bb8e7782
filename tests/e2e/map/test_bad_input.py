# SPDX-License-Identifier: Apache-2.0
"""Maps that are none: one sentence, nothing written, nothing executed."""

import json

import pytest

from pixmend.cli import main
from tests.make.map_commands import DEFECTS, HEAD, done, names, read, refused

BAD_MAPS = {
    "empty.json": b"",
    "text.json": b"hello",
    "latin.json": b"\xff\xfe{}",
    "list.json": b"[]",
    "deep.json": b"[" * 500_000,
    "newer.json": b'{"schema": "pixmend.map/2", "raster": null, "defects": []}',
    "nan.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"confidence": float("nan")}]}).encode(),
    "float.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"x": 1.5}]}).encode(),
    "twice.json": json.dumps(HEAD | {"defects": DEFECTS[:1] * 2}).encode(),
    "outside.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"x": 99}]}).encode(),
    "channel.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"samples": [[0, 0, 7]]}]}).encode(),
    "range.json": json.dumps(HEAD | {"defects": [DEFECTS[0] | {"frames": "1-2-3"}]}).encode(),
    "empty.csv": b"",
    "text.csv": b"x,y\n1,b\n",
    "zeros.csv": bytes(1000),
    "text.badpixels": b"1 b 0\n",
    "map.xml": b"<map/>",
    "empty.png": b"",
    "text.exr": b"hello",
}


@pytest.mark.parametrize("name", BAD_MAPS)
@pytest.mark.parametrize("action", ["show", "convert", "merge", "edit"])
def test_a_bad_map_is_one_sentence_and_nothing_is_written(tmp_path, monkeypatch, say, capsys, name, action):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(BAD_MAPS[name])
    out = {"show": [], "edit": ["-o", "new.json", "--accept", "all"]}.get(action, ["-o", "new.json"])
    error = refused(say, "map", action, name, *out)
    assert error["where"] == name
    assert "\n" not in error["what"]
    assert 0 < len(error["what"]) < 300
    assert main(["map", action, name, *out]) == 2
    assert capsys.readouterr().err.startswith(f"error: {name}: ")
    assert names(tmp_path) == [name]


def test_a_map_that_is_a_folder_or_missing(folder, say):
    (folder / "folder.json").mkdir()
    assert "is a directory" in refused(say, "map", "show", "folder.json")["what"]
    assert "no such file" in refused(say, "map", "show", "gone.json")["what"]
    assert refused(say, "map", "show", "gone.png")["where"] == "gone.png"
    assert "not a directory" in refused(say, "map", "show", "map.json/a.json")["what"]


def test_an_endless_file_is_no_map(say, monkeypatch):
    monkeypatch.setattr("pixmend.cli._map_files._MOST_BYTES", 1000)
    assert "larger than" in refused(say, "map", "show", "/dev/zero", "--from", "json")["what"]


@pytest.mark.parametrize("action", ["show", "convert", "merge", "edit"])
def test_nothing_in_a_map_is_executed_followed_or_a_place_to_write(folder, say, capsys, action):
    evil = [
        "../../etc/x",
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "file:///etc/passwd",
        "{0.__class__}",
        "%s%n",
        "\x1b]0;pwned\x07",
        "=cmd|'/c calc'!A1",
    ]
    defects = [DEFECTS[0] | {"id": f"d{n}", "x": n, "note": text} for n, text in enumerate(evil)]
    labels = {
        "sequence": evil[0],
        "camera": evil[1],
        "frames": "",
        "channels": evil,
        "$ref": "file:///etc/passwd",
    }
    document = HEAD | {"source": labels, "defects": defects, "$ref": "file:///etc/passwd", "$schema": "x://y"}
    (folder / "evil.json").write_text(json.dumps(document))
    out = {"show": [], "edit": ["-o", "new.json", "--accept", "all"]}.get(action, ["-o", "new.json"])
    done(say, "map", action, "evil.json", *out)
    assert names(folder) == sorted(["evil.json", "map.json", *(["new.json"] if out else [])])
    if out:
        kept = read(folder / "new.json")
        assert (kept.source.sequence, kept.extra["$ref"]) == (evil[0], "file:///etc/passwd")
        assert [each.note for each in kept.defects] == evil
    assert main(["map", "show", "evil.json"]) == 0
    assert "\x1b" not in capsys.readouterr().out

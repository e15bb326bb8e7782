# SPDX-License-Identifier: Apache-2.0
import json
import zipfile
from pathlib import Path

import pytest

from pixmend.errors import ProofError
from pixmend.splice import WriteSettings, ledger_path, read_ledger, write_fixed, write_ledger
from tests.make.plates import make_exr


@pytest.fixture
def mended(tmp_path):
    made = make_exr(tmp_path / "plate.1001.exr", origin=(-4, -4))
    target = tmp_path / "out" / "fixed.1001.exr"
    ledger = write_fixed(
        made.path,
        target,
        made.random_patch(),
        made.plate,
        settings=WriteSettings(notes={"map": "A-cam.json", "pixmend": "0.1.0"}),
    )
    return made, target, ledger


def rewritten(path: Path, change) -> Path:
    """Return a copy of a ledger whose record went through `change`."""
    with zipfile.ZipFile(path) as archive:
        document, old = json.loads(archive.read("ledger.json")), archive.read("old.bin")
    changed = path.with_name("changed.ledger")
    with zipfile.ZipFile(changed, "w") as archive:
        archive.writestr("ledger.json", json.dumps(change(document) or document))
        archive.writestr("old.bin", old)
    return changed


def test_a_ledger_survives_the_disk(mended):
    _, target, ledger = mended
    found = read_ledger(ledger_path(target))
    for name in [
        "frame",
        "file_format",
        "source_name",
        "fixed_name",
        "source_size",
        "fixed_size",
        "source_hash",
        "fixed_hash",
        "edits",
        "old_bytes",
        "notes",
    ]:
        assert getattr(found, name) == getattr(ledger, name)
    assert found.patch.channels == ledger.patch.channels
    for column in ("x", "y", "channel", "old", "new"):
        one, other = getattr(found.patch, column), getattr(ledger.patch, column)
        assert (one == other).all()
        assert one.dtype == other.dtype


def test_a_person_can_read_it(mended):
    made, target, _ = mended
    with zipfile.ZipFile(ledger_path(target)) as archive:
        document = json.loads(archive.read("ledger.json"))
        assert [each.date_time[0] for each in archive.infolist()] == [1980, 1980]
    assert document["schema"] == "pixmend.ledger/1"
    assert document["source"]["name"] == "plate.1001.exr"
    assert document["source"]["size"] == made.path.stat().st_size
    assert document["fixed"]["hash"].startswith("xxh128:")
    assert document["notes"] == {"map": "A-cam.json", "pixmend": "0.1.0"}
    x, y, channel, _, new = document["samples"][0]
    assert document["channels"][channel][0] == "B"
    assert (x, y) == (-4, -4)
    assert 0 <= new < 1 << 16


def test_a_missing_ledger_is_said(tmp_path):
    with pytest.raises(ProofError, match="there is no ledger"):
        read_ledger(tmp_path / "none.ledger")


def test_another_version_is_said(mended):
    path = rewritten(ledger_path(mended[1]), lambda each: each.update(schema="pixmend.ledger/9"))
    with pytest.raises(ProofError, match=r"schema is 'pixmend\.ledger/9'"):
        read_ledger(path)


@pytest.mark.parametrize(
    "change",
    {
        "a path as a name": lambda each: each["fixed"].update(name="../../etc/passwd"),
        "no name": lambda each: each["source"].update(name=""),
        "dots as a name": lambda each: each["source"].update(name=".."),
        "no hash": lambda each: each["source"].update(hash="md5:0"),
        "an edit outside": lambda each: each["edits"][-1].__setitem__(0, 1 << 40),
        "edits in disorder": lambda each: each["edits"].reverse(),
        "a negative length": lambda each: each["edits"][0].__setitem__(1, -1),
        "an edit without its bytes": lambda each: each["edits"].pop(),
        "sizes that do not add up": lambda each: each["fixed"].update(size=5),
        "a huge source": lambda each: each["source"].update(size=1 << 70),
        "a text as a number": lambda each: each["edits"][0].__setitem__(0, "0"),
        "a fraction": lambda each: each["samples"][0].__setitem__(0, 1.5),
        "true as a number": lambda each: each.update(frame=True),
        "a channel that is not listed": lambda each: each["samples"][0].__setitem__(2, 99),
        "a negative channel": lambda each: each["samples"][0].__setitem__(2, -1),
        "too many bits": lambda each: each["samples"][0].__setitem__(4, 1 << 32),
        "a far away sample": lambda each: each["samples"][0].__setitem__(0, -(1 << 31)),
        "a number beyond any": lambda each: each["samples"][0].__setitem__(0, 1 << 80),
        "a sample cut short": lambda each: each["samples"][0].pop(),
        "an unknown sample type": lambda each: each["channels"][0].__setitem__(1, "double"),
        "no samples": lambda each: each.pop("samples"),
        "notes that are a list": lambda each: each.update(notes=[]),
        "a list instead of the record": lambda each: [each],
    }.items(),
    ids=lambda each: each[0],
)
def test_a_damaged_ledger_is_refused(mended, change):
    path = rewritten(ledger_path(mended[1]), change[1])
    with pytest.raises(ProofError, match="the ledger is damaged"):
        read_ledger(path)


def test_a_ledger_that_is_cut_or_no_zip_is_refused(mended, tmp_path):
    whole = ledger_path(mended[1]).read_bytes()
    path = tmp_path / "cut.ledger"
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(ProofError):
            read_ledger(path)


def test_any_flipped_byte_is_refused_or_without_effect(mended, tmp_path):
    whole = ledger_path(mended[1]).read_bytes()
    path = tmp_path / "flipped.ledger"
    for position in range(0, len(whole), 11):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x5A]) + whole[position + 1 :])
        try:
            found = read_ledger(path)
        except ProofError:
            continue
        assert found.edits == mended[2].edits
        assert found.old_bytes == mended[2].old_bytes


def test_a_bomb_is_not_unpacked(mended):
    path = ledger_path(mended[1]).with_name("bomb.ledger")
    with zipfile.ZipFile(ledger_path(mended[1])) as archive:
        record = archive.read("ledger.json")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ledger.json", record)
        archive.writestr("old.bin", bytes(50_000_000))
    with pytest.raises(ProofError, match="too large"):
        read_ledger(path)


def test_the_same_ledger_gives_the_same_bytes(mended, tmp_path):
    write_ledger(mended[2], tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == ledger_path(mended[1]).read_bytes()


@pytest.mark.parametrize("name", ["Szene \u00fc 1.exr", "back\\slash.exr", "latin \udce9.exr", 'quote".exr'])
def test_any_name_that_a_file_can_have_is_kept(tmp_path, name):
    made = make_exr(tmp_path / "a.exr")
    target = tmp_path / "out" / name
    write_fixed(made.path, target, made.random_patch(), made.plate)
    assert read_ledger(ledger_path(target)).fixed_name == name

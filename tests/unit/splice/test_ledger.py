# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xxhash

from pixmend.errors import ProofError
from pixmend.formats import ReadOptions
from pixmend.model import Method, Repair
from pixmend.proof import prove_frame
from pixmend.splice import (
    HASH_NAMES,
    WriteSettings,
    _ledger_file,
    ledger_path,
    read_ledger,
    restore,
    write_fixed,
    write_ledger,
)
from pixmend.splice._copy import hash_file
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


MEMBERS = ("ledger.json", "samples.bin", "collateral.bin", "edits.bin", "old.bin")


def rewritten(path: Path, change=None, **members) -> Path:
    """Return a copy of a ledger whose record or members went through a change, sealed as if it were sound."""
    with zipfile.ZipFile(path) as archive:
        stored = {name: archive.read(name) for name in MEMBERS}
    if change is not None:
        document = json.loads(stored["ledger.json"])
        stored["ledger.json"] = json.dumps(change(document) or document).encode()
    for name, edit in members.items():
        stored[f"{name}.bin"] = edit(stored[f"{name}.bin"])
    changed = path.with_name("changed.ledger")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, member in stored.items():
            archive.writestr(name, member)
        archive.writestr("xxh128", _ledger_file._sealing(stored))
    return changed


def test_what_was_done_about_each_defect_survives_the_disk(mended):
    made, target, _ = mended
    repairs = (
        Repair(defect="d0001", method=Method.RECOVER, predicted_sigma=0.41, left_sigma=1.02),
        Repair(defect="d0002", method=None, predicted_sigma=0.2),
    )
    again = target.with_name("again.exr")
    write_fixed(made.path, again, made.random_patch(), made.plate, settings=WriteSettings(repairs=repairs))
    assert read_ledger(ledger_path(again)).repairs == repairs


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
    made, target, ledger = mended
    with zipfile.ZipFile(ledger_path(target)) as archive:
        document = json.loads(archive.read("ledger.json"))
        assert [each.date_time[0] for each in archive.infolist()] == [1980] * 6
    assert document["schema"] == "pixmend.ledger/2"
    assert document["source"]["name"] == "plate.1001.exr"
    assert document["source"]["size"] == made.path.stat().st_size
    assert document["source"]["mtime_ns"] == made.path.stat().st_mtime_ns
    assert document["fixed"]["hash"].startswith("xxh128:")
    assert document["notes"] == {"map": "A-cam.json", "pixmend": "0.1.0"}
    assert document["channels"][0] == ["B", "half", [1, 1]]
    assert (document["samples"], document["collateral"]) == (len(ledger.patch), 0)


def test_samples_are_columns_that_numpy_reads(mended):
    _, target, ledger = mended
    with zipfile.ZipFile(ledger_path(target)) as archive:
        stored = archive.read("samples.bin")
    count = len(ledger.patch)
    assert len(stored) == 18 * count
    assert np.array_equal(np.frombuffer(stored, "<i4", count), ledger.patch.x)
    assert np.array_equal(np.frombuffer(stored, "<u4", count, 14 * count), ledger.patch.new)


def test_all_that_a_run_says_is_kept(tmp_path):
    made = make_exr(tmp_path / "a.exr")
    settings = WriteSettings(job="job 7", exact=True, hashes=HASH_NAMES, options=ReadOptions(part="0"))
    patch = made.random_patch()
    ledger = write_fixed(made.path, tmp_path / "b.exr", patch, made.plate, settings=settings)
    told = replace(ledger, collateral=patch.inverse(), notices=("one", "two"), in_place=True)
    write_ledger(told, tmp_path / "told")
    found = read_ledger(tmp_path / "told")
    for name in ("job", "exact", "in_place", "options", "notices", "source_digests", "fixed_digests"):
        assert getattr(found, name) == getattr(told, name)
    assert (found.source_mtime_ns, found.fixed_mtime_ns) == (made.path.stat().st_mtime_ns,) * 2
    md5 = hashlib.md5(made.path.read_bytes(), usedforsecurity=False).hexdigest()
    assert found.source_digests["md5"] == md5
    assert found.fixed_digests["sha256"] == hashlib.sha256((tmp_path / "b.exr").read_bytes()).hexdigest()
    assert found.fixed_digests["xxh64"] == xxhash.xxh64((tmp_path / "b.exr").read_bytes()).hexdigest()
    assert np.array_equal(found.collateral.new, patch.old)


GOLDEN = Path(__file__).parents[2] / "golden" / "ledgers"
ORIGINAL = "xxh128:c2e45cb402c11784e40c626983a11fad"


def test_ledgers_of_the_first_version_are_read():
    ledger = read_ledger(GOLDEN / "pixmend.ledger.1.ledger")
    assert ledger.notes == {"map": "A-cam.json", "pixmend": "0.1.0"}
    assert (ledger.source_mtime_ns, ledger.job, len(ledger.collateral)) == (None, "", 0)
    assert (len(ledger.patch), ledger.patch.x.min(), ledger.patch.channels[0].name) == (28, -4, "B")


def test_ledgers_of_this_version_are_read_and_written_to_the_byte(tmp_path):
    path = GOLDEN / "pixmend.ledger.2.ledger"
    ledger = read_ledger(path)
    assert (ledger.job, ledger.exact, sorted(ledger.source_digests)) == ("7", True, sorted(HASH_NAMES))
    write_ledger(ledger, tmp_path / "again")
    with zipfile.ZipFile(path) as frozen, zipfile.ZipFile(tmp_path / "again") as again:
        assert frozen.read("xxh128") == again.read("xxh128")


@pytest.mark.parametrize("version", [1, 2])
def test_ledgers_of_every_version_lead_back(version, tmp_path):
    fixed = GOLDEN / f"pixmend.ledger.{version}.exr"
    ledger = read_ledger(fixed.with_suffix(".ledger"))
    restore(fixed, ledger, tmp_path / "back.exr")
    assert hash_file(tmp_path / "back.exr") == ORIGINAL
    assert prove_frame(fixed, ledger, tmp_path / "back.exr").problems == ()


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
        "sizes that do not add up": lambda each: each["fixed"].update(size=5),
        "a huge source": lambda each: each["source"].update(size=1 << 70),
        "true as a number": lambda each: each.update(frame=True),
        "a text as a number": lambda each: each.update(frame="0"),
        "a fraction": lambda each: each.update(samples=1.5),
        "fewer samples": lambda each: each.update(samples=3),
        "a negative number of samples": lambda each: each.update(samples=-2),
        "more samples": lambda each: each.update(samples=1 << 40),
        "fewer edits": lambda each: each.update(edits=1),
        "fewer channels": lambda each: each.update(channels=each["channels"][:1]),
        "an unknown option": lambda each: each["options"].update(eye="left"),
        "a digest that is none": lambda each: each["fixed"].update(digests={"md5": "../x"}),
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


def other_row(row, column, value):
    """Return the change of one number of the edits."""

    def change(stored):
        table = np.frombuffer(stored, "<i8").reshape(3, -1).copy()
        table[column, row] = value
        return table.tobytes()

    return change


@pytest.mark.parametrize(
    "members",
    [
        {"edits": other_row(-1, 0, 1 << 40)},
        {"edits": other_row(-1, 0, 0)},
        {"edits": other_row(0, 1, -1)},
        {"edits": other_row(0, 2, (1 << 63) - 1)},
        {"edits": lambda stored: stored[:-8]},
        {"old": lambda stored: stored[:-1]},
        {"samples": lambda stored: stored[:-1]},
        {"samples": lambda stored: stored + b"x"},
        {"samples": lambda stored: b"\xff" * len(stored)},
        {"collateral": lambda stored: stored + bytes(18)},
    ],
)
def test_damaged_columns_are_refused(mended, members):
    with pytest.raises(ProofError, match="the ledger is damaged"):
        read_ledger(rewritten(ledger_path(mended[1]), **members))


def test_a_member_that_was_changed_breaks_the_seal(mended):
    path = ledger_path(mended[1])
    changed = path.with_name("changed.ledger")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(changed, "w") as copy:
        for name in archive.namelist():
            member = archive.read(name)
            copy.writestr(name, member.replace(b"A-cam", b"B-cam"))
    with pytest.raises(ProofError, match="changed after it was written"):
        read_ledger(changed)


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
    path = rewritten(ledger_path(mended[1]))
    with zipfile.ZipFile(path) as archive:
        stored = {name: archive.read(name) for name in MEMBERS}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in stored.items():
            archive.writestr(name, bytes(50_000_000) if name == "old.bin" else member)
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

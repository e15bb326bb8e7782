# SPDX-License-Identifier: Apache-2.0
"""What verify must not let through, and undo must not touch."""

from pathlib import Path

import pytest

from pixmend.cli import main
from pixmend.splice import ledger_path
from tests.make.shots_on_disk import seen_in, small_shot, write_form


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Four frames of a 10-bit DPX shot, mended with a map made by hand."""
    folder = tmp_path_factory.mktemp("dpx")
    write_form(folder / "plate", "dpx10", small_shot("1001-1007x2", 96, 80, planted=False))
    (folder / "by_hand.csv").write_text("x,y\n40,50\n20,70\n0,0\n")
    hand = ["--map", str(folder / "by_hand.csv"), "-o", str(folder / "mended"), "--encoding", "acescct", "-q"]
    assert main(["fix", str(folder / "plate"), *hand]) == 0
    return folder


def flip(path, offset):
    stored = bytearray(path.read_bytes())
    stored[offset] ^= 0x01
    path.write_bytes(stored)


def change_a_header_byte(frame):
    flip(frame, 800)  # in the text fields of a DPX image header


def change_a_sample(frame):
    flip(frame, frame.stat().st_size - 200)


def lose_the_ledger(frame):
    ledger_path(frame).unlink()


def damage_the_ledger(frame):
    flip(ledger_path(frame), 40)


def cut_short(frame):
    frame.write_bytes(frame.read_bytes()[:-100])


def put_the_original_back(frame):
    frame.write_bytes((Path("plate") / frame.name).read_bytes())


def take_another_frame(frame):
    frame.write_bytes(frame.with_name("plate.1003.dpx").read_bytes())


TAMPERED = [
    change_a_header_byte,
    change_a_sample,
    lose_the_ledger,
    damage_the_ledger,
    cut_short,
    put_the_original_back,
    take_another_frame,
]


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda each: each.__name__)
@pytest.mark.parametrize("number", [1001, 1005], ids=["first", "later"])
@pytest.mark.parametrize("more", [[], ["--source", "plate"]], ids=["alone", "with_source"])
def test_verify_lets_no_tampering_through(tamper, number, more, say):
    frame = Path(f"mended/plate.{number}.dpx")
    tamper(frame)
    found = say("verify", "mended", *more, code=4)
    assert len(found["problems"]) >= 1
    assert all(f"{number}" in problem for problem in found["problems"])
    assert found["frames_undo_restores"] == (4 if tamper is put_the_original_back else 3)


def test_verify_notices_that_the_source_is_another(say):
    flip(Path("plate/plate.1005.dpx"), 9000)
    assert "1005" in say("verify", "mended", "--source", "plate", code=4)["problems"][0]


def test_verify_says_for_people_what_is_wrong(say, capfd):
    cut_short(Path("mended/plate.1005.dpx"))
    capfd.readouterr()
    assert main(["verify", "mended", "-q"]) == 4
    out, err = capfd.readouterr()
    assert err == ""
    assert "NOT verified" in out
    assert "plate.1005.dpx" in out.splitlines()[-1]


def test_undo_refuses_what_changed_since(say):
    change_a_sample(Path("mended/plate.1005.dpx"))
    before = seen_in(Path("mended"))
    assert "1005" in say("undo", "mended", "--frames", "1005", code=4)["error"]["where"]
    assert seen_in(Path("mended")) == before

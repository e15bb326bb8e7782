# SPDX-License-Identifier: Apache-2.0
"""ASC MHL generations, checked by the reference package's own commands."""

import contextlib
import io
import sys

import pytest

from pixmend.errors import UsageError
from pixmend.seal import HashedFile, check_mhl, mhl_formats, write_generation

ascmhl = pytest.importorskip("ascmhl.commands")

# The package is told so by one that it uses itself.
pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern:DeprecationWarning")


def verify(folder):
    """Let the package compare every file with its history; return what it complains about, else nothing."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            ascmhl.verify_entire_folder(str(folder), False, None, None, ())
            ascmhl.diff_entire_folder_against_full_history_subcommand(str(folder), False, ())
        except ascmhl.errors.click.ClickException as exc:
            return f"{type(exc).__name__} {said.getvalue()}"
    return ""


def create(folder, *formats):
    """Begin a history as people do."""
    with contextlib.redirect_stdout(io.StringIO()):
        ascmhl.create_for_folder_subcommand(
            str(folder),
            False,
            False,
            formats or ("md5",),
            True,
            *[None] * 6,
            (),
        )


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "mended"
    made.mkdir()
    for number in (1, 2, 3):
        (made / f"plate.{number}.exr").write_bytes(bytes([number]))
    (made / ".pixmend").mkdir()
    (made / ".pixmend" / "plate.1.exr.ledger").write_bytes(b"a ledger changes with every run")
    (made / "checksums.md5").write_bytes(b"so does a list")
    return made


def files(folder, *numbers):
    return [HashedFile(folder / f"plate.{number}.exr", {}) for number in numbers or (1, 2, 3)]


def manifests(folder):
    return sorted((folder / "ascmhl").glob("*.mhl"))


def test_a_first_generation_is_what_the_package_verifies(folder):
    made = write_generation(folder, files(folder), formats=("xxh128", "md5"), comment="mended by a test")
    assert (made.files, made.differing) == (3, ())
    assert manifests(folder) == [made.path]
    assert made.path.name.startswith("0001_mended_")
    text = made.path.read_text()
    assert "<comment>mended by a test</comment>" in text
    assert text.count('action="original"') == 6
    assert ">pixmend</tool>" in text
    assert verify(folder) == ""
    assert not [each for each in folder.rglob("*") if each.name.endswith(".part")]


def test_given_hashes_are_taken_without_reading(folder):
    known = [HashedFile(folder / "plate.1.exr", {"xxh128": "0" * 32})]
    assert "0" * 32 in write_generation(folder, known).path.read_text()
    assert verify(folder).startswith("VerificationFailed")


def test_what_is_recorded_already_makes_no_generation(folder):
    write_generation(folder, files(folder))
    before = {path: path.read_bytes() for path in (folder / "ascmhl").iterdir()}
    assert write_generation(folder, files(folder)) is None
    assert {path: path.read_bytes() for path in (folder / "ascmhl").iterdir()} == before


def test_files_that_come_later_make_the_next_generation(folder):
    write_generation(folder, files(folder, 1, 2))
    made = write_generation(folder, files(folder))
    assert made.files == 1
    assert made.path.name.startswith("0002_")
    assert "plate.1.exr" not in made.path.read_text()
    assert verify(folder) == ""


def test_it_goes_on_with_a_history_of_another_tool(folder):
    """Its formats are kept for files that it knows, and a wanted change is recorded as one that differs."""
    for each in folder.glob("checksums.*"):
        each.unlink()
    create(folder, "md5", "c4")
    (folder / "plate.2.exr").write_bytes(b"mended")
    made = write_generation(folder, files(folder, 2))
    assert made.differing == ("plate.2.exr",)
    text = made.path.read_text()
    assert text.count('action="failed"') == 2
    assert "<c4 " in text
    assert "<md5 " in text
    assert "xxh128" not in text
    assert "plate.2.exr" in verify(folder)  # it compares with the first generation, for ever

    (folder / "plate.2.exr").write_bytes(b"\x02")
    back = write_generation(folder, files(folder, 2))
    assert back.differing == ()
    assert back.path.read_text().count('action="verified"') == 2
    assert len(manifests(folder)) == 3
    assert verify(folder) == ""


def test_the_history_of_a_folder_above_is_the_one_that_goes_on(folder, tmp_path):
    create(tmp_path)
    (folder / "plate.4.exr").write_bytes(b"new")
    made = write_generation(folder, files(folder, 4))
    assert made.path.parent == tmp_path / "ascmhl"
    assert '<path size="3"' in made.path.read_text()
    assert ">mended/plate.4.exr<" in made.path.read_text()
    assert verify(tmp_path) == ""


def test_a_damaged_history_is_refused_in_one_sentence_and_left_as_it_is(folder, capfd):
    first = write_generation(folder, files(folder, 1)).path
    first.write_bytes(first.read_bytes().replace(b"plate.1", b"plate.9"))
    before = {path: path.read_bytes() for path in (folder / "ascmhl").iterdir()}
    with pytest.raises(UsageError, match="cannot be continued") as caught:
        write_generation(folder, files(folder))
    assert str(folder / "ascmhl") == caught.value.where
    assert {path: path.read_bytes() for path in (folder / "ascmhl").iterdir()} == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the package leaves it open
@pytest.mark.parametrize("text", [b"", b"<", b"<ascmhldirectory>", b"\0\xff"])
def test_a_chain_that_is_none_is_refused(text, folder):
    write_generation(folder, files(folder, 1))
    chain = folder / "ascmhl" / "ascmhl_chain.xml"
    chain.write_bytes(text)
    with pytest.raises(UsageError, match="cannot be continued"):
        write_generation(folder, files(folder, 1, 2))
    assert chain.read_bytes() == text


def test_hash_formats_that_asc_mhl_does_not_know_are_left_out():
    assert mhl_formats(("md5", "sha256")) == ["md5"]
    assert mhl_formats(("sha256",)) == ["xxh128"]


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ascmhl.generator", None)
    with pytest.raises(UsageError, match="needs the package ascmhl") as caught:
        check_mhl()
    assert "pixmend[mhl]" in caught.value.hint

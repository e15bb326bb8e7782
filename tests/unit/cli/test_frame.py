# SPDX-License-Identifier: Apache-2.0
"""The frame of the command line: one output form on every way out."""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import pixmend
from pixmend.cli import _main as frame
from pixmend.cli import main
from pixmend.cli._arguments import add_common_options, add_frames_option, add_workers_option
from pixmend.cli._output import Result, Table
from pixmend.errors import ExitCode, PixError
from pixmend.progress import Silent


def every_class(base):
    for each in base.__subclasses__():
        yield each
        yield from every_class(each)


class FakeCommand:
    """A command that ends as it is told to."""

    SUMMARY = "ends as it is told to"

    def __init__(self, end):
        self.end = end

    def add_arguments(self, parser):
        parser.add_argument("--overwrite", action="store_true")
        add_frames_option(parser)
        add_common_options(parser)

    def run(self, _args, progress):
        progress.start("work", 2)
        progress.note("a note")
        progress.advance(2)
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end


@pytest.fixture
def command(monkeypatch):
    def install(end):
        monkeypatch.setattr(frame, "COMMANDS", ("fake",))
        monkeypatch.setattr(frame, "_module", lambda _: FakeCommand(end))

    return install


def only_json(capsys):
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


@pytest.mark.parametrize("cls", [PixError, *every_class(PixError)], ids=lambda cls: cls.__name__)
def test_every_error_comes_out_as_json(cls, command, capsys):
    command(cls("it is \x1b[31m broken", where="a.exr", hint="mend it"))
    assert main(["fake", "--json"]) == cls.exit_code
    assert only_json(capsys) == {
        "schema": "pixmend.fake/1",
        "ok": False,
        "exit_code": int(cls.exit_code),
        "error": {"kind": cls.__name__, "what": "it is \x1b[31m broken", "where": "a.exr", "hint": "mend it"},
    }


@pytest.mark.parametrize("cls", [PixError, *every_class(PixError)], ids=lambda cls: cls.__name__)
def test_every_error_comes_out_for_people(cls, command, capsys):
    command(cls("it is \x1b[31m broken", where="a.exr", hint="mend it"))
    assert main(["fake", "-q"]) == cls.exit_code
    assert capsys.readouterr() == ("", "error: a.exr: it is \\x1b[31m broken\nhint: mend it\n")


@pytest.mark.parametrize("end", [Result("fake", ""), PixError("x"), KeyboardInterrupt(), ZeroDivisionError()])
def test_the_terminal_is_given_back_whatever_happens(end, command, monkeypatch, tmp_path):
    class Watched(Silent):
        finished = 0

        def finish(self):
            self.finished += 1

    watched = Watched()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(frame, "make_progress", lambda *_, **__: watched)
    command(end)
    main(["fake"])
    assert watched.finished == 1


def test_a_result_is_one_object_or_text(command, capsys):
    command(Result("fake", "two found", {"found": 2}, ExitCode.FOUND))
    assert main(["fake", "--json"]) == 1
    assert only_json(capsys) == {"schema": "pixmend.fake/1", "ok": True, "found": 2}
    assert main(["fake"]) == 1
    assert capsys.readouterr().out == "two found\n"


def test_a_table_is_aligned_and_steers_no_terminal(command, capsys):
    table = Table(("id", "x"), [("a", "7"), ("long\x1b]0;\n", "1000")], frozenset({"x"}))
    command(Result("fake", "2 rows", table=table))
    main(["fake"])
    assert capsys.readouterr().out == (
        "id               x\na                7\nlong\\x1b]0;   1000\n2 rows\n"
    )


def test_a_table_on_a_terminal_is_drawn(command, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    command(Result("fake", "1 row", table=Table(("id", "note"), [("a", "[red]x[/red] \x1b[31m")])))
    main(["fake", "-q"])
    shown = sys.stdout.getvalue()
    assert "[red]x[/red] \\x1b[31m" in shown
    assert "\x1b[31m" not in shown
    assert shown.endswith("1 row\n")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_interrupt_is_130(form, command, capsys):
    command(KeyboardInterrupt())
    assert main(["fake", "-q", *form]) == 130
    out, err = capsys.readouterr()
    assert "interrupted" in (out or err)
    assert not form or json.loads(out)["error"]["kind"] == "KeyboardInterrupt"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_bug_names_its_traceback(form, command, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command(ZeroDivisionError("by \udcff zero"))
    assert main(["fake", "-q", *form]) == 70
    out, err = capsys.readouterr()
    (written,) = tmp_path.iterdir()
    assert str(written) in (json.loads(out)["error"]["hint"] if form else err)
    assert "ZeroDivisionError" in written.read_text(encoding="utf-8")
    assert pixmend.__version__ in written.read_text(encoding="utf-8")


def test_a_bug_without_room_for_its_traceback_is_still_said(command, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    command(ZeroDivisionError())
    assert main(["fake", "--json"]) == 70
    assert only_json(capsys)["error"]["kind"] == "ZeroDivisionError"


def test_numbers_that_json_lacks_are_our_bug(command, capsys):
    command(Result("fake", "", {"sigma": float("nan")}))
    assert main(["fake", "--json"]) == 70
    assert only_json(capsys)["ok"] is False


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["nope"], "invalid choice: 'nope'"),
        (["fake", "--nope"], "unrecognized arguments: --nope"),
        (["fake", "--over"], "unrecognized arguments: --over"),
        (["fake", "--progress", "loud"], "invalid choice: 'loud'"),
        (["fake", "--frames"], "expected one argument"),
        (["fake", "--frames", "1-x"], "'1-x' is not a frame range"),
    ],
)
def test_wrong_arguments_are_one_sentence_in_both_forms(argv, what, command, capsys):
    command(Result("fake", "never"))
    assert main([*argv, "--json"] if argv else argv) == 2
    if argv:
        found = only_json(capsys)
        assert found["error"]["what"].startswith(what)
        assert found["error"]["hint"]
        assert found["schema"] == ("pixmend.fake/1" if argv[0] == "fake" else "pixmend.error/1")
    else:
        assert capsys.readouterr().err.startswith(f"error: {what}\nhint: ")


def test_frames_may_be_negative(command):
    seen = []
    command(Result("fake", ""))
    args = frame.make_parser().parse_args(["fake", "--frames", "-5--3"])
    seen.extend(args.frames)
    assert seen == [-5, -4, -3]


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "", "99999"])
def test_workers_are_counted(value):
    parser = frame.ArgumentParser(prog="x")
    add_workers_option(parser)
    assert parser.parse_args(["--workers", "3"]).workers == 3
    assert parser.parse_args([]).workers >= 1
    with pytest.raises(PixError):
        parser.parse_args(["--workers", value])


def leaves(parser):
    nested = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not nested:
        yield parser
    for choice in (choice for each in nested for choice in each.choices.values()):
        yield from leaves(choice)


@pytest.mark.parametrize("parser", list(leaves(frame.make_parser())), ids=lambda parser: parser.prog)
def test_every_command_takes_the_common_options(parser):
    assert {"--json", "--progress", "-q", "--quiet"} <= set(parser._option_string_actions)
    shorts = {each for each in parser._option_string_actions if not each.startswith("--")}
    assert shorts <= {"-h", "-q", "-o", "-v"}
    if (
        "--output" in parser._option_string_actions and parser.prog != "pixmend submit"
    ):  # which goes on, always
        assert {"--overwrite", "--dry-run"} <= set(parser._option_string_actions)


def run(*argv, **kwargs):
    return subprocess.run([sys.executable, *argv], capture_output=True, text=True, check=False, **kwargs)


HEAVY = {
    "numpy",
    "numba",
    "scipy",
    "jsonschema",
    "fileseq",
    "rich",
    "OpenEXR",
    "OpenImageIO",
    "pixmend.model",
}


@pytest.mark.parametrize("argv", [["--help"], ["map", "edit", "--help"], ["--version"]], ids=" ".join)
def test_help_imports_nothing_heavy(argv):
    code = (
        "import sys; from pixmend.cli import main; code = main(sys.argv[1:])\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr); sys.exit(code)"
    )
    done = run("-c", code, *argv)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_the_module_is_the_command():
    assert run("-m", "pixmend", "--version").stdout == f"pixmend {pixmend.__version__}\n"


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    rows = "\n".join(f"{x},5" for x in range(20_000))
    (tmp_path / "big.csv").write_text(rows)
    done = subprocess.run(  # noqa: S602 - the pipe is what is tested
        f'"{sys.executable}" -m pixmend map show big.csv | head -1',
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("id")


@pytest.mark.parametrize("form", ["", "--json"])
def test_a_full_stdout_is_said_on_stderr(tmp_path, form):
    (tmp_path / "a.csv").write_text("1,2\n")
    done = subprocess.run(  # noqa: S602 - the redirection is what is tested
        f'"{sys.executable}" -m pixmend map show a.csv {form} > /dev/full',
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stderr == "error: stdout: the result cannot be written: no space left on device\n"
    assert done.returncode == ExitCode.TEMPORARY


def test_closed_streams_are_no_bug(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n")
    done = subprocess.run(  # noqa: S602 - the redirection is what is tested
        f'"{sys.executable}" -m pixmend map convert a.csv -o b.json >&- 2>&-',
        shell=True,
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, (tmp_path / "b.json").is_file()) == (0, True)


def test_file_names_that_are_no_unicode_are_said(tmp_path):
    name = os.fsdecode(b"\xff.json")
    (tmp_path / name).write_text('{"schema": "pixmend.map/1", "raster": null, "defects": []}')
    plain = run("-m", "pixmend", "map", "show", name, cwd=tmp_path)
    assert (plain.returncode, plain.stderr) == (0, "")
    shown = run("-m", "pixmend", "map", "show", f"{name}x", cwd=tmp_path)
    assert shown.returncode == 2
    assert "\\udcff.jsonx" in shown.stderr
    found = json.loads(run("-m", "pixmend", "map", "show", name, "--json", cwd=tmp_path).stdout)
    assert Path(found["map"]) == Path(name)

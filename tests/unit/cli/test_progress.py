# SPDX-License-Identifier: Apache-2.0
import io
import json

import pytest

import pixmend
from pixmend.cli._progress import Bar, JsonLines, OpenJdLines, PlainLines, make_progress
from pixmend.progress import Silent


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Closed(io.StringIO):
    def write(self, _):
        raise BrokenPipeError


def work(progress, total, step=1):
    progress.start("read", total)
    for _ in range(0, total, step):
        progress.advance(step)
    progress.note("decided: linear")
    progress.finish()
    progress.finish()


@pytest.mark.parametrize(
    ("form", "quiet", "stream", "kind"),
    [
        ("auto", False, io.StringIO(), PlainLines),
        ("auto", False, Terminal(), Bar),
        ("plain", False, Terminal(), PlainLines),
        ("json", False, Terminal(), JsonLines),
        ("none", False, Terminal(), Silent),
        ("json", True, Terminal(), Silent),
        ("openjd", True, Terminal(), OpenJdLines),
    ],
)
def test_the_form_is_as_asked(form, quiet, stream, kind):
    assert type(make_progress(form, quiet=quiet, stream=stream)) is kind


@pytest.mark.parametrize(("total", "lines"), [(0, 0), (1, 1), (7, 7), (20, 20), (48, 20), (10_000, 20)])
def test_plain_lines_are_few(total, lines):
    stream = io.StringIO()
    work(PlainLines(stream), total)
    said = stream.getvalue().splitlines()
    assert len(said) == lines + 1
    assert said[-1] == "decided: linear"
    assert lines == 0 or said[-2] == f"read: {total}/{total}"


def test_json_lines_begin_with_hello():
    stream = io.StringIO()
    work(JsonLines(stream), 4, step=2)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"event": "hello", "protocol": 1, "version": pixmend.__version__},
        {"event": "progress", "stage": "read", "done": 0, "total": 4},
        {"event": "progress", "stage": "read", "done": 2, "total": 4},
        {"event": "progress", "stage": "read", "done": 4, "total": 4},
        {"event": "note", "text": "decided: linear"},
    ]


def test_a_bar_is_drawn_and_put_away(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    bar = Bar(stream)
    bar.note("[before]")
    work(bar, 4)
    work(bar, 0)
    assert "[before]" in stream.getvalue()
    assert "read" in stream.getvalue()
    assert "decided: linear" in stream.getvalue()
    assert "4/4" in stream.getvalue()


def test_silence_is_silent(capsys):
    work(Silent(), 3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("make", [PlainLines, JsonLines])
def test_a_host_that_stops_listening_stops_no_work(make):
    work(make(Closed()), 3)


def test_a_farm_s_scheduler_reads_percents_and_sentences(monkeypatch):
    stream = io.StringIO()
    work(OpenJdLines(stream), 300)
    said = stream.getvalue().splitlines()
    assert said[0] == "openjd_status: read"
    assert said[1:-1] == [f"openjd_progress: {percent}" for percent in range(101)]
    assert said[-1] == "openjd_status: decided: linear"
    monkeypatch.setenv("PIXMEND_PROGRESS", "openjd")
    assert type(make_progress("auto", stream=stream)) is OpenJdLines
    assert type(make_progress("none", stream=stream)) is Silent

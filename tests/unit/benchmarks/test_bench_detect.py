# SPDX-License-Identifier: Apache-2.0
"""What the detection benchmark says on its command line."""

import sys

import pytest

from benchmarks.accuracy.bench_detect import main
from benchmarks.accuracy.scenes import TEST
from benchmarks.accuracy.training_scenes import TRAIN


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["bench_detect", *arguments])
    main()


def test_the_list_names_every_scene(monkeypatch, capsys):
    run(monkeypatch, "--list")
    told = capsys.readouterr().out.splitlines()
    assert len(told) == len(TEST) + len(TRAIN)
    assert all(scene.name in line for scene, line in zip((*TEST, *TRAIN), told, strict=True))


def test_a_scene_that_is_not_there_is_refused_by_name(monkeypatch, capsys):
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch, "--scene", "moon")
    assert caught.value.code == 2
    assert "there is no scene moon; --list names them" in capsys.readouterr().err

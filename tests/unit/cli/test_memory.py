# SPDX-License-Identifier: Apache-2.0
from types import SimpleNamespace

from pixmend.cli import _process
from pixmend.cli._process import keep_freed_memory


def test_the_c_library_is_told_to_keep_what_a_frame_needs(monkeypatch):
    told = {}
    library = SimpleNamespace(mallopt=told.setdefault)
    monkeypatch.setattr(_process.ctypes, "CDLL", lambda _name: library)
    keep_freed_memory()
    assert told == {-3: 32 << 20, -1: 256 << 20}


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(_process.ctypes, "CDLL", lambda _name: SimpleNamespace())
    keep_freed_memory()

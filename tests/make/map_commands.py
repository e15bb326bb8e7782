# SPDX-License-Identifier: Apache-2.0
"""A small map, and what tests of `pixmend map` do with what the command says."""

from pixmend.model import map_from_json

__all__ = ["DEFECTS", "HEAD", "done", "ids", "names", "read", "refused"]

DEFECTS = [
    {"id": "d0001", "x": 10, "y": 20, "kind": "hot", "frames": "1001-1010", "samples": [[0, 0, "R"], [1, 0, "G"]],
     "amplitude_sigma": 23.14, "confidence": 0.998, "status": "proposed", "severity": "issue", "note": ""},
    {"id": "d0002", "x": 0, "y": 0, "kind": "dead", "samples": [[0, 0, "*"]],
     "amplitude_sigma": None, "confidence": None, "status": "rejected", "severity": "fyi", "note": "a star"},
    {"id": "d0003", "x": 99, "y": 49, "kind": "hot", "frames": "1020", "samples": [[0, 0, "B"]],
     "amplitude_sigma": -4.0, "confidence": 0.5, "status": "accepted", "severity": "issue", "note": ""},
]  # fmt: skip
HEAD = {
    "schema": "pixmend.map/1",
    "raster": {"x": 0, "y": 0, "width": 100, "height": 50},
    "source": {"sequence": "A.#.exr", "frames": "1001-1100", "camera": "A-cam", "channels": ["R", "G", "B"]},
}


def done(call, *argv):
    code, found = call(*argv)
    assert code == 0, found
    return found


def refused(call, *argv):
    code, found = call(*argv)
    assert code == 2
    return found["error"]


def read(path):
    return map_from_json(path.read_text(encoding="utf-8"))


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def ids(path):
    return [each.id for each in read(path).defects]

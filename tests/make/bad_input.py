# SPDX-License-Identifier: Apache-2.0
"""Commands on a small job, its map, and the ways in which a file can be broken."""

from pathlib import Path

FRAMES = "1001-1004"
MAP = {
    "schema": "pixmend.map/1",
    "raster": {"x": 0, "y": 0, "width": 96, "height": 80},
    "defects": [
        {"id": "d0001", "x": 40, "y": 50, "kind": "hot", "samples": [[0, 0, "R"], [1, 0, "G"]]},
        {"id": "d0002", "x": 0, "y": 0, "kind": "dead", "samples": [[0, 0, "*"]]},
    ],
}


DETECT = ("detect", "plate", "-o", "new.json")
FIX = ("fix", "plate", "--map", "map.json", "-o", "new")
VERIFY = ("verify", "mended")
UNDO = ("undo", "mended", "-o", "new")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_magic(path: Path) -> None:
    path.write_bytes(b"GIF8" + path.read_bytes()[4:])


def only_text(path: Path) -> None:
    path.write_text("this is no picture\n" * 2000)


def be_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def point_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES = [cut_short, cut_in_the_header, empty, other_magic, only_text, be_a_folder, point_nowhere]

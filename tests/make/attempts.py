# SPDX-License-Identifier: Apache-2.0
"""Read, mend and undo files in processes of their own, so that a crash or a hang has the name of a file.

Run as a script it is such a process: it takes paths, and for each prints one line of JSON.
"""

import hashlib
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from pixmend.containers import open_container
from pixmend.errors import PixError
from pixmend.frames import open_shot
from pixmend.model import Patch, PlateInfo
from pixmend.proof import undo_frame
from pixmend.splice import open_bytes, write_fixed

_MEMORY = 4 << 30  # of addresses: what a damaged file claims must not be allocated
_SUFFIXES = {b"v/1\x01": ".exr", b"SDPX": ".dpx", b"XPDS": ".dpx", b"II": ".tif", b"MM": ".tif"}


@dataclass(frozen=True)
class Attempt:
    """What became of one file: `read` and `mended` are ``done`` or the name of our error.

    `reason` is the sentence of the refusal to mend; `ended` says how its process died,
    empty if it did not; `notes` what went wrong besides.
    """

    read: str = ""
    mended: str = ""
    reason: str = ""
    ended: str = ""
    notes: tuple[str, ...] = ()


def attempt_each(paths: Sequence[Path], *, seconds: float = 300.0) -> dict[Path, Attempt]:
    """Return what became of each file; each has `seconds`, in which kernels may have to be compiled first."""
    attempts: dict[Path, Attempt] = {}
    while left := [path for path in paths if path not in attempts]:
        _attempt_until_death(left, attempts, seconds)
    return attempts


def _attempt_until_death(paths: Sequence[Path], attempts: dict[Path, Attempt], seconds: float) -> None:
    command = [sys.executable, __file__, *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True).start()
        for path in paths:
            try:
                line = lines.get(timeout=seconds)
            except queue.Empty:
                process.kill()
                attempts[path] = Attempt(ended=f"hung for {seconds} s")
                return
            if not line:
                attempts[path] = Attempt(ended=f"died with {process.wait()}")
                return
            found = json.loads(line)
            attempts[path] = Attempt(**{**found, "notes": tuple(found["notes"])})


def _forward(stream: IO[bytes], lines: "queue.Queue[bytes]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(b"")


def _attempt(path: Path, printed: IO[bytes]) -> Attempt:
    before = hashlib.sha256(path.read_bytes()).digest()
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        source = folder / f"frame{_suffix_of(path)}"
        shutil.copyfile(path, source)
        read, _ = _outcome(lambda: _read(source), notes)
        mended, reason = _outcome(lambda: _mend_and_undo(source, folder, notes), notes)
        if hashlib.sha256(source.read_bytes()).digest() != before:
            notes.append("the source changed")
        left = sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
        if mended != "done" and left != [source.name]:
            notes.append(f"something was left behind: {left}")
    if printed.seek(0, 2):
        notes.append("something was printed")
        printed.truncate(0)
    return Attempt(read, mended, reason, "", tuple(notes))


def _suffix_of(path: Path) -> str:
    head = path.read_bytes()[:4]
    return next((suffix for magic, suffix in _SUFFIXES.items() if head.startswith(magic)), ".exr")


def _outcome(act: Callable[[], None], notes: list[str]) -> tuple[str, str]:
    try:
        act()
    except PixError as exc:
        if "\n" in str(exc) or not exc.where:
            notes.append(f"this is not one sentence with its place: {exc!r}")
        return type(exc).__name__, exc.what
    except Exception as exc:  # noqa: BLE001  whatever leaks is what we look for
        notes.append(f"leaked: {exc!r}")
        return type(exc).__name__, str(exc)
    return "done", ""


def _read(path: Path) -> None:
    shot = open_shot(path)
    height = shot.plate.raster.height
    whole = shot.read(1)
    bands = [(0, 1), (height // 2, height // 2 + 1), (height - 1, height)]
    for (first, stop), band in zip(bands, shot.read_bands(1, bands), strict=True):
        if whole[first:stop].tobytes() != band.tobytes():
            raise AssertionError("a band is not what the whole frame holds there")


def _mend_and_undo(path: Path, folder: Path, notes: list[str]) -> None:
    with open_bytes(path) as source:
        container = open_container(source)
        raster, channels = container.raster, container.channels
        full = [number for number, each in enumerate(channels) if each.sampling == (1, 1)]
        rng = np.random.default_rng(0)
        places = {
            (
                int(rng.integers(raster.x, raster.x + raster.width)),
                int(rng.integers(raster.y, raster.y + raster.height)),
                full[int(rng.integers(len(full)))],
            )
            for _ in range(12)
        }
        x, y, channel = np.array(sorted(places), np.int32).T
        nothing = np.zeros(len(x), np.uint32)
        patch = Patch(1, channels, x, y, channel.astype(np.int16), nothing, nothing)
        old = container.read_bits(patch)
    plate = PlateInfo(raster, (raster.width, raster.height), channels, (), container.file_format)
    target = folder / "out" / path.name
    # Not the lowest bit: B44 and PXR24 may hold no other than they do.
    other = np.array([1 << min(8, each.sample.bits - 1) for each in channels], np.uint32)
    new = old ^ other[channel]
    write_fixed(path, target, Patch(1, channels, x, y, channel.astype(np.int16), old, new), plate)
    if target.read_bytes() == path.read_bytes():
        notes.append("nothing changed")
    undo_frame(target, folder / "back")
    if (folder / "back").read_bytes() != path.read_bytes():
        notes.append("undo gave another file")


def _main() -> None:
    with tempfile.TemporaryFile() as printed, os.fdopen(os.dup(1), "w") as results:
        os.dup2(printed.fileno(), 1)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        for name in sys.argv[1:]:
            results.write(json.dumps(_attempt(Path(name), printed).__dict__) + "\n")
            results.flush()


if __name__ == "__main__":
    _main()

# SPDX-License-Identifier: Apache-2.0
"""Two runs never write the same file: each says what it is about to write, and looks who else does.

A run is two files in ``.pixmend/runs`` of the folder that it writes to: ``<run>.json`` says
who writes which files; ``<run>.alive`` comes when the run may begin, and is touched while it
works. Farm tasks that write other frames of the same folder do not disturb each other.
"""

import contextlib
import getpass
import json
import os
import secrets
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixmend.errors import TemporaryError, UsageError
from pixmend.model import FrameRange
from pixmend.owner import Owner, this_owner
from pixmend.publish import publish_text
from pixmend.splice import LEDGER_FOLDER

__all__ = ["RunLock", "run_alone"]

_SCHEMA = "pixmend.run/1"
_FOLDER = "runs"
_BEAT_S = 20.0
_DEAD_AFTER_S = 600.0
_START_TOGETHER_S = 10.0
_LOOK_AGAIN_S = 0.05
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Run:
    """What another run says of itself, and when."""

    path: Path
    written_ns: int
    said: Mapping[str, Any]

    @property
    def alive(self) -> Path:
        """The file that a run keeps touching once it works."""
        return self.path.with_suffix(".alive")

    @property
    def rank(self) -> tuple[int, str]:
        """Who comes first of those that start together."""
        return self.written_ns, self.path.name

    def meets(self, names: frozenset[str]) -> bool:
        """Tell whether it writes one of the files; a run that cannot be understood may write any."""
        files = self.said.get("files")
        return not isinstance(files, list) or not names.isdisjoint(map(str, files))

    def is_alive(self, now_ns: int) -> bool:
        """Tell whether its process is there; where that cannot be seen, whether it touched its file."""
        here = Owner.from_json(self.said).is_running()
        if here is not None:
            return here
        touched = max(self.written_ns, _mtime_ns(self.alive) or 0)
        return now_ns - touched < _DEAD_AFTER_S * 1e9

    def as_error(self) -> TemporaryError:
        """Return the sentence for whoever came second."""
        owner = Owner.from_json(self.said)
        return TemporaryError(
            f"another run (pid {owner.pid} of {self.said.get('user')} on {owner.host}, since "
            f"{self.said.get('started')}) is writing frames {self.said.get('frames')} of this folder",
            where=str(self.path.parent.parent.parent),
            hint=f"wait for it, or delete {self.path} if it is gone",
        )


class RunLock:
    """The right to write some files of a folder, held until `release`."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._beaten_s = time.monotonic()

    def beat(self) -> None:
        """Say that the run is still at work; to be called with each frame.

        Raises
        ------
        TemporaryError
            If another run took this one for dead.
        """
        if time.monotonic() - self._beaten_s < _BEAT_S:
            return
        self._beaten_s = time.monotonic()
        try:
            os.utime(self._run.alive)  # by the file server's clock, which all runs share
        except OSError as exc:
            raise TemporaryError(
                "this run lost its right to write: another one took it for dead, or its file was deleted",
                where=str(self._run.path),
                hint="run again; what is finished stays finished",
            ) from exc

    def release(self) -> None:
        """Take the run's files away, and the folders where nothing else is in them."""
        with contextlib.suppress(OSError):
            _remove(self._run)
            self._run.path.parent.rmdir()
            self._run.path.parent.parent.rmdir()


@contextlib.contextmanager
def run_alone(folder: Path, frames: FrameRange, names: frozenset[str]) -> Iterator[RunLock]:
    """Hold the right to write some files of a folder.

    Parameters
    ----------
    folder : Path
        Where they are written; made where it is not there.
    frames : FrameRange
        For whoever comes second to read.
    names : frozenset of str
        Names of the files.

    Raises
    ------
    TemporaryError
        If a run that is alive writes one of them.
    UsageError
        If the folder cannot be written.
    """
    was_there = folder.exists()
    run = _announce(folder, frames, names)
    lock = RunLock(run)
    try:
        _wait_for_turn(run, names)
        run.alive.touch()
        yield lock
    finally:
        lock.release()
        if not was_there:
            with contextlib.suppress(OSError):  # it is not empty, as a rule
                folder.rmdir()


def _announce(folder: Path, frames: FrameRange, names: frozenset[str]) -> _Run:
    owner = this_owner()
    path = (
        folder
        / LEDGER_FOLDER
        / _FOLDER
        / f"{owner.host.replace('/', '_')}-{owner.pid}-{secrets.token_hex(4)}.json"
    )
    said: dict[str, Any] = {
        "schema": _SCHEMA,
        **owner.as_json(),
        "user": _user(),
        "started": time.strftime("%Y-%m-%d %H:%M"),
        "frames": str(frames),
        "command": shlex.join(sys.argv),
        "files": sorted(names),
    }
    for attempt in range(_TRIES):
        try:
            publish_text(path, json.dumps(said))
            break
        except UsageError as exc:  # a run that ended meanwhile took the folder with it
            if not isinstance(exc.__cause__, FileNotFoundError) or attempt == _TRIES - 1:
                exc.where = str(folder)
                raise
    return _Run(path, path.stat().st_mtime_ns, said)


def _wait_for_turn(own: _Run, names: frozenset[str]) -> None:
    """Return when no other run writes the same files; raise where one does."""
    until_s = time.monotonic() + _START_TOGETHER_S
    while True:
        rivals = [each for each in _others(own) if each.meets(names)]
        before = [each for each in rivals if each.alive.exists() or each.rank < own.rank]
        if before:
            raise before[0].as_error()
        if not rivals:
            return
        # They started a moment later and give way: their files go. A clock too coarse to tell
        # who was first must not let two begin.
        if time.monotonic() > until_s:
            raise rivals[0].as_error()
        time.sleep(_LOOK_AGAIN_S)


def _others(own: _Run) -> list[_Run]:
    """Return the other runs that are alive; what dead ones left behind is taken away."""
    found = []
    for path in sorted(own.path.parent.glob("[!.]*.json")):
        run = None if path == own.path else _read(path)
        if run is None:
            continue
        if run.is_alive(own.written_ns):
            found.append(run)
        else:
            with contextlib.suppress(OSError):
                _remove(run)
    return found


def _read(path: Path) -> _Run | None:
    """Read what another run says; None where it ended meanwhile."""
    written_ns = _mtime_ns(path)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        said = None
    except ValueError:  # not written by a run: it may be about any file
        said = {}
    if written_ns is None or said is None:
        return None
    return _Run(path, written_ns, said if isinstance(said, dict) else {})


def _remove(run: _Run) -> None:
    run.path.unlink(missing_ok=True)
    run.alive.unlink(missing_ok=True)


def _mtime_ns(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for this user
        return str(os.getuid())

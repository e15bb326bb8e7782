# SPDX-License-Identifier: Apache-2.0
"""Which process on which machine, so that another one can tell whether it is still there."""

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Owner", "this_owner"]

_STARTED = 19  # field 22 of /proc/PID/stat, counted from the first after the name


@dataclass(frozen=True, slots=True)
class Owner:
    """A process.

    Attributes
    ----------
    host : str
        For people: several machines may have one name.
    machine : str
        One start of one kernel, and in it the names that processes go by (containers
        have their own); processes of other machines cannot be seen.
    pid : int
    begun : str
        When it began, in ticks of the kernel: process numbers are used again.
    """

    host: str
    machine: str
    pid: int
    begun: str

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Owner":
        """Return the owner that a file names; empty where it names none."""
        pid = said.get("pid")
        host, machine, begun = (str(said.get(name, "")) for name in ("host", "machine", "begun"))
        return cls(host, machine, pid if isinstance(pid, int) else 0, begun)

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    def is_running(self) -> bool | None:
        """Tell whether the process is there; None where that cannot be seen from here."""
        if not self.machine or self.machine != _machine():
            return None
        return bool(self.begun) and self.begun == _begun(self.pid)


def this_owner() -> Owner:
    """Return this process."""
    return Owner(socket.gethostname(), _machine(), os.getpid(), _begun(os.getpid()))


@cache
def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no such kernel: the files' times must tell
        return ""


def _begun(pid: int) -> str:
    """Return when a process began; empty where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name in parentheses may hold anything, parentheses too.
    fields = stat.rpartition(")")[2].split()
    return fields[_STARTED] if fields and fields[0] != "Z" else ""

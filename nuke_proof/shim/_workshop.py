# SPDX-License-Identifier: Apache-2.0
"""From the text of a kernel to a program that runs it."""

import hashlib
import re
import subprocess
import uuid
from pathlib import Path
from typing import Final

from nuke_proof.shim._builds import STRICT, Build
from nuke_proof.shim._program import KernelError, Program

__all__ = ["Workshop"]

_HERE: Final = Path(__file__).parent
_WARNINGS: Final = (
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wdouble-promotion",
    "-Wfloat-conversion",
    "-Wimplicit-fallthrough",
    "-Werror",
)
_CLASS: Final = re.compile(r"\bkernel\s+(\w+)\s*:")


class Workshop:
    """Compiles kernels, each once.

    Parameters
    ----------
    folder : Path
        Keeps what was compiled, by contents: several workshops, also of other processes, may share it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def program(self, source: str, build: Build = STRICT) -> Program:
        """Compile a kernel.

        Parameters
        ----------
        source : str
            The kernel, ASCII as Nuke wants it.
        build : Build
            How.

        Raises
        ------
        KernelError
            If it does not compile, with what the compiler says; or there is no such compiler.
        """
        if not source.isascii():
            raise KernelError("a kernel has to be ASCII, in its comments too")
        name = _CLASS.search(source)
        if name is None:
            raise KernelError("this is no kernel")
        harness = self._compiled((build.compiler, "-O2"), "harness.cpp", ())
        text = self._folder / f"{_digest(source)}.blink"
        _write(text, source.encode("ascii"))
        defines = (f'-DKERNEL_FILE="{text}"', f"-DKERNEL_CLASS={name[1]}")
        kernel = self._compiled((build.compiler, *build.flags), "kernel_tu.cpp", (*_WARNINGS, *defines))
        program = self._folder / f"{_digest(str(harness), str(kernel))}.run"
        _make(program, [build.compiler, *build.flags, str(harness), str(kernel), "-lpthread"])
        return Program(program)

    def _compiled(self, compiler: tuple[str, ...], file: str, more: tuple[str, ...]) -> Path:
        command = [*compiler, "-std=c++17", *more, "-c", str(_HERE / file)]
        made = self._folder / f"{_digest(*command, *_sources())}.o"
        _make(made, command)
        return made


def _sources() -> list[str]:
    return [
        path.read_text(encoding="ascii") for path in sorted(_HERE.iterdir()) if path.suffix in {".h", ".cpp"}
    ]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _make(target: Path, command: list[str]) -> None:
    """Run a compiler for a file that is not there yet; others may make the same one at the same time."""
    if target.exists():
        return
    temporary = target.with_name(f"{uuid.uuid4().hex}{target.suffix}")
    try:
        done = subprocess.run([*command, "-o", str(temporary)], capture_output=True, text=True, check=False)
    except FileNotFoundError as exc:
        raise KernelError(f"there is no {command[0]} here") from exc
    if done.returncode:
        raise KernelError(done.stderr)
    temporary.replace(target)


def _write(target: Path, content: bytes) -> None:
    temporary = target.with_name(uuid.uuid4().hex)
    temporary.write_bytes(content)
    temporary.replace(target)

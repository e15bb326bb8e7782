# SPDX-License-Identifier: Apache-2.0
"""The ways a kernel is compiled: one strict build, and others that bound what a device may differ by."""

import functools
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nuke_proof.shim._program import run_checked

__all__ = ["BUILDS", "QUICK", "STRICT", "Build", "works_here"]

_PROGRAM: Final = "int main() { return 0; }\n"
_STRICT: Final = ("-O2", "-ffp-contract=off")
_FUSED: Final = ("-mavx2", "-mfma") if platform.machine() == "x86_64" else ()


@dataclass(frozen=True)
class Build:
    """A compiler and how it is asked.

    Parameters
    ----------
    name : str
        For people.
    compiler : str
        Command.
    flags : tuple of str
        About numbers and checks; warnings are the same for all builds.
    """

    name: str
    compiler: str
    flags: tuple[str, ...]


def _builds_of(compiler: str) -> tuple[Build, ...]:
    return (
        Build(f"{compiler} strict", compiler, _STRICT),
        Build(f"{compiler} fused", compiler, ("-O3", *_FUSED, "-ffp-contract=fast")),
        Build(f"{compiler} fast", compiler, ("-O3", *_FUSED, "-ffast-math", "-fno-finite-math-only")),
        Build(
            f"{compiler} sanitized",
            compiler,
            (
                "-O0",
                "-g",
                "-ffp-contract=off",
                "-fsanitize=address,undefined,float-cast-overflow",
                "-fno-sanitize-recover=all",
            ),
        ),
    )


BUILDS: Final = (*_builds_of("g++"), *_builds_of("clang++"))
STRICT: Final = BUILDS[0]

QUICK: Final = Build("g++ quick", "g++", ("-O0", "-ffp-contract=off"))
"""As strict, to the bit, and compiled in a tenth of the time: for kernels that run on a few pixels."""


@functools.cache
def works_here(build: Build) -> bool:
    """Return whether a program built so runs on this machine."""
    if shutil.which(build.compiler) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "probe.cpp"), Path(folder, "probe")
        source.write_text(_PROGRAM, encoding="ascii")
        command = [build.compiler, *build.flags, str(source), "-o", str(program), "-lpthread"]
        made = subprocess.run(command, capture_output=True, check=False)
        return made.returncode == 0 and run_checked(program).returncode == 0

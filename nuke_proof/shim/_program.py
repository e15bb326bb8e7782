# SPDX-License-Identifier: Apache-2.0
"""A compiled kernel, run on arrays by a process of its own."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Flag, IntEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["KernelError", "Order", "Picture", "Program", "Run", "Violation"]

_COMPONENTS: Final = 4


class KernelError(Exception):
    """A kernel that does not compile, or whose program did not come to its end."""


class Violation(Flag):
    """What a kernel promised and did not keep."""

    NONE = 0
    RANGE = 1
    EDGE_NONE = 2
    COMPONENT = 4
    LOCAL_WRITTEN = 8
    NOT_WRITTEN = 16


class Order(IntEnum):
    """In which order pixels are visited; `FRESH` also gives each a copy of the kernel of its own."""

    ROWS = 0
    REVERSED = 1
    FRESH = 2


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as Nuke holds it.

    Parameters
    ----------
    samples : (H, W, 4) float32 ndarray
        Row 0 is the bottom one.
    x, y : int
        Where its bottom left pixel lies.
    """

    samples: NDArray[np.float32]
    x: int = 0
    y: int = 0

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Bounds: the first two are in it, the last two are not."""
        height, width = self.samples.shape[:2]
        return self.x, self.y, self.x + width, self.y + height


@dataclass(frozen=True, eq=False)
class Run:
    """What came of a run.

    Attributes
    ----------
    picture : Picture
        What the kernel wrote.
    violations : Violation
    ranges : tuple
        Per image in the kernel's order: what setRange asked for, (x1, y1, x2, y2).
    seconds : float
        That the pixels took.
    """

    picture: Picture
    violations: Violation
    ranges: tuple[tuple[int, int, int, int], ...]
    seconds: float


@dataclass(frozen=True)
class Program:
    """A kernel that is ready to run."""

    path: Path

    def run(
        self,
        pictures: Sequence[Picture],
        *,
        region: tuple[int, int, int, int] | None = None,
        threads: int = 1,
        order: Order = Order.ROWS,
    ) -> Run:
        """Run the kernel.

        Parameters
        ----------
        pictures : sequence of Picture
            What it reads, in its order; what it writes is its last image.
        region : (x1, y1, x2, y2)
            What is written; the first picture's bounds if not said.
        threads : int
            Rows are dealt out to them.
        order : Order
            Of the pixels.

        Raises
        ------
        KernelError
            If the program fails: a sanitizer stopped it, or the number of pictures is wrong.
        """
        corners = [picture.corners for picture in pictures] + [region or pictures[0].corners]
        header = np.array(
            [threads, order, len(corners), *(value for each in corners for value in each)], np.int32
        )
        samples = [np.ascontiguousarray(picture.samples, np.float32).tobytes() for picture in pictures]
        done = run_checked(self.path, b"".join([header.tobytes(), *samples]))
        if done.returncode:
            raise KernelError(done.stderr.decode("utf-8", "replace"))
        return _read(done.stdout, corners[-1])


def run_checked(program: Path, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program that may hold sanitizers; leaks are not looked for, as containers often forbid how."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([program], input=told, capture_output=True, check=False, env=environment)


def _read(told: bytes, corners: tuple[int, int, int, int]) -> Run:
    violations, images = np.frombuffer(told, np.int32, 2).tolist()
    at = 8
    ranges = np.frombuffer(told, np.int32, 5 * images, at).reshape(images, 5)[:, 1:].tolist()
    at += 20 * images
    seconds = float(np.frombuffer(told, np.float64, 1, at)[0])
    width, height = corners[2] - corners[0], corners[3] - corners[1]
    samples = np.frombuffer(told, np.float32, -1, at + 8).reshape(height, width, _COMPONENTS)
    return Run(
        Picture(samples, corners[0], corners[1]),
        Violation(violations),
        tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in ranges),
        seconds,
    )

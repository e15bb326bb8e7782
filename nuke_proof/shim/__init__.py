# SPDX-License-Identifier: Apache-2.0
"""Blink kernels compiled and run without Nuke."""

from nuke_proof.shim._builds import BUILDS, QUICK, STRICT, Build, works_here
from nuke_proof.shim._program import KernelError, Order, Picture, Program, Run, Violation
from nuke_proof.shim._workshop import Workshop

__all__ = [
    "BUILDS",
    "QUICK",
    "STRICT",
    "Build",
    "KernelError",
    "Order",
    "Picture",
    "Program",
    "Run",
    "Violation",
    "Workshop",
    "works_here",
]

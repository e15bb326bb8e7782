# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: INP001 (rez reads it; it is no package of Python)
"""A rez package of pixmend for the workers of a farm.

`rez build --install` in this folder installs the pinned wheels and pixmend's own into the
package; a site file then says ``command = ["rez", "env", "pixmend", "--", "pixmend"]``.
Put pixmend's wheel and worker.lock beside this file first.
"""

name = "pixmend"
version = "0.1.0"
description = "Finds dead, stuck and hot pixels in digital-cinema footage and mends them, to the byte."
authors = ["The pixmend authors"]
requires = ["python-3.11+<3.14"]
variants = [["platform-linux", "arch-x86_64"]]
tools = ["pixmend"]
build_command = (
    "if [ -n {install} ]; then"
    " python -m pip install --require-hashes --target $REZ_BUILD_INSTALL_PATH/python -r {root}/worker.lock &&"
    " python -m pip install --no-deps --upgrade --target $REZ_BUILD_INSTALL_PATH/python {root}/pixmend-*.whl;"
    " fi"
)


def commands() -> None:
    """Set up the environment of a worker."""
    env.PYTHONPATH.prepend("{root}/python")  # noqa: F821 - rez gives `env`
    env.PATH.prepend("{root}/python/bin")  # noqa: F821

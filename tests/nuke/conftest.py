# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Nuke side share."""

import os

import pytest

from nuke_proof.shim import STRICT, Workshop, works_here


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """Return where kernels are compiled, once for all processes of a test run."""
    if not works_here(STRICT):
        pytest.skip("there is no g++ here: kernels are not compiled")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "kernels"
    folder.mkdir(exist_ok=True)
    return Workshop(folder)

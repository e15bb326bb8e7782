# SPDX-License-Identifier: Apache-2.0
"""What people install: the wheel, the source distribution, and the command that comes of them."""

import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import pixmend

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
NOT_SHIPPED = (
    ".git",
    ".venv",
    "*.egg-info",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "demo",
    "dist",
    "build",
)


def build(source, out, what):
    """Build without network: the tools are those of this environment."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        f"--{what}",
        "--outdir",
        str(out),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = Path(out).glob("*.whl" if what == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources, so that building leaves nothing behind in them."""
    folder = tmp_path_factory.mktemp("source") / "pixmend"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    return folder


@pytest.fixture(scope="module")
def wheel(tree, tmp_path_factory):
    return build(tree, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def sdist(tree, tmp_path_factory):
    return build(tree, tmp_path_factory.mktemp("sdist"), "sdist")


def inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def sources():
    return {
        str(path.relative_to(CORE)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in CORE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.parts[-2].endswith(".egg-info")
    }


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    found = inside(wheel)
    info = f"pixmend-{pixmend.__version__}.dist-info"
    assert {name.split("/")[0] for name in found} == {"pixmend", info}
    assert {name: stored for name, stored in found.items() if name.startswith("pixmend/")} == sources()
    assert {"pixmend/py.typed", "pixmend/model/schema/pixmend.map.1.json"} <= found.keys()
    assert f"{info}/licenses/LICENSE" in found


def test_the_source_distribution_holds_what_is_needed_to_test_it(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"core/{name}" for name in sources()} <= names
    assert {
        "LICENSE",
        "README.md",
        "Makefile",
        "tests/conftest.py",
        "tests/packaging/test_imports.py",
        "docs/map.md",
        "benchmarks/run.py",
    } <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith((".venv", ".git/"))]


def test_the_source_distribution_builds_the_same_wheel(wheel, sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert inside(build(unpacked, tmp_path / "wheel", "wheel")) == inside(wheel)


@pytest.mark.slow
def test_the_command_runs_where_only_the_wheel_is_installed(wheel, tmp_path):
    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=False, symlinks=True)
    python = fresh / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(fresh)}))
    # The dependencies of this environment; its own pixmend is linked by a .pth that is not followed from here.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)

    def run(*command):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run(python, "-c", "import pixmend; print(pixmend.__file__)").strip()
    assert Path(where).is_relative_to(site)
    command = fresh / "bin" / "pixmend"
    assert run(command, "--version").strip() == f"pixmend {pixmend.__version__}"
    shown = json.loads(run(command, "demo", "here", "--json", "-q"))
    assert shown["ok"] is True
    assert shown["frames_restored_byte_for_byte"] == shown["frames"]
    assert (
        json.loads(run(command, "map", "show", "here/map.json", "--json"))["count"] >= shown["defects_found"]
    )

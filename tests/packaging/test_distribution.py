# SPDX-License-Identifier: Apache-2.0
"""What people install: the wheel, the source distribution, and the command that comes of them."""

import hashlib
import json
import os
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
from pixmend.cli import main

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
NUKE = ("nuke_plugin", "gizmos")
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
    """Return what a wheel holds, with hashes: the package, and in it the trees that Nuke loads."""
    package = {path: path.relative_to(CORE) for path in CORE.rglob("*")}
    nuke = {
        path: Path("pixmend", "_nuke") / path.relative_to(ROOT)
        for tree in NUKE
        for path in (ROOT / tree).rglob("*")
    }
    return {
        str(name): hashlib.sha256(path.read_bytes()).hexdigest()
        for path, name in (package | nuke).items()
        if path.is_file()
        and not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(path.parts)
        and not path.parts[-2].endswith(".egg-info")
    }


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    found = inside(wheel)
    info = f"pixmend-{pixmend.__version__}.dist-info"
    assert {name.split("/")[0] for name in found} == {"pixmend", info}
    assert {name: stored for name, stored in found.items() if name.startswith("pixmend/")} == sources()
    assert {
        "pixmend/py.typed",
        "pixmend/model/schema/pixmend.map.1.json",
        "pixmend/bake/schema/pixmend.bake.1.json",
        "pixmend/_nuke/nuke_plugin/init.py",
        "pixmend/_nuke/nuke_plugin/menu.py",
        "pixmend/_nuke/nuke_plugin/pixmend_nuke/__init__.py",
        "pixmend/_nuke/gizmos/PixMend.gizmo",
    } <= found.keys()
    assert not [name for name in found if "__pycache__" in name or name.endswith((".pyc", ".pyo"))]
    assert f"{info}/licenses/LICENSE" in found


def test_the_source_distribution_holds_what_is_needed_to_test_it(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    nuke = {name for name in sources() if name.startswith("pixmend/_nuke/")}
    assert {f"core/{name}" for name in sources().keys() - nuke} <= names
    assert {name.removeprefix("pixmend/_nuke/") for name in nuke} <= names
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


@pytest.mark.parametrize("missing", NUKE)
def test_a_wheel_without_what_nuke_loads_is_not_built(tmp_path, missing):
    """A forgotten line in MANIFEST.in would give a wheel that says nothing and lacks the plug-in."""
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for tree in (*NUKE, "core"):
        if tree != missing:
            shutil.copytree(ROOT / tree, tmp_path / tree, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    command = [sys.executable, "setup.py", "-q", "build_py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"{missing}/ is missing" in done.stderr


def test_an_editable_install_finds_the_trees_of_the_checkout(capsys):
    assert main(["nuke-path"]) == 0
    plugin = Path(capsys.readouterr().out.strip())
    assert plugin == ROOT / "nuke_plugin"
    assert (plugin / os.pardir / "gizmos" / "PixMend.gizmo").is_file()


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
    plugin = Path(json.loads(run(command, "nuke-path", "--json"))["path"])
    assert plugin.is_relative_to(site)
    assert (plugin / "init.py").is_file()
    assert (plugin.parent / "gizmos" / "PixMend.gizmo").is_file()
    assert run(command, "--version").strip() == f"pixmend {pixmend.__version__}"
    shown = json.loads(run(command, "demo", "here", "--json", "-q"))
    assert shown["ok"] is True
    assert shown["frames_restored_byte_for_byte"] == shown["frames"]
    assert (
        json.loads(run(command, "map", "show", "here/map.json", "--json"))["count"] >= shown["defects_found"]
    )

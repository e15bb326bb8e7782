# SPDX-License-Identifier: Apache-2.0
"""The house plan, held by a test: who may import whom."""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "core" / "pixmend"

LEAVES = {"errors", "arrays", "footprints", "openexr", "owner", "publish", "progress"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "arrays": set(),
    "footprints": set(),
    "openexr": {"errors"},
    "owner": set(),
    "publish": {"errors"},
    "progress": set(),
    "model": {"errors"},
    "formats": {"errors", "model"},
    "stats": {"errors", "arrays", "model"},
    "detect": {"errors", "arrays", "footprints", "model", "stats"},
    "register": {"errors", "model"},
    "fill": {"errors", "arrays", "footprints", "model"},
    "audit": {"errors", "arrays", "model"},
    "bake": {"errors", "model", "fill"},
    "simulate": {"errors", "arrays", "model", "publish"},
    "frames": {"errors", "openexr", "publish", "model", "formats"},
    "codecs": {"errors", "openexr", "model", "formats"},
    "containers": {"errors", "model", "formats", "codecs"},
    "splice": {"errors", "publish", "model", "formats", "containers"},
    "proof": {"errors", "publish", "model", "formats", "frames", "containers", "splice"},
    "seal": {"errors", "publish", "model"},
    "carry": {"errors", "model"},
    "farm": {"errors", "owner", "publish", "progress", "model"},
    "pipeline": LEAVES
    | {
        "model",
        "formats",
        "stats",
        "detect",
        "register",
        "fill",
        "audit",
        "bake",
        "simulate",
        "frames",
        "splice",
        "proof",
        "seal",
        "farm",
    },
    "cli": LEAVES
    | {
        "model",
        "formats",
        "stats",
        "detect",
        "register",
        "fill",
        "audit",
        "bake",
        "simulate",
        "frames",
        "splice",
        "proof",
        "seal",
        "carry",
        "farm",
        "pipeline",
    },
}
FILES = sorted(
    path for path in CORE.rglob("*.py") if path.parent != CORE or path.stem not in {"__init__", "__main__"}
)


def room_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def rooms_imported_by(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the room they name"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "pixmend"
                else [node.module]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name and name.startswith("pixmend.")}
    return rooms - {"__version__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_imports_flow_one_way(path):
    assert rooms_imported_by(path) - {room_of(path)} <= MAY_IMPORT[room_of(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_rooms_are_entered_by_the_door(path):
    """Another room's private files are its own: only its __init__ is imported."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        if module and module.startswith("pixmend.") and module.split(".")[1] != room_of(path):
            assert not any(part.startswith("_") for part in module.split("."))


PROOF = Path(__file__).parents[2] / "nuke_proof"


@pytest.mark.parametrize("path", sorted(PROOF.rglob("*.py")), ids=lambda path: str(path.relative_to(PROOF)))
def test_what_proves_the_nuke_side_enters_by_the_door_too(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.split(".")[0] in {"pixmend", "nuke_proof"}
        ):
            of_its_own = path.parent != PROOF and node.module.startswith(f"nuke_proof.{path.parent.name}.")
            assert of_its_own or not any(part.startswith("_") for part in node.module.split("."))

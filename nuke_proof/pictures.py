# SPDX-License-Identifier: Apache-2.0
"""The pictures of docs/nuke.md: what the gizmo shows, computed from its committed text on a simulated shot.

`python -m nuke_proof.pictures` writes them. The plate is the procedural street with the defects of the demo; it is
baked by `pixmend bake`, and each picture is what the group gives with its knobs set, exposed up as in a viewer.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nuke_proof.graph import Evaluation, FilesOnDisk, Image, Node, Scene, read_gizmo
from pixmend.cli import main as pixmend
from pixmend.model import FrameRange, map_to_json
from pixmend.simulate import (
    DEMO_RECIPE,
    Motion,
    ShotFormat,
    ShotSpec,
    SimulatedShot,
    true_map,
    write_png,
    write_shot,
)

__all__ = ["PICTURES", "draw_pictures"]

_ROOT = Path(__file__).parents[1]
_FRAMES = "1001-1008"
_SHOWN = 1004
_WIDTH, _HEIGHT = 256, 192
_CROP = slice(40, 140), slice(60, 200)  # rows from the top, columns: where most of the demo's defects are
_ZOOM = 3
_EXPOSURE = 2.0

# The knobs of each picture; what is not said stands at its default.
PICTURES: Mapping[str, Mapping[str, float | str]] = {
    "plate": {"mix": 0.0},
    "defects": {"view": "Defects"},
    "result": {"view": "Result"},
    "difference": {"view": "Difference"},
    "vivid_plate": {"view": "Vivid", "mix": 0.0},
    "vivid": {"view": "Vivid"},
}


def draw_pictures(folder: Path) -> list[Path]:
    """Write all pictures as `nuke_NAME.png`; return their paths."""
    group = read_gizmo((_ROOT / "gizmos" / "PixMend.gizmo").read_text(encoding="ascii"))
    paths = []
    with tempfile.TemporaryDirectory() as work:
        bake, plate = _baked_shot(Path(work))
        for name, knobs in PICTURES.items():
            path = folder / f"nuke_{name}.png"
            write_png(path, _seen(_rendered(group, plate, {"bake": str(bake), **knobs})), overwrite=True)
            paths.append(path)
    return paths


def _baked_shot(work: Path) -> tuple[Path, Image]:
    """Return the bake of a shot, and the plate's frame that is shown."""
    spec = ShotSpec(
        width=_WIDTH,
        height=_HEIGHT,
        frames=FrameRange.parse(_FRAMES),
        motion=Motion.PAN,
        exposure=0.12,
        recipe=DEMO_RECIPE,
    )
    shot = SimulatedShot(spec)
    write_shot(shot, work / "plate", file_format=ShotFormat.EXR)
    (work / "map.json").write_text(map_to_json(true_map(shot)))
    asked = ["bake", str(work / "plate"), "--map", str(work / "map.json"), "-o", str(work / "shot.pixmend")]
    code = pixmend([*asked, "--patch", "-q"])
    if code:
        raise SystemExit(code)
    manifest = json.loads((work / "shot.pixmend" / "bake.json").read_text())
    print(f"baked: {manifest['schema']}")
    return work / "shot.pixmend", FilesOnDisk().read(str(work / "plate" / f"plate.{_SHOWN}.exr"))


def _rendered(group: Node, plate: Image, knobs: Mapping[str, float | str]) -> Image:
    scene = Scene(
        {0: plate}, FilesOnDisk(), frame=_SHOWN, knobs={"engine": "Patch", **knobs}, format=plate.format
    )
    return Evaluation(group, scene).output()


def _seen(image: Image) -> NDArray[np.uint8]:
    """Return what a viewer shows of the crop: exposed, sRGB, each pixel `_ZOOM` wide; (h, w, 3) uint8."""
    planes = [image.channels[f"rgba.{colour}"][::-1] for colour in ("red", "green", "blue")]
    light = np.clip(_EXPOSURE * np.stack(planes, axis=-1)[_CROP], 0.0, 1.0)
    codes = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    shown = np.rint(255 * codes).astype(np.uint8)
    return np.asarray(shown.repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1))


if __name__ == "__main__":
    for written in draw_pictures(_ROOT / "docs"):
        print(f"{written.name}: {written.stat().st_size} bytes")

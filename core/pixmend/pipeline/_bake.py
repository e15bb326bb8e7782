# SPDX-License-Identifier: Apache-2.0
"""Defect map, and shot -> a folder from which a compositor's node mends the plate."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pixmend
from pixmend.bake import (
    MANIFEST,
    MARK_SIZES,
    Book,
    Control,
    Curve,
    FrameRecipe,
    Recipes,
    Units,
    box_of,
    control_cells,
    counts_fields,
    curves_of_codes,
    curves_of_floats,
    curves_through,
    draw_marks,
    generic_control,
    index_picture,
    manifest_of,
    pack_control,
)
from pixmend.errors import UsageError
from pixmend.frames import FileShot, write_layers
from pixmend.model import Raster
from pixmend.pipeline._bake_plan import BakePlan
from pixmend.pipeline._frames_at_once import frames_at_once
from pixmend.pipeline._mender import Mender, train_mender
from pixmend.pipeline._originals import OriginalShot
from pixmend.progress import Progress, Silent
from pixmend.publish import publishing_folder
from pixmend.splice import ledger_path, read_ledger

__all__ = ["bake"]

_PATCH = "patch.%04d.exr"  # whatever the plate's own padding: the node's Read has one name for all


def bake(plan: BakePlan, *, workers: int = 1, progress: Progress | None = None) -> dict[str, Any]:
    """Write the folder, and return its manifest.

    With a shot each frame is mended as `fix` does it, and what the node would make of it is
    compared, sample by sample: where it is not the same for sure, the node is given the sample.

    Raises
    ------
    FrameError
        At the first frame that cannot be read.
    MapError
        If there would be more cells than can be counted.
    UsageError, TemporaryError
        If the folder cannot be written; or a frame was mended in place.
    """
    says = progress or Silent()
    with publishing_folder(plan.target, mark=MANIFEST, overwrite=plan.settings.overwrite) as folder:
        counts: dict[str, Any] = {}
        if plan.shot is None:
            control = _generic(plan)
        else:
            control, counts = _ShotBake(plan, plan.shot, folder).run(workers, says)
        says.start("writing the folder", 1)
        cells = _write_pictures(plan, control, folder)
        manifest = manifest_of(_fields(plan, folder, counts | {"cells": cells}))
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        says.advance()
    return manifest


def _generic(plan: BakePlan) -> Control:
    defects = [defect for _, defect in plan.defects]
    pixels = list(plan.pixels.values())
    return generic_control(defects, pixels, plan.plate, plan.frames, span=plan.span)


@dataclass(frozen=True, slots=True)
class _Tools:
    """What the frames of a shot are baked with."""

    mender: Mender
    recipes: Recipes
    curves: tuple[Curve, ...]


class _ShotBake:
    """Bakes the frames of a shot."""

    def __init__(self, plan: BakePlan, shot: FileShot, folder: Path) -> None:
        self._plan = plan
        self._shot = shot
        self._folder = folder
        self._units = Units(plan.plate.sample_type(plan.plate.colour[0]))

    def run(self, workers: int, progress: Progress) -> tuple[Control, dict[str, Any]]:
        """Return the control, and how many samples are mended how."""
        plan = self._plan
        frames = self._shot.frames if plan.frames is None else plan.frames
        for frame in frames:
            self._check_not_mended(frame)
        tools = self._learn(workers, progress)
        book = Book(plan.pixels)
        progress.start("baking frames", len(frames))
        for recipe in frames_at_once(lambda frame: self._frame(frame, tools), frames, workers=workers):
            book.add(recipe)
            progress.advance()
        return book.control(plan.plate.display, plan.span, tools.curves), counts_fields(book.counts)

    def _learn(self, workers: int, progress: Progress) -> _Tools:
        settings, plate = self._plan.settings, self._plan.plate
        if settings.encoding is None:
            raise ValueError("a shot is baked by its encoding")
        mender = train_mender(
            OriginalShot(self._shot),  # frames that are not baked may be mended in place
            self._plan.defect_map,
            settings.encoding,
            progress,
            method=settings.method,
            workers=workers,
        )
        curve, channels = mender.scale.curve, len(plate.colour)
        if not self._units.sample.is_float:
            curves = curves_of_codes(mender.scale, self._units, channels)
        elif settings.encoding.name == "linear":
            nodes = [curve.nodes(channel) for channel in range(channels)]
            values = np.array([value for _, value in nodes], np.float32)
            curves = curves_through(nodes[0][0].astype(np.float32), values)
        else:
            level, _ = curve.nodes(0)
            curves = curves_of_floats(
                level, settings.encoding, mender.scale, units=self._units, channels=channels
            )
        return _Tools(mender, Recipes(self._units, curves, (plate.raster.y, plate.raster.x)), curves)

    def _frame(self, frame: int, tools: _Tools) -> FrameRecipe:
        defects = self._plan.defect_map.to_mend(frame, only=self._plan.settings.only)
        recipe = tools.recipes.of(tools.mender.mend(frame, defects))
        if self._plan.settings.patch:
            self._write_patch(recipe)
        return recipe

    def _write_patch(self, recipe: FrameRecipe) -> None:
        """Write what is to stand at the pixels of a frame; a frame without any has one that is empty."""
        plan = self._plan
        raster = box_of(map(tuple, recipe.pixels.tolist())) if len(recipe.pixels) else Raster(0, 0, 1, 1)
        picture = np.zeros((raster.height, raster.width, 4), np.float32)
        row, column = (recipe.pixels - np.array([raster.y, raster.x])).T
        picture[row, column, :3], picture[row, column, 3] = recipe.picture, 1.0
        stored = self._units.sample.dtype if self._units.sample.is_float else np.dtype(np.float32)
        layers = {name: picture[..., number].astype(stored) for number, name in enumerate("RGBA")}
        write_layers(self._folder / (_PATCH % recipe.frame), layers, raster, plan.plate.display)

    def _check_not_mended(self, frame: int) -> None:
        path = self._shot.path(frame)
        record = ledger_path(path)
        if record.exists() and (ledger := read_ledger(record)).in_place and ledger.edits:
            raise UsageError(
                "this frame was mended in place: nothing is left for a compositor to mend",
                where=str(path),
                hint="run `pixmend undo` first, or load the frames as they are",
            )


def _write_pictures(plan: BakePlan, control: Control, folder: Path) -> int:
    """Write index, marks and control; return how many cells this one has."""
    _write_marks(plan, folder)
    raster, index = index_picture(list(plan.pixels.values()))
    write_layers(folder / "index.exr", _rgba(index), raster, plan.plate.display)
    picture = pack_control(control)
    height, width, _ = picture.shape
    write_layers(folder / "control.exr", _rgba(picture), Raster(0, 0, width, height), (width, height))
    return int(control_cells(picture)[0, 3])


def _write_marks(plan: BakePlan, folder: Path) -> None:
    defects = [defect for _, defect in plan.defects]
    for name, size in MARK_SIZES.items():
        marks = draw_marks(defects, plan.plate.colour, plan.plate.display, size=size, span=plan.span)
        layers = _rgba(marks.rgba) | {"range.first": marks.frames[..., 0], "range.last": marks.frames[..., 1]}
        write_layers(folder / f"marks_{name}.exr", layers, marks.raster, plan.plate.display)


def _rgba(picture: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {name: picture[..., number] for number, name in enumerate("RGBA")}


def _fields(plan: BakePlan, folder: Path, counts: Mapping[str, Any]) -> dict[str, Any]:
    settings, raster = plan.settings, plan.plate.raster
    width, height = plan.plate.display
    return {
        "pixmend": pixmend.__version__,
        "map": {"name": plan.map_name, "sha256": plan.map_sha256},
        "shot": None if plan.shot is None else plan.shot.label,
        "frames": None if plan.frames is None else str(plan.frames),
        "display": {"width": width, "height": height},
        "raster": {"x": raster.x, "y": raster.y, "width": raster.width, "height": raster.height},
        "encoding": None if settings.encoding is None else settings.encoding.name,
        "values": Units(plan.plate.sample_type(plan.plate.colour[0])).name,
        "tables": "generic" if plan.shot is None else "shot",
        "method": "auto" if settings.method is None else settings.method.value,
        "only": None if settings.only is None else settings.only.value,
        "counts": {"defects": len(plan.defects), "entries": len(plan.pixels), **counts},
        "patch": _PATCH if settings.patch else None,
        "notices": list(plan.notices),
        "files": {path.name: _sha256(path) for path in sorted(folder.iterdir())},
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

# SPDX-License-Identifier: Apache-2.0
"""Defect maps on disk in all their forms: our JSON, CSV, dcraw ``.badpixels`` and image masks."""

from argparse import ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmend.cli._arguments import ArgumentParser
from pixmend.cli._output import Result
from pixmend.errors import FrameError, MapError, UsageError
from pixmend.publish import check_free, publish_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pixmend.model import DefectMap, Kind, Raster

__all__ = [
    "ALL_IDS",
    "add_from_option",
    "add_to_option",
    "defect_ids",
    "format_of",
    "read_map_file",
    "write_map_file",
    "written",
]

ALL_IDS = "all"
FORMATS = ("json", "csv", "badpixels", "mask")
_BY_SUFFIX = {
    ".json": "json",
    ".csv": "csv",
    ".badpixels": "badpixels",
    ".exr": "mask",
    ".tif": "mask",
    ".tiff": "mask",
    ".png": "mask",
}
_MOST_BYTES = 256 * 2**20  # about a million defects: anything larger is not a map


def add_from_option(parser: ArgumentParser) -> None:
    """Add ``--from``."""
    text = "form of the input, where its suffix does not say it"
    parser.add_argument("--from", dest="from_format", choices=FORMATS, help=text)


def add_to_option(parser: ArgumentParser) -> None:
    """Add ``--to``."""
    text = "form of the output, where its suffix does not say it"
    parser.add_argument("--to", dest="to_format", choices=FORMATS, help=text)


def defect_ids(text: str) -> tuple[str, ...]:
    """Read ``d0001,d0002`` or ``all``."""
    ids = tuple(each.strip() for each in text.split(","))
    if not all(ids) or (ALL_IDS in ids and len(ids) > 1):
        raise ArgumentTypeError(f"{text!r} is no list of ids like d0001,d0002, nor `all`")
    return ids


def format_of(path: Path, named: str | None = None) -> str:
    """Return the form of a map file: the one that was named, else by its suffix.

    Raises
    ------
    UsageError
        If the suffix says nothing.
    """
    found = named or _BY_SUFFIX.get(path.suffix.lower() or path.name.lower())
    if found is None:
        raise UsageError(
            f"the suffix {path.suffix!r} does not say which kind of map this is",
            where=str(path),
            hint=f"one of {', '.join(_BY_SUFFIX)}, or name the form with --from or --to",
        )
    return found


def read_map_file(
    path: Path,
    *,
    file_format: str | None = None,
    raster: "Raster | None" = None,
    kind: "Kind | None" = None,
    check_inside: bool = True,
) -> "DefectMap":
    """Read a map of any form.

    Parameters
    ----------
    path : Path
    file_format : str, optional
        One of `FORMATS`; by the suffix when left out.
    raster : Raster, optional
        What the coordinates belong to, for maps that do not say it.
    kind : Kind, optional
        For the forms that do not carry one; hot when left out.
    check_inside : bool
        Refuse a map with a defect outside its raster; only an edit can do without.

    Raises
    ------
    MapError
        If the file is not there, is no map of that form, is for another raster, or its
        defects lie outside it.
    """
    where = str(path)
    found = _read(path, format_of(path, file_format), kind)
    if raster is not None and found.raster not in {None, raster}:
        raise MapError(
            f"the map is for a raster of {found.raster}, not {raster}",
            where=where,
            hint="`pixmend map edit --move DX,DY --raster WxH` takes it to another raster",
        )
    found = replace(found, raster=found.raster or raster)
    if check_inside:
        found.check_inside(where=where)
    return found


def write_map_file(
    path: Path, defect_map: "DefectMap", *, file_format: str | None = None, overwrite: bool = False
) -> None:
    """Write a map in any form, atomically.

    Raises
    ------
    MapError
        If the form cannot hold the map.
    UsageError
        If the output exists and `overwrite` is not set, or it cannot be written.
    """
    content = _rendered(defect_map, format_of(path, file_format))
    if isinstance(content, str):
        publish_text(path, content, overwrite=overwrite)
        return
    from pixmend.frames import write_mask

    raster, is_bad = content
    write_mask(path, raster, is_bad, overwrite=overwrite)


def written(args: Namespace, action: str, defect_map: "DefectMap", **fields: Any) -> Result:
    """Write the map that an action made to ``args.output`` and say so; not with ``--dry-run``."""
    output, form = args.output, format_of(args.output, args.to_format)
    if args.dry_run:
        check_free(output, overwrite=args.overwrite)
        _rendered(defect_map, form)
    else:
        write_map_file(output, defect_map, file_format=form, overwrite=args.overwrite)
    count = len(defect_map.defects)
    said = "would be written to" if args.dry_run else "written to"
    head = {"output": str(output), "format": form, "count": count, "written": not args.dry_run}
    return Result(f"map.{action}", f"{count} defect{'s' * (count != 1)} {said} {output}", head | fields)


def _rendered(defect_map: "DefectMap", form: str) -> "str | tuple[Raster, NDArray[np.bool_]]":
    """Return what is written: text, or a raster with its mask."""
    from pixmend import model

    if form == "mask":
        return model.mask_from_map(defect_map)
    render = {"json": model.map_to_json, "csv": model.map_to_csv, "badpixels": model.map_to_badpixels}
    return render[form](defect_map)


def _read(path: Path, form: str, kind: "Kind | None") -> "DefectMap":
    from pixmend import model

    kind = kind or model.Kind.HOT
    if form == "mask":
        return _read_mask(path, kind)
    where, text = str(path), _read_text(path)
    if form == "json":
        return model.map_from_json(text, where=where)
    read = model.map_from_csv if form == "csv" else model.map_from_badpixels
    return read(text, kind=kind, where=where)


def _read_mask(path: Path, kind: "Kind") -> "DefectMap":
    from pixmend.frames import read_mask
    from pixmend.model import map_from_mask

    try:
        return map_from_mask(*read_mask(path), kind=kind)
    except (FrameError, MapError) as exc:
        # Here the picture is a map: a damaged one is wrong use, not a damaged shot.
        raise MapError(exc.what, where=str(path), hint=exc.hint) from exc


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise MapError(f"the map cannot be read: {reason}", where=str(path), hint="check the path") from exc
    if len(data) > _MOST_BYTES:
        raise MapError(f"larger than {_MOST_BYTES >> 20} MB, this is no map", where=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MapError("this is not UTF-8 text", where=str(path), hint="save it as UTF-8") from exc

# SPDX-License-Identifier: Apache-2.0
"""The map on disk: JSON of a versioned schema, checked, upgraded, unknown fields kept.

Nothing in a map is executed, followed or used as a path: `source.sequence` is a
label for people. Text in, text out; files are opened at the edges.
"""

import json
import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, cast

import jsonschema

from pixmend.errors import MapError, RangeError
from pixmend.model._camera_footprint import CameraFootprint
from pixmend.model._defect import Defect, Sample, Severity, Status
from pixmend.model._evidence import EVIDENCE_FIELDS, Evidence, Votes
from pixmend.model._kinds import Kind
from pixmend.model._map import DefectMap, Source
from pixmend.model._plate import Raster
from pixmend.model._ranges import FrameRange
from pixmend.model._repair import Method

__all__ = ["MAP_SCHEMA", "defect_from_fields", "defect_to_fields", "map_from_json", "map_to_json"]

MAP_SCHEMA = "pixmend.map/1"

# One function per schema that ever shipped and is no longer current: it takes the
# document of that version and returns the document of the next.
UPGRADES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def map_from_json(text: str, *, where: str = "") -> DefectMap:
    """Read a defect map from its JSON text.

    Parameters
    ----------
    text : str
    where : str
        The file's name, for messages.

    Raises
    ------
    MapError
        If the text is no JSON, no map, of an unknown version, or breaks the schema.
    """
    document = _document(text, where)
    document = _upgraded(document, where)
    _check_schema(document, where)
    try:
        return _map_from(document)
    except RangeError as exc:
        raise MapError(exc.what, where=where, hint=exc.hint) from exc
    except ValueError as exc:
        # What the schema cannot say of numbers that stand beside each other.
        raise MapError(str(exc), where=where, hint="see docs/map.md for the fields") from exc


def map_to_json(defect_map: DefectMap) -> str:
    """Return the map's JSON text: current schema, one defect a line, fields in fixed order."""
    head = {
        "schema": MAP_SCHEMA,
        "raster": None
        if defect_map.raster is None
        else {**_raster_fields(defect_map.raster), **defect_map.raster_extra},
        "source": _source_fields(defect_map.source),
        "made_by": dict(defect_map.made_by),
        **({} if defect_map.shots == 1 else {"shots": defect_map.shots}),
        **(
            {"footprints": [_footprint_fields(each) for each in defect_map.footprints]}
            if defect_map.footprints
            else {}
        ),
        **defect_map.extra,
    }
    lines = [f"  {_json(key)}: {_json(value)}" for key, value in head.items()]
    rows = ",\n".join(f"    {_json(defect_to_fields(each))}" for each in defect_map.defects)
    lines.append(f'  "defects": [\n{rows}\n  ]' if rows else '  "defects": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _document(text: str, where: str) -> object:
    try:
        return json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_fields_once,
        )
    except RecursionError as exc:
        raise MapError("this is no map: it is nested too deep", where=where) from exc
    except ValueError as exc:
        raise MapError(f"this is not JSON: {str(exc)[:200]}", where=where) from exc


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} stands there twice")
    return fields


def _upgraded(document: object, where: str) -> dict[str, Any]:
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise MapError(
            "this is not a defect map", where=where, hint=f'a map starts with "schema": "{MAP_SCHEMA}"'
        )
    while document["schema"] != MAP_SCHEMA:
        upgrade = UPGRADES.get(document["schema"])
        if upgrade is None:
            raise MapError(
                f"the map's schema is {document['schema'][:80]!r}, this pixmend reads {MAP_SCHEMA!r}",
                where=where,
                hint="use the pixmend that wrote it, or a newer one",
            )
        document = upgrade(document)
    return document


@cache
def _validator() -> jsonschema.protocols.Validator:
    text = (files("pixmend.model") / "schema" / "pixmend.map.1.json").read_text(encoding="utf-8")
    plain = jsonschema.Draft202012Validator
    # JSON Schema counts 812.0 as an integer; a coordinate that is a float is a mistake upstream.
    strict = plain.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    extend = cast("Callable[..., type[jsonschema.Draft202012Validator]]", jsonschema.validators.extend)
    return extend(plain, type_checker=strict)(json.loads(text))


def _check_schema(document: dict[str, Any], where: str) -> None:
    error = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    if error is not None:
        path = "/".join(str(part) for part in error.absolute_path) or "the top level"
        raise MapError(f"{path}: {error.message[:160]}", where=where, hint="see docs/map.md for the fields")
    (name, count), *_ = Counter(each["id"] for each in document["defects"]).most_common(1) or [("", 0)]
    if count > 1:
        raise MapError(f"the id {name!r} stands for {count} defects", where=where, hint="give each its own")


def _map_from(document: dict[str, Any]) -> DefectMap:
    fields = dict(document)
    fields.pop("schema")
    raster = dict(fields.pop("raster") or {})
    return DefectMap(
        raster=Raster(*(raster.pop(key) for key in ("x", "y", "width", "height"))) if raster else None,
        raster_extra=raster,
        source=_source_from(dict(fields.pop("source", {}))),
        made_by=fields.pop("made_by", {}),
        shots=fields.pop("shots", 1),
        footprints=_footprints_from(fields.pop("footprints", None) or []),
        defects=tuple(defect_from_fields(dict(each)) for each in fields.pop("defects")),
        extra=fields,
    )


def _source_from(fields: dict[str, Any]) -> Source:
    frames = fields.pop("frames", "")
    return Source(
        sequence=fields.pop("sequence", ""),
        frames=FrameRange.parse(frames) if frames else None,
        camera=fields.pop("camera", ""),
        channels=tuple(fields.pop("channels", ())),
        extra=fields,
    )


def defect_from_fields(fields: dict[str, Any]) -> Defect:
    """Return the defect of a row of a map that was checked; takes its fields out of `fields`."""
    frames = fields.pop("frames", None)
    return Defect(
        id=fields.pop("id"),
        x=fields.pop("x"),
        y=fields.pop("y"),
        kind=Kind(fields.pop("kind")),
        frames=None if frames is None else FrameRange.parse(frames),
        samples=tuple(Sample(*each) for each in fields.pop("samples")),
        amplitude_sigma=fields.pop("amplitude_sigma", None),
        confidence=fields.pop("confidence", None),
        status=Status(fields.pop("status", "proposed")),
        severity=Severity(fields.pop("severity", "issue")),
        note=fields.pop("note", ""),
        method=_method_from(fields.pop("method", None)),
        evidence=_evidence_from(fields.pop("evidence", None)),
        votes=_votes_from(fields.pop("votes", None)),
        extra=fields,
    )


def _footprints_from(rows: list[dict[str, Any]]) -> tuple[CameraFootprint, ...]:
    if len({(each["x"], each["y"]) for each in rows}) < len(rows):
        raise ValueError("two footprints are of the same place in the mosaic")
    return tuple(_footprint_from(dict(each)) for each in rows)


def _footprint_from(fields: dict[str, Any]) -> CameraFootprint:
    return CameraFootprint(
        x=fields.pop("x"),
        y=fields.pop("y"),
        channels=tuple(fields.pop("channels")),
        weights=tuple(tuple(tuple(row) for row in plane) for plane in fields.pop("weights")),
        sites=fields.pop("sites"),
        extra=fields,
    )


def _method_from(word: str | None) -> Method | None:
    return None if word is None else Method(word)


def _evidence_from(fields: dict[str, Any] | None) -> Evidence | None:
    if fields is None:
        return None
    known = {name: value for name, value in fields.items() if name in EVIDENCE_FIELDS}
    extra = {name: value for name, value in fields.items() if name not in known}
    return Evidence(**known, extra=extra)


def _votes_from(fields: dict[str, Any] | None) -> Votes | None:
    if fields is None:
        return None
    extra = {name: value for name, value in fields.items() if name not in {"seen", "of"}}
    return Votes(seen=fields["seen"], of=fields["of"], extra=extra)


def _raster_fields(raster: Raster) -> dict[str, int]:
    return {"x": raster.x, "y": raster.y, "width": raster.width, "height": raster.height}


def _source_fields(source: Source) -> dict[str, Any]:
    return {
        "sequence": source.sequence,
        "frames": "" if source.frames is None else str(source.frames),
        "camera": source.camera,
        "channels": list(source.channels),
        **source.extra,
    }


def defect_to_fields(defect: Defect) -> dict[str, Any]:
    """Return a defect as a row of a map: plain JSON values, in fixed order."""
    return {
        "id": defect.id,
        "x": defect.x,
        "y": defect.y,
        "kind": defect.kind.value,
        **({} if defect.frames is None else {"frames": str(defect.frames)}),
        "samples": [list(each) for each in defect.samples],
        "amplitude_sigma": defect.amplitude_sigma,
        "confidence": defect.confidence,
        "status": defect.status.value,
        "severity": defect.severity.value,
        "note": defect.note,
        **({} if defect.method is None else {"method": defect.method.value}),
        **({} if defect.evidence is None else {"evidence": _evidence_fields(defect.evidence)}),
        **({} if defect.votes is None else {"votes": _votes_fields(defect.votes)}),
        **defect.extra,
    }


def _footprint_fields(footprint: CameraFootprint) -> dict[str, Any]:
    return {
        "x": footprint.x,
        "y": footprint.y,
        "channels": list(footprint.channels),
        "weights": footprint.weights,
        "sites": footprint.sites,
        **footprint.extra,
    }


def _evidence_fields(evidence: Evidence) -> dict[str, Any]:
    return {name: getattr(evidence, name) for name in EVIDENCE_FIELDS} | dict(evidence.extra)


def _votes_fields(votes: Votes) -> dict[str, Any]:
    return {"seen": votes.seen, "of": votes.of, **votes.extra}

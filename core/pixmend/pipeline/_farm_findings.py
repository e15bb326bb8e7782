# SPDX-License-Identifier: Apache-2.0
"""What a shot shows by itself, as plain JSON values and back, exactly."""

import json
from collections.abc import Mapping
from typing import Any

from pixmend.errors import BadFrameError, FrameError, MissingFrameError, UnsupportedError
from pixmend.model import defect_from_fields, defect_to_fields, map_from_json, map_to_json
from pixmend.pipeline._reel import Look
from pixmend.register import ShotFindings

__all__ = ["look_from_fields", "look_to_fields"]

_FAILURES = {each.__name__: each for each in (FrameError, MissingFrameError, BadFrameError, UnsupportedError)}


def look_to_fields(look: Look) -> dict[str, Any]:
    """Return findings, or why there are none, as JSON values."""
    if isinstance(look, FrameError):
        kind = type(look).__name__
        return {"failure": {"kind": kind, "what": look.what, "where": look.where, "hint": look.hint}}
    return {
        "map": json.loads(map_to_json(look.map)),
        "candidates": [defect_to_fields(each) for each in look.candidates],
        "is_still": look.is_still,
        "camera": look.camera,
    }


def look_from_fields(fields: Mapping[str, Any], *, where: str = "") -> Look:
    """Return what `look_to_fields` was given.

    Raises
    ------
    MapError
        If the map in it cannot be used.
    """
    if "failure" in fields:
        said = dict(fields["failure"])
        kind = _FAILURES.get(said.pop("kind"), FrameError)
        return kind(said["what"], where=said["where"], hint=said["hint"])
    return ShotFindings(
        map=map_from_json(json.dumps(fields["map"]), where=where),
        candidates=tuple(defect_from_fields(dict(each)) for each in fields["candidates"]),
        is_still=fields["is_still"],
        camera=fields["camera"],
    )

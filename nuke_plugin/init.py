# SPDX-License-Identifier: Apache-2.0
"""Nuke runs this at every start, on the farm too: it only says where the gizmo lies."""

from pathlib import Path

try:
    import nuke

    nuke.pluginAddPath((Path(__file__).parent.parent / "gizmos").as_posix(), addToSysPath=False)
except Exception as exc:  # noqa: BLE001 - whatever is wrong here must not stop Nuke from starting
    print(f"PixMend is not loaded: {type(exc).__name__}: {exc}")

# SPDX-License-Identifier: Apache-2.0
"""Nuke runs this at every start, on the farm too: it only says where the gizmo lies."""

import os

try:
    import nuke

    _gizmos = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "gizmos")
    nuke.pluginAddPath(os.path.normpath(_gizmos).replace(os.sep, "/"), addToSysPath=False)
except Exception as exc:  # noqa: BLE001 - whatever is wrong here must not stop Nuke from starting
    print("PixMend is not loaded: {}: {}".format(type(exc).__name__, exc))

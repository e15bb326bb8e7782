# SPDX-License-Identifier: Apache-2.0
"""The self-check without a window: ``nuke -t selfcheck.py [REPORT]``, best with ``--gpu``."""

import sys
from pathlib import Path

import nuke

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
nuke.pluginAddPath((HERE.parent / "gizmos").as_posix(), addToSysPath=False)

from pixmend_nuke import self_check  # noqa: E402 - it is found by the line above

self_check(*sys.argv[1:2])

# SPDX-License-Identifier: Apache-2.0
"""Decode every frame of a shot and do nothing else: what detection is measured against."""

import sys
from pathlib import Path

from pixmend.frames import open_shot

if __name__ == "__main__":
    shot = open_shot(Path(sys.argv[1]))
    for frame in shot.frames:
        shot.read(frame)

# SPDX-License-Identifier: Apache-2.0
"""What mending costs elsewhere: frames copied and synced, or read, edited and written whole.

Run as ``python -m benchmarks.speed.rewrite synced|whole SOURCE TARGET [COUNT]``.
"""

import os
import shutil
import sys
from pathlib import Path

__all__ = ["main"]


def main() -> None:
    """Copy the first COUNT frames of a folder, all by default, in the way that is named."""
    way, source, target, *limit = sys.argv[1:]
    frames = sorted(Path(source).iterdir())[: int(limit[0]) if limit else None]
    Path(target).mkdir()
    for frame in frames:
        {"synced": _copy_synced, "whole": _rewrite_whole}[way](frame, Path(target) / frame.name)


def _copy_synced(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


def _rewrite_whole(source: Path, target: Path) -> None:
    """Change one pixel as most tools do: with OpenImageIO, everything decoded and encoded."""
    import OpenImageIO  # noqa: PLC0415  (the other way is measured without it)

    picture = OpenImageIO.ImageBuf(str(source))
    picture.read(force=True)
    picture.setpixel(1, 1, picture.getpixel(2, 2))
    if not picture.write(str(target)):
        raise SystemExit(picture.geterror())


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""Where compiled kernels are kept, so that a locked-down farm node can run at all."""

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["find_a_place_for_compiled_code"]

_VARIABLE = "NUMBA_CACHE_DIR"


def find_a_place_for_compiled_code() -> None:
    """Give numba a folder of its own where neither the package nor the user's cache can be written.

    Without any place numba refuses to load, and compiling anew takes some ten seconds a run.
    To be called before numba is imported; what the user has set stands.
    """
    if _VARIABLE in os.environ or any(map(_can_be_written, _usual_places())):
        return
    os.environ[_VARIABLE] = str(_own_temporary_folder())


def _usual_places() -> Iterable[Path]:
    """Yield where numba looks by itself."""
    yield Path(__file__).parents[1]
    home = os.environ.get("XDG_CACHE_HOME")
    yield Path(home) if home else Path("~/.cache").expanduser()


def _can_be_written(folder: Path) -> bool:
    existing = next((each for each in (folder, *folder.parents) if each.exists()), None)
    return existing is not None and existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _own_temporary_folder() -> Path:
    """Return a folder that only this user can write: what lies in it is loaded as code."""
    folder = Path(tempfile.gettempdir()) / f"pixmend-compiled-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="pixmend-compiled-"))  # of this run alone

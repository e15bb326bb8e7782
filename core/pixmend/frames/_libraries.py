# SPDX-License-Identifier: Apache-2.0
"""The image libraries, set up once: our workers are the only threads, and nothing is printed."""

from functools import cache
from typing import Any

__all__ = ["load_openexr", "load_openimageio"]


@cache
def load_openexr() -> Any:
    """Return the OpenEXR module; it decodes in the calling thread."""
    import OpenEXR  # noqa: PLC0415  (slow to load, and needed only by readers)

    OpenEXR.set_global_thread_count(0)
    return OpenEXR


@cache
def load_openimageio() -> Any:
    """Return the OpenImageIO module; it decodes in the calling thread."""
    import OpenImageIO  # noqa: PLC0415  (slow to load, and needed only by readers)

    OpenImageIO.attribute("threads", 1)
    OpenImageIO.attribute("exr_threads", -1)  # -1: none; 0 would be one for each core
    return OpenImageIO

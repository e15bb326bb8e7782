# SPDX-License-Identifier: Apache-2.0
"""The image libraries, set up once: our workers are the only threads, and no error of theirs leaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pixmend.errors import BadFrameError, UnsupportedError

__all__ = ["decoding", "first_line", "load_openimageio", "open_image"]


@cache
def load_openimageio() -> Any:
    """Return the OpenImageIO module; it decodes in the calling thread."""
    import OpenImageIO  # noqa: PLC0415  (slow to load, and needed only by readers)

    OpenImageIO.attribute("threads", 1)
    OpenImageIO.attribute("exr_threads", -1)  # -1: none; 0 would be one for each core
    return OpenImageIO


def open_image(path: Path) -> Any:
    """Open a file with OpenImageIO, its samples to be read as they are stored.

    Raises
    ------
    BadFrameError
        If it cannot be opened.
    UnsupportedError
        If its name is not UTF-8.
    """
    oiio = load_openimageio()
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)  # or colour would be multiplied with it
    config.attribute("oiio:RawColor", 1)
    with decoding(path):
        opened = oiio.ImageInput.open(str(path), config)
        if opened is None:  # fetch the reason in any case: forgotten errors are printed at exit
            raise BadFrameError(f"damaged: {first_line(oiio.geterror())}", where=str(path))
        return opened


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turn whatever a library raises about a file into our errors.

    Raises
    ------
    BadFrameError
        If the block raises anything that libraries raise.
    UnsupportedError
        If the file's name is not UTF-8, which the libraries cannot open.
    """
    try:
        str(path).encode()
        yield
    except UnicodeEncodeError as exc:
        raise UnsupportedError(
            "the name of this file is not UTF-8", where=repr(str(path)), hint="rename it"
        ) from exc
    except MemoryError as exc:
        raise BadFrameError("damaged, or its picture does not fit into memory", where=str(path)) from exc
    except (OSError, RuntimeError, ValueError, TypeError, SystemError) as exc:
        raise BadFrameError(f"damaged: {first_line(str(exc))}", where=str(path)) from exc


def first_line(text: str) -> str:
    """Return the gist of a library's message."""
    return text.strip().splitlines()[0].rstrip(".") if text.strip() else "no reason is given"

# SPDX-License-Identifier: Apache-2.0
"""What belongs to the whole process while a command runs: signals, threads of libraries, their chatter."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["keep_freed_memory", "one_thread_for_mathematics", "quiet_libraries", "stopped_once"]

_STDERR = 2
_MATH_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h of the GNU C library
_KEPT_BYTES, _SMALL_BYTES = 256 << 20, 32 << 20


def one_thread_for_mathematics() -> None:
    """Keep NumPy's libraries from starting threads; what the user has set stands.

    Frames are worked on side by side already: more threads in each only get in the
    way. To be called before NumPy is imported.
    """
    for name in _MATH_THREADS:
        os.environ.setdefault(name, "1")


def keep_freed_memory() -> None:
    """Let the C library keep what frames are worked on in, instead of asking for new pages each time.

    New pages cost as much as the copy of a frame: 13 to 23 ms of 130 for an EXR of 4096x2160
    with ZIP. Only the GNU C library has this; elsewhere nothing happens.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(_MMAP_THRESHOLD, _SMALL_BYTES)
        tune(_TRIM_THRESHOLD, _KEPT_BYTES)


@contextlib.contextmanager
def stopped_once() -> Iterator[None]:
    """Clean up when a farm or a shell ends the process, as after Ctrl-C, and let nothing disturb that.

    What a second signal would interrupt is the clearing up: frames at work are finished
    or taken away, which takes no longer than a frame. After the first one signals stay
    ignored, for the process has only to say how it ended.
    """
    if threading.current_thread() is not threading.main_thread():  # only there may signals be set
        yield
        return
    stopping = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            raise KeyboardInterrupt

    # What the caller ignores (`nohup`, a shell's background job) stays ignored.
    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(signal.getsignal(number)) or signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if stopping else handler)


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Let C libraries print nowhere: their stderr is ours, on which hosts read one JSON object a line.

    OpenEXR prints what it also raises. Our own stderr gets a descriptor of its own
    for as long, so that no thread has to wait for another.
    """
    own = sys.stderr
    try:
        kept = os.dup(_STDERR)
    except OSError:  # the caller closed it
        yield
        return
    with (
        open(kept, "w", buffering=1, encoding=getattr(own, "encoding", None)) as private,  # noqa: PTH123 (a descriptor)
        open(os.devnull, "wb", buffering=0) as nowhere,  # noqa: PTH123 (not a path of ours)
    ):
        if _is_stderr(own):
            own.flush()
            sys.stderr = private
        os.dup2(nowhere.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(kept, _STDERR)
            sys.stderr = own


def _is_stderr(stream: object) -> bool:
    """Tell whether a stream writes to the descriptor that libraries print to."""
    try:
        return bool(stream.fileno() == _STDERR)  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):  # None, a stream in memory, a closed one
        return False

# SPDX-License-Identifier: Apache-2.0
"""How many frames one task gets, and over which frames the tasks are laid."""

from dataclasses import dataclass

from pixmend.model import FrameRange

__all__ = ["FrameCost", "chunk_size", "frames_to_lay"]

_SECONDS_PER_TASK = 300.0
_TASKS_OF_A_CORE = 3  # on one machine: shots differ, and none of its cores is to idle at the end
_MOST_TASKS = 2000  # of a step: schedulers list them all
# Seconds of one core, of a reel of 1920x1080 EXR ZIP, three shots of 24 frames with 44 defects (CPU of `detect`
# .47 s a frame, of `fix` .26); a chunk need only be of the right order.
_DETECT_SECONDS_PER_SAMPLE = 64e-9
_FIX_SECONDS_PER_SAMPLE = 38e-9
_FIX_SECONDS_PER_BYTE = 2e-9
_DECODE_SECONDS_PER_BYTE = {".exr": 8e-9, ".dpx": 1e-9, ".tif": 4e-9, ".tiff": 4e-9}
_UNKNOWN_DECODE = 8e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCost:
    """What one frame is made of.

    Attributes
    ----------
    samples : int
        Width x height x colour channels.
    stored_bytes : int
        Size of the file.
    extension : str
        ``.exr``, ``.dpx``, ``.tif`` ...: how dear its bytes are to decode.
    """

    samples: int
    stored_bytes: int
    extension: str

    @property
    def seconds_to_look(self) -> float:
        """Roughly what looking at a frame for defects takes of one core, or proving that they are gone."""
        decode = _DECODE_SECONDS_PER_BYTE.get(self.extension.lower(), _UNKNOWN_DECODE)
        return self.stored_bytes * decode + self.samples * _DETECT_SECONDS_PER_SAMPLE

    @property
    def seconds_to_mend(self) -> float:
        """Roughly what mending a frame takes of one core."""
        return self.stored_bytes * _FIX_SECONDS_PER_BYTE + self.samples * _FIX_SECONDS_PER_SAMPLE


def chunk_size(
    frames: FrameRange, seconds_per_frame: float, *, cores: int = 1, at_least: int = 1, shared_by: int = 0
) -> int:
    """Return how many frame numbers one task gets, so that it takes about five minutes.

    Parameters
    ----------
    frames : FrameRange
        All that are wanted; where only some of the numbers are, a task gets more numbers.
    seconds_per_frame : float
    cores : int
        Of one task.
    at_least : int
        No task gets fewer frames, as what it reads around them would cost too much.
    shared_by : int
        Cores of the one machine that does all tasks: each is to get a few; 0: there are others.

    Returns
    -------
    int
        1 or more.
    """
    span = frames.frames[-1] - frames.frames[0] + 1
    by_cost = int(_SECONDS_PER_TASK * cores / max(seconds_per_frame, 1e-6))
    if shared_by:
        by_cost = min(by_cost, -(-len(frames) // (shared_by * _TASKS_OF_A_CORE)))
    fewest = -(-len(frames) // _MOST_TASKS)
    wanted = min(max(by_cost, at_least, fewest, 1), len(frames))
    return -(-wanted * span // len(frames))


def frames_to_lay(frames: FrameRange, size: int) -> str:
    """Return the frame numbers over which tasks of `size` are laid, as an OpenJD range.

    Holes shorter than a task are bridged: a task leaves out what does not exist, and a shot
    of which every tenth frame is wanted is not cut into single frames.
    """
    numbers = frames.frames
    starts = [0] + [at for at in range(1, len(numbers)) if numbers[at] - numbers[at - 1] > max(size, 1)]
    ends = [*starts[1:], len(numbers)]
    return ",".join(
        f"{numbers[begin]}-{numbers[end - 1]}" if end - begin > 1 else str(numbers[begin])
        for begin, end in zip(starts, ends, strict=True)
    )

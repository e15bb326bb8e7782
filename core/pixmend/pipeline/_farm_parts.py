# SPDX-License-Identifier: Apache-2.0
"""The detection of one long shot as tasks: each measures a part, and the parts are joined.

Only the frames that are pooled (48 of the whole shot, evenly spread) leave sums as large as a
frame, so few parts do; the others leave what stood out of single frames.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pixmend.detect import DetectSettings
from pixmend.errors import UsageError
from pixmend.model import FrameRange
from pixmend.pipeline._detect import Detection, detect, detect_in_statistics
from pixmend.pipeline._farm_files import files_state, publish_json, read_json
from pixmend.pipeline._farm_reel import MappedReel
from pixmend.pipeline._measuring import Sampling, chosen_frames, measure_shot, merge_statistics
from pixmend.pipeline._reel import FoundTake, Looking, Take
from pixmend.pipeline._statistics_file import read_statistics, write_statistics
from pixmend.progress import Progress
from pixmend.stats import ShotStatistics

__all__ = ["map_of_parts", "measure_part"]

_PART = "pixmend.part/1"


def measure_part(
    folder: Path, asked: str, whole: Take, *, part: FrameRange, looking: Looking, progress: Progress
) -> Path | None:
    """Measure a part of a shot, unless that is done; return the statistics, None where there is nothing to do."""
    looked = _looked_at(whole, looking) & part
    if not len(looked):
        return None
    name = f"{looked.frames[0]}-{looked.frames[-1]}"
    path, note = folder / "stats" / f"{name}.npz", folder / "stats" / f"{name}.json"
    state = files_state(whole.source, looked)
    said = read_json(note, schema=_PART, asked=asked)
    if said is not None and (said["frames"], said["files"]) == (str(looked), state) and path.is_file():
        return path
    statistics = measure_shot(
        whole.source,
        whole.encoding,
        sampling=_sampling(whole, looking),
        part=looked,
        workers=looking.workers,
        progress=progress,
    )
    note.unlink(missing_ok=True)  # it speaks of the file that is replaced
    write_statistics(path, statistics, overwrite=True)
    publish_json(note, {"schema": _PART, "asked": asked, "frames": str(looked), "files": state})
    return path


def map_of_parts(
    folder: Path, asked: str, whole: Take, *, looking: Looking, progress: Progress
) -> MappedReel:
    """Join the parts of a shot and decide what they show: what `detect` gives on one machine.

    Parts may overlap where they were cut in another way at another try: of each frame one is taken.

    Raises
    ------
    UsageError
        If frames were not measured.
    """
    wanted = _looked_at(whole, looking)
    parts = _parts_of(folder, asked, wanted)
    statistics = merge_statistics(_read(parts))
    found = (
        _decided(whole, statistics, looking, progress)
        if len(statistics.frames)
        else _looked_at_as_one(whole, looking, progress)
    )
    take = FoundTake(take=whole, defect_map=found.defect_map)
    return MappedReel(defect_map=found.defect_map, found=(take,))


def _sampling(whole: Take, looking: Looking) -> Sampling:
    return Sampling(frames=whole.frames, every=looking.every, flashes=looking.flashes)


def _looked_at(whole: Take, looking: Looking) -> FrameRange:
    """Return all frames that are pooled or watched."""
    sampling = _sampling(whole, looking)
    pooled = chosen_frames(whole.source, sampling)
    return pooled if sampling.every is not None or not sampling.flashes else whole.frames


def _parts_of(folder: Path, asked: str, wanted: FrameRange) -> list[Path]:
    """Return statistics that hold each wanted frame once."""
    parts, held = [], FrameRange(())
    for note in sorted((folder / "stats").glob("[!.]*.json")):
        said = read_json(note, schema=_PART, asked=asked)
        frames = FrameRange(()) if said is None else FrameRange.parse(said["frames"])
        if len(frames) and not len(frames & held) and not len(frames - wanted):
            parts.append(note.with_suffix(".npz"))
            held |= frames
    lost = wanted - held
    if len(lost):
        raise UsageError(
            f"frames {lost} were not measured",
            where=str(folder),
            hint="run the tasks of step Measure for these frames again, cut as before",
        )
    return parts


def _read(parts: Sequence[Path]) -> Iterator[ShotStatistics]:
    return (read_statistics(path) for path in parts)


def _decided(whole: Take, statistics: ShotStatistics, looking: Looking, progress: Progress) -> Detection:
    return detect_in_statistics(
        statistics,
        looking.settings or DetectSettings(),
        shot=whole.source,
        encoding=whole.encoding,
        prior=whole.prior,
        excluded=whole.excluded,
        workers=looking.workers,
        progress=progress,
    )


def _looked_at_as_one(whole: Take, looking: Looking, progress: Progress) -> Detection:
    """Return what `detect` finds where no camera took any of the frames: parts cannot tell that."""
    return detect(
        whole.source,
        whole.encoding,
        settings=looking.settings,
        sampling=_sampling(whole, looking),
        prior=whole.prior,
        excluded=whole.excluded,
        workers=looking.workers,
        progress=progress,
    )

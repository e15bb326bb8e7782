# SPDX-License-Identifier: Apache-2.0
"""The proof of a job as tasks: each proves a part, and the last one sees that none is left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixmend.frames import Encoding, FileShot
from pixmend.model import Defect, DefectMap, FrameRange, map_to_json
from pixmend.pipeline._farm_files import digest_of, file_facts, publish_json, read_json
from pixmend.pipeline._verify import prove_frames
from pixmend.pipeline._verify_look import look_at_repairs, shots_to_look_at
from pixmend.progress import Progress

__all__ = ["JobReport", "read_skipped", "report_job", "verify_part", "write_report", "write_skipped"]

_VERIFIED, _SKIPPED = "pixmend.verified/1", "pixmend.skipped/1"
_NUMBERS = (
    "samples_changed",
    "samples_wrong",
    "samples_moved_by_codec",
    "samples_changed_elsewhere",
    "bytes_changed_elsewhere",
    "header_bytes_changed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """How a job ended.

    Attributes
    ----------
    frames : FrameRange
        Of the job.
    not_mended : dict of int to str
        Frames that are not what the job's map makes of the source: why.
    not_verified : FrameRange
        Mended frames that nobody proved as they are now.
    problems : tuple of str
        What the proofs found wrong.
    skipped_shots : tuple of (str, str)
        Frames of shots that could not be looked at, and why.
    totals : mapping of str to int
        Sums of the numbers of `FrameProof` over the proved frames.
    """

    frames: FrameRange
    not_mended: Mapping[int, str]
    not_verified: FrameRange
    problems: tuple[str, ...]
    skipped_shots: tuple[tuple[str, str], ...]
    totals: Mapping[str, int]


def write_skipped(folder: Path, skipped: Sequence[tuple[str, str]]) -> None:
    """Write down which shots could not be looked at (frames, why), for the report."""
    publish_json(
        folder / "skipped.json", {"schema": _SKIPPED, "asked": "", "shots": [list(each) for each in skipped]}
    )


def read_skipped(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return what `write_skipped` was given; nothing where the job only mends."""
    document = read_json(folder / "skipped.json", schema=_SKIPPED, asked="")
    return tuple((str(frames), str(why)) for frames, why in document["shots"]) if document else ()


def verify_part(  # noqa: PLR0913 (each is one thing to prove or to prove it by)
    folder: Path,
    mended: FileShot,
    source: FileShot,
    defect_map: DefectMap,
    encoding: Encoding,
    *,
    frames: FrameRange,
    of: FrameRange,
    workers: int,
    progress: Progress,
) -> tuple[str, ...]:
    """Prove some frames, look whether the defects of shots that begin in them are gone, and write it down.

    Parameters
    ----------
    frames : FrameRange
        At least one.
    of : FrameRange
        All frames of the job. What is looked at as one shot is what `verify` takes for one.

    Returns
    -------
    tuple of str
        Problems, one sentence each; empty where all is proved.
    """
    there = frames & mended.frames
    facts = {frame: file_facts(mended, frame) for frame in there}
    proofs = prove_frames(mended, source, there, workers=workers, progress=progress)
    left: list[Defect] = []
    seen = 0
    for shot in _beginning_in(shots_to_look_at(defect_map, of & mended.frames), frames):
        shown, repairs = look_at_repairs(
            mended, defect_map, encoding, frames=shot, workers=workers, progress=progress
        )
        left += shown
        seen += sum(each.score.shows for each in repairs)
    still = [f"defect {each.id} at ({each.x}, {each.y}) still shows" for each in left]
    problems = [problem for each in proofs for problem in each.problems]
    document = {
        "schema": _VERIFIED,
        "asked": digest_of(map_to_json(defect_map)),
        "frames": str(frames),
        "proved": [[each.frame, *facts[each.frame]] for each in proofs if not each.problems],
        "problems": problems,
        "defects_left": still,
        "repairs_seen": seen,
        "totals": {name: sum(getattr(each, name) or 0 for each in proofs) for name in _NUMBERS},
    }
    publish_json(_path(folder, frames), document)
    return (*problems, *still)


def report_job(
    folder: Path,
    mended: FileShot | None,
    defect_map: DefectMap,
    *,
    frames: FrameRange,
    not_mended: Mapping[int, str],
) -> JobReport:
    """Say whether each frame of a job is mended and proved as it is now; the parts are read one by one.

    Parameters
    ----------
    mended : FileShot or None
        None where there is no frame at all.
    not_mended : mapping of int to str
        Of `frames_not_mended`.
    """
    proved: set[int] = set()
    problems: list[str] = []
    totals = dict.fromkeys(_NUMBERS, 0)
    asked = digest_of(map_to_json(defect_map))
    for path in sorted((folder / "verified").glob("[!.]*.json")):
        document = read_json(path, schema=_VERIFIED, asked=asked)
        if document is None or mended is None:
            continue
        proved |= {frame for frame, *facts in document["proved"] if facts == file_facts(mended, frame)}
        problems += [*document["problems"], *document["defects_left"]]
        for name in _NUMBERS:
            totals[name] += document["totals"][name]
    return JobReport(
        frames=frames,
        not_mended=dict(sorted(not_mended.items())),
        not_verified=FrameRange(frame for frame in frames if frame not in proved and frame not in not_mended),
        problems=tuple(dict.fromkeys(problems)),
        skipped_shots=read_skipped(folder),
        totals=totals,
    )


def write_report(folder: Path, fields: Mapping[str, Any]) -> None:
    """Write ``report.json``."""
    publish_json(folder / "report.json", {"schema": "pixmend.farm.report/1", **fields})


def _beginning_in(shots: Iterable[FrameRange], frames: FrameRange) -> list[FrameRange]:
    """Return the shots that begin in some frames, holes between them included."""
    return [each for each in shots if frames.frames[0] <= each.frames[0] <= frames.frames[-1]]


def _path(folder: Path, frames: FrameRange) -> Path:
    return folder / "verified" / f"{frames.frames[0]}-{frames.frames[-1]}.json"

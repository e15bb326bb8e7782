# SPDX-License-Identifier: Apache-2.0
"""Statistics -> suspects -> a second look -> defect map."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

import pixmend
from pixmend.detect import (
    LEAST_FRAMES,
    DetectSettings,
    Findings,
    decide,
    find_suspects,
    numbered,
    shot_is_still,
)
from pixmend.errors import UsageError
from pixmend.footprints import Footprint
from pixmend.frames import Encoding, FrameSource
from pixmend.model import Defect, DefectMap, FrameRange, Source
from pixmend.pipeline._flash import find_flashes
from pixmend.pipeline._measuring import Sampling, measure_shot
from pixmend.pipeline._second_look import look_again
from pixmend.progress import Progress, Silent
from pixmend.stats import (
    ShotStatistics,
    SigmaScale,
)

__all__ = ["Detection", "detect", "detect_in_statistics"]


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What `detect` found, and what it rests on.

    Attributes
    ----------
    defect_map : DefectMap
    statistics : ShotStatistics
    candidates : tuple of Defect
        What is not sure enough by itself to be in the map; the camera's other shots may tell.
    """

    defect_map: DefectMap
    statistics: ShotStatistics
    candidates: tuple[Defect, ...] = ()


def detect(  # noqa: PLR0913 (each is one choice of the caller)
    shot: FrameSource,
    encoding: Encoding,
    *,
    settings: DetectSettings | None = None,
    sampling: Sampling | None = None,
    prior: DefectMap | None = None,
    excluded: NDArray[np.bool_] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Detection:
    """Find the defects of a shot.

    A few frames train the shot model; then frames are pooled, and all are watched for what
    stands out of one frame; then single frames are asked about what is suspect. The map is
    the same to the bit for any number of workers.

    Parameters
    ----------
    prior : DefectMap, optional
        Defects that the camera is known to have: there less evidence is enough.
    excluded : (H, W) bool ndarray, optional
        Where nothing is looked for.

    Raises
    ------
    MissingFrameError, BadFrameError, UnsupportedError
        If a frame cannot be read.
    RangeError
        If no frame is left to look at.
    """
    says = progress or Silent()
    statistics = measure_shot(shot, encoding, sampling=sampling or Sampling(), workers=workers, progress=says)
    return detect_in_statistics(
        statistics,
        settings or DetectSettings(),
        shot=shot,
        encoding=encoding,
        prior=prior,
        excluded=excluded,
        workers=workers,
        progress=says,
    )


def detect_in_statistics(  # noqa: PLR0913 (each is one choice of the caller)
    statistics: ShotStatistics,
    settings: DetectSettings,
    *,
    shot: FrameSource | None = None,
    encoding: Encoding | None = None,
    prior: DefectMap | None = None,
    excluded: NDArray[np.bool_] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Detection:
    """Decide what the statistics of a shot show.

    Without `shot` (and its `encoding`) no frame is read: then what single frames would tell is
    not known, nothing is found that blinks or flashes, and each defect is taken to show in
    every frame.
    """
    says = progress or Silent()
    if len(statistics.frames) < LEAST_FRAMES:
        says.note(f"fewer than {LEAST_FRAMES} frames tell little: what is found may be of the scene")
    elif shot_is_still(statistics):
        says.note("nothing moves in these frames: only what looks like one photosite is taken for a defect")
    if shot is not None and shot.plate.raster != statistics.model.raster:
        raise UsageError("the statistics are of another shot: the rasters differ", where=shot.label)
    known = () if prior is None else prior.defects
    suspects = find_suspects(statistics, settings, known=known, excluded=excluded)
    if shot is None or encoding is None:
        findings = decide(suspects, settings)
    else:
        model = statistics.model
        scale = SigmaScale(encoding, model.sample, model.noise)
        traces = look_again(
            shot,
            _asked(statistics),
            suspects.queries(statistics, settings),
            scale,
            is_decided=partial(suspects.is_decided, settings=settings),
            workers=workers,
            progress=says,
        )
        findings = decide(suspects, settings, traces)
        flashes = _flashes(
            findings,
            shot,
            statistics,
            scale,
            learned=suspects.learned,
            excluded=excluded,
            workers=workers,
        )
        findings = replace(findings, defects=numbered([*findings.defects, *flashes]))
    return Detection(
        _map_of(findings.defects, statistics, settings, prior=prior, shot=shot), statistics, findings.weaker
    )


def _asked(statistics: ShotStatistics) -> FrameRange:
    """Return the frames that may be asked again: all that are known to be picture."""
    return statistics.watched or statistics.frames


def _flashes(
    findings: Findings,
    shot: FrameSource,
    statistics: ShotStatistics,
    scale: SigmaScale,
    *,
    learned: Sequence[Footprint],
    excluded: NDArray[np.bool_] | None,
    workers: int,
) -> tuple[Defect, ...]:
    """Return what shows in one frame only, where no other defect is found and nothing is excluded."""
    raster = statistics.model.raster
    places = [(each.y - raster.y, each.x - raster.x) for each in findings.defects]
    return find_flashes(
        shot,
        statistics.hits,
        scale,
        covariance=statistics.model.covariance,
        known_places=places,
        learned=learned,
        excluded=excluded,
        workers=workers,
    )


def _map_of(
    defects: Sequence[Defect],
    statistics: ShotStatistics,
    settings: DetectSettings,
    *,
    prior: DefectMap | None,
    shot: FrameSource | None,
) -> DefectMap:
    model = statistics.model
    return DefectMap(
        raster=model.raster,
        source=Source(
            sequence="" if shot is None else shot.label,
            frames=statistics.stands_for,
            camera="" if prior is None else prior.source.camera,
            channels=model.channels,
        ),
        made_by={
            "pixmend": pixmend.__version__,
            "settings": {
                "encoding": model.encoding,
                "pooled_frames": str(statistics.frames),
                "watched_frames": str(statistics.watched),
                **asdict(settings),
            },
        },
        defects=tuple(defects),
    )

# SPDX-License-Identifier: Apache-2.0
"""Lines -> defects, as the map names them."""

from collections.abc import Sequence

import numpy as np

from pixmend.detect._line import Line, LinePicture
from pixmend.detect._line_samples import line_samples
from pixmend.model import Defect, Evidence, Kind, Sample, Status
from pixmend.stats import ShotStatistics

__all__ = ["line_defects"]

_CHANCE, _EXPECTED = 0.05, 0.5  # lines of score 8 in a clean shot; lines that a camera is expected to have
_CHANCE_SCORE = 8.0
_BESIDE_PX = 1  # a known line this near is the same one


def line_defects(
    lines: Sequence[Line], picture: LinePicture, statistics: ShotStatistics, *, known: Sequence[Defect] = ()
) -> tuple[Defect, ...]:
    """Return the defects that lines are, in pixel space.

    Parameters
    ----------
    lines : sequence of Line
        Of `picture`, which is that of `statistics`.
    known : sequence of Defect
        Defects of the same camera: what people decided about a line is carried over.
    """
    return tuple(_to_defect(line, picture, statistics, known) for line in lines)


def _to_defect(
    line: Line, picture: LinePicture, statistics: ShotStatistics, known: Sequence[Defect]
) -> Defect:
    model = statistics.model
    across, along = line.across[len(line.across) // 2], (line.first + line.stop) // 2
    x, y = (along, across) if line.is_row else (across, along)
    samples = line_samples(line, picture) - np.array([0, y, x])
    kind = Kind.ROW if line.is_row else Kind.COLUMN
    same = _known_line(kind, (x + model.raster.x, y + model.raster.y), line.length, known)
    return Defect(
        id="d",
        x=x + model.raster.x,
        y=y + model.raster.y,
        kind=kind,
        frames=statistics.stands_for,
        samples=tuple(Sample(dx, dy, model.channels[channel]) for channel, dy, dx in samples.tolist()),
        amplitude_sigma=round(line.fit.amplitude, 2),
        confidence=_confidence(line.score),
        status=Status.PROPOSED if same is None else same.status,
        note="" if same is None else same.note,
        evidence=Evidence(
            score=round(line.score, 2),
            frames_seen=0,
            frames_expected=0,
            photosite_fit=round(line.fit.photosites, 3),
            optical_fit=round(line.fit.light, 3),
        ),
    )


def _known_line(kind: Kind, place: tuple[int, int], length: int, known: Sequence[Defect]) -> Defect | None:
    """Return the known line that lies where one of this kind, middle and length was found."""
    side, along = (1, 0) if kind is Kind.ROW else (0, 1)

    def is_same(each: Defect) -> bool:
        apart = abs(each.x - place[0]), abs(each.y - place[1])
        return each.kind is kind and apart[side] <= _BESIDE_PX and 2 * apart[along] <= length

    return next((each for each in known if is_same(each)), None)


def _confidence(score: float) -> float:
    """Return how likely a line is one and not chance, which falls to a tenth with each unit of score."""
    by_chance: float = _CHANCE * 10.0 ** (_CHANCE_SCORE - abs(score))
    return round(_EXPECTED / (_EXPECTED + by_chance), 4)

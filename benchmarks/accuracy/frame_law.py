# SPDX-License-Identifier: Apache-2.0
"""How recall and score grow with the number of frames."""

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy.recipes import LAW_SIGMAS, law_recipe
from benchmarks.accuracy.scoring import hits_and_asked
from benchmarks.pictures import load_picture
from benchmarks.product import detect_frames
from benchmarks.report import Table, format_number
from pixmend.model import DefectMap, FrameRange
from pixmend.simulate import Motion, ShotSpec, SimulatedShot, score_points, truth_plane

__all__ = ["law_table"]

_COUNTS = (3, 6, 12, 24, 48, 96)
_PICTURE = "Canon_PowerShot_G11"
_ENOUGH = 0.9  # share found, from which on the mean score of the found is that of all


def law_table(*, quick: bool) -> Table:
    """Detect static defects in 3 to 96 frames of one handheld shot, each frame looked at."""
    counts = _COUNTS[1:3] if quick else _COUNTS
    spec = ShotSpec(
        width=960,
        height=540,
        frames=FrameRange(range(1001, 1001 + max(counts))),
        motion=Motion.HANDHELD,
        exposure=0.6,
        recipe=law_recipe(),
        seed=4740,
    )
    shot = SimulatedShot(spec, picture=load_picture(_PICTURE))
    frames = {frame: shot.render(frame).astype(np.float16) for frame in shot.frames}
    rows = []
    for count in counts:
        chosen = shot.frames.thinned(count)
        found = detect_frames({frame: frames[frame] for frame in chosen}, every=1)
        rows.append((str(count), *_cells(shot, found, count)))
    columns = [
        f"{sigma:g} sigma: {what}" for sigma in LAW_SIGMAS for what in ("recall", "Z", "Z / (A sqrt N)")
    ]
    caption = (
        f"Recall and mean score over the number of frames N (960x540, handheld, 24 defects of each amplitude A "
        f"in photosite sigma); a score where {_ENOUGH:.0%} and more are found, else it would be that of the lucky"
    )
    return Table(caption, ("N", *columns, "false"), tuple(rows))


def _cells(shot: SimulatedShot, found: DefectMap, count: int) -> Iterator[str]:
    truth = truth_plane(shot.planted, (shot.raster.height, shot.raster.width))
    score = score_points([(each.x, each.y) for each in found.defects], truth)
    scores = {
        int(truth[each.y, each.x]): each.evidence.score for each in found.defects if each.evidence is not None
    }
    for sigma in LAW_SIGMAS:
        hits, asked = hits_and_asked([(score, shot.planted)], [f"{sigma:g} sigma"])
        own = [
            z for number, z in scores.items() if number >= 0 and shot.planted[number].amplitude_sigma == sigma
        ]
        mean = float(np.mean(own)) if own and hits >= _ENOUGH * asked else None
        law = None if mean is None else mean / (sigma * np.sqrt(count))
        yield from (format_number(hits / asked), format_number(mean, 1), format_number(law))
    yield str(score.false)

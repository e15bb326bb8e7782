# SPDX-License-Identifier: Apache-2.0
"""Scenes that nobody has looked at: seed and pictures go by the commit that is measured.

Whoever reads the scenes of `scenes` in RESULTS, mends what they miss and measures again, tunes on
them in the end. These are others at each commit, and of a commit they can be rendered again.
"""

import numpy as np

from benchmarks.accuracy.scene import LARGE, Group, Scene
from pixmend.simulate import Distractor, Motion

__all__ = ["unseen_scenes"]

_PICTURES = (
    "Canon_EOS_450D",
    "Leica_T_Typ_701",
    "Nikon_D3100",
    "Canon_EOS_20D_1",
    "Canon_PowerShot_G11",
    "Samsung_SM-G935L_Galaxy_S7_Edge",
    "",
)
"""Those of `scenes`; none is among those of `training_scenes`."""

_FLASHES = 8  # of each amplitude: the six of a test scene leave their recall known to .2
_RAIN = frozenset({Distractor.RAIN, Distractor.BURN_IN})
_NIGHT = frozenset({Distractor.LIGHTS, Distractor.BURN_IN})
_MOVING = (
    ("pan", Motion.PAN, 1.0),
    ("handheld", Motion.HANDHELD, 1.0),
    ("zoom, dim", Motion.ZOOM, 0.3),
    ("slow pan, night", Motion.SLOWPAN, 0.06),
    ("pan, night", Motion.PAN, 0.06),
)


def unseen_scenes(seed: int) -> tuple[Scene, ...]:
    """Return five dry moving shots, one with rain and one of a locked-off night, of this seed.

    Parameters
    ----------
    seed : int
        Not negative; it orders the pictures, and plants and moves everything else.
    """
    order = np.random.default_rng(seed).permutation(len(_PICTURES))
    pictures = [_PICTURES[number] for number in order]
    return (
        *(
            _scene(name, picture, Group.DRY, motion=motion, exposure=exposure, seed=seed)
            for (name, motion, exposure), picture in zip(_MOVING, pictures, strict=False)
        ),
        _scene(
            "rain and burn-in",
            pictures[5],
            Group.WEATHER,
            motion=Motion.HANDHELD,
            exposure=0.6,
            distractors=_RAIN,
            seed=seed,
        ),
        _scene(
            "locked night, lights",
            pictures[6],
            Group.LOCKED,
            motion=Motion.LOCKED,
            exposure=0.06,
            distractors=_NIGHT,
            seed=seed,
        ),
    )


def _scene(
    name: str,
    picture: str,
    group: Group,
    *,
    motion: Motion,
    exposure: float,
    seed: int,
    distractors: frozenset[Distractor] = frozenset(),
) -> Scene:
    return Scene(
        name=f"unseen {name}",
        picture=picture,
        group=group,
        motion=motion,
        exposure=exposure,
        distractors=distractors,
        seed=seed,
        flashes=_FLASHES,
        size=LARGE,
    )

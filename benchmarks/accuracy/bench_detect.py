# SPDX-License-Identifier: Apache-2.0
"""Recall of planted defects and false defects, against peers on the same frames, and on real cameras.

``--list`` names the scenes, ``--scene NAME``, ``--train`` and ``--unseen SEED`` tell of scenes defect by
defect: what limits are tuned on are the scenes of ``--train``, what RESULTS tell of are the others.
"""

import argparse
import sys
import time
from dataclasses import replace

from benchmarks.accuracy.answers import (
    WITH_PRIOR,
    Answer,
    Rendered,
    answer_of,
    detected,
    render,
    score_map_of,
)
from benchmarks.accuracy.detection_peers import score_peers
from benchmarks.accuracy.detection_tables import (
    frames_table,
    kinds_table,
    own_table,
    pooled_table,
    scenes_table,
)
from benchmarks.accuracy.frame_law import law_table
from benchmarks.accuracy.one_scene import tell_scene, tell_scenes
from benchmarks.accuracy.real_shots import false_table, list_table
from benchmarks.accuracy.scene import Group, Scene
from benchmarks.accuracy.scenes import TEST
from benchmarks.accuracy.scoring import best_threshold
from benchmarks.accuracy.training_scenes import TRAIN
from benchmarks.accuracy.unseen_scenes import unseen_scenes
from benchmarks.pictures import source_of_pictures
from benchmarks.report import Section, Table, as_markdown, commit_number
from pixmend.model import DefectMap

__all__ = ["main", "measure"]

_QUICK = ("pan", "street pan, night", "locked night, lights")
_LOCKED_NIGHT, _OTHER_SHOT = "locked night, lights", "street pan, night"  # of one camera


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure detection on the test scenes and on real cameras."""
    scenes = [scene for scene in TEST if not quick or scene.name in _QUICK]
    answers: list[Answer] = []
    maps: dict[str, DefectMap] = {}
    for scene in scenes:
        answers += _answers(scene, maps, quick=quick)
    text = (
        f"Pictures: {source_of_pictures()}; none was tuned on. A planted defect counts as found by a "
        "detection within 3 px; a detection near none is false. Amplitudes are sigma of the photosite's "
        "noise. In brackets: 95 % intervals (Wilson, Poisson). pixmend runs at its own default; a peer "
        "gets the threshold that finds most at no false defect on that very shot, and `-` where it has none."
    )
    tables = [
        *_scene_tables(answers),
        *_unseen_tables(quick=quick),
        frames_table(answers),
        kinds_table(answers),
        law_table(quick=quick),
        list_table(quick=quick),
        false_table(quick=quick),
    ]
    return Section("Accuracy: detection", text, tuple(tables))


def _answers(scene: Scene, maps: dict[str, DefectMap], *, quick: bool) -> list[Answer]:
    """Return all answers on one scene; `maps` holds those of the scenes before, by name."""
    started = time.perf_counter()
    rendered = render(scene, quick=quick)
    maps[scene.name], cpu_s = detected(rendered)
    answers = [score_map_of(rendered, maps[scene.name], cpu_s=cpu_s)]
    if scene.name == _LOCKED_NIGHT:
        answers.append(_with_prior(rendered, maps[_OTHER_SHOT]))
    if scene.group is Group.DRY or scene.name == _LOCKED_NIGHT:
        answers += _peer_answers(rendered)
    print(f"{scene.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return answers


def _with_prior(rendered: Rendered, prior: DefectMap) -> Answer:
    found, cpu_s = detected(rendered, prior=prior)
    answer = score_map_of(rendered, found, cpu_s=cpu_s)
    return replace(answer, method=WITH_PRIOR)


def _peer_answers(rendered: Rendered) -> list[Answer]:
    truth = rendered.truth
    answers = []
    for peer in score_peers(list(rendered.frames.values())):
        threshold, found = best_threshold(peer.score, truth, peer.thresholds)
        answers.append(
            Answer(
                scene=rendered.scene,
                method=peer.name,
                planted=rendered.shot.planted,
                found=found,
                area_px=truth.size,
                frames=len(rendered.frames),
                threshold=threshold,
            )
        )
    return answers


def _scene_tables(answers: list[Answer]) -> list[Table]:
    dry = [each for each in answers if each.scene.group is Group.DRY]
    night = [each for each in answers if each.scene.name == _LOCKED_NIGHT]
    tables = [
        pooled_table(
            f"Recall over the {len({each.scene.name for each in dry})} dry moving shots together", dry
        ),
        pooled_table("Recall on the locked-off night with stars, LEDs and lettering", night),
    ]
    for group in Group:
        own = [each for each in answers if each.scene.group is group]
        if own:
            tables.append(scenes_table(f"Scene by scene: {group}", own))
    return tables


def _unseen_tables(*, quick: bool) -> list[Table]:
    seed = commit_number()
    answers = [answer_of(render(scene, quick=quick)) for scene in unseen_scenes(seed)[: 1 if quick else None]]
    dry = [each for each in answers if each.scene.group is Group.DRY]
    return [
        scenes_table(f"Scenes that nobody has looked at: their seed is the commit, {seed}", answers),
        own_table(f"Recall over the {len(dry)} dry moving shots of them together", dry),
    ]


def main() -> None:
    """Measure detection, or tell of one scene defect by defect."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer, to see that it works")
    parser.add_argument("--list", action="store_true", help="name the scenes")
    parser.add_argument(
        "--scene", action="append", default=[], metavar="NAME", help="only this one, told in full"
    )
    parser.add_argument("--train", action="store_true", help="every scene to tune on, told in full")
    parser.add_argument(
        "--unseen", type=int, metavar="SEED", help="the unseen ones of a commit, told in full"
    )
    args = parser.parse_args()
    known = {each.name: each for each in (*TEST, *TRAIN)}
    unknown = sorted(set(args.scene) - set(known))
    if unknown:
        parser.error(f"there is no scene {', '.join(unknown)}; --list names them")
    unseen = () if args.unseen is None else unseen_scenes(args.unseen)
    told = [*(known[name] for name in args.scene), *(TRAIN if args.train else ()), *unseen]
    if args.list:
        print(*tell_scenes(), sep="\n")
    elif told:
        for scene in told:
            for line in tell_scene(scene, quick=args.quick):
                print(line, flush=True)
    else:
        print(as_markdown(measure(args.quick)))


if __name__ == "__main__":
    main()

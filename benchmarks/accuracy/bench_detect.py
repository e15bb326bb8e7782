# SPDX-License-Identifier: Apache-2.0
"""Recall of planted defects and false defects, against peers on the same frames."""

import argparse

import numpy as np

from benchmarks.accuracy.answers import Answer, Rendered, answer_of, render
from benchmarks.accuracy.detection_peers import PEERS, score_peers
from benchmarks.accuracy.one_scene import tell_scene, tell_scenes
from benchmarks.accuracy.scenes import TEST, TRAIN, Scene
from benchmarks.accuracy.scoring import best_threshold, pooled_recall, recall
from benchmarks.pictures import source_of_pictures
from benchmarks.report import Section, Table, as_markdown, format_number

__all__ = ["CLASSES", "main", "measure"]

CLASSES: dict[str, tuple[str, ...]] = {
    "2 sigma": ("2 sigma",),
    "3 sigma": ("3 sigma",),
    "5 sigma and more": ("5 sigma", "8 sigma", "15 sigma", "50 sigma", "stuck"),
    "8 sigma and more": ("8 sigma", "15 sigma", "50 sigma", "stuck"),
    "dead": ("dead",),
    "dim 0.4": ("dim 0.4",),
    "cluster": ("cluster",),
    "column": ("column",),
    "blinking 0.3": ("blinking 0.3",),
    "flash": ("flash",),
}
_PRODUCT = "pixmend"


def measure(quick: bool) -> Section:  # noqa: FBT001 (the one switch of every benchmark)
    """Measure detection on moving shots, in rain, and on a locked-off night."""
    scenes = TEST[3:6:2] if quick else TEST
    answers = [answer for scene in scenes for answer in _answers(scene, quick=quick)]
    text = (
        f"Pictures: {source_of_pictures()}. A planted defect counts as found by a detection "
        "within 3 px; a detection near none is false. pixmend runs at its own default; a peer gets the "
        "threshold that finds most at no false defect on that very shot, and `-` where it has none."
    )
    moving = [each for each in answers if each.scene.is_dry_and_moving]
    tables = [_pooled_table(moving), *(_scene_table(scene, answers) for scene in scenes)]
    return Section("Accuracy: detection", text, tuple(tables))


def _answers(scene: Scene, *, quick: bool) -> list[Answer]:
    rendered = render(scene, quick=quick)
    return [answer_of(rendered), *_peer_answers(rendered)]


def _peer_answers(rendered: Rendered) -> list[Answer]:
    truth = rendered.truth
    answers = []
    for peer in score_peers(rendered.frames):
        threshold, found = best_threshold(peer.score, truth, peer.thresholds)
        answers.append(
            Answer(
                scene=rendered.scene,
                method=peer.name,
                planted=rendered.shot.planted,
                found=found,
                area_px=truth.size,
                threshold=threshold,
            )
        )
    return answers


def _pooled_table(answers: list[Answer]) -> Table:
    rows = []
    for method in (_PRODUCT, *PEERS):
        own = [each for each in answers if each.method == method]
        false = np.mean([each.false_per_area for each in own])
        recalls = (
            format_number(pooled_recall([(each.found, each.planted) for each in own], labels))
            for labels in CLASSES.values()
        )
        rows.append((method, format_number(float(false), 1), *recalls))
    caption = f"Recall over the {len({each.scene.name for each in answers})} dry moving shots together"
    return Table(caption, ("method", "false per 8.8 Mpx", *CLASSES), tuple(rows))


def _scene_table(scene: Scene, answers: list[Answer]) -> Table:
    own = [each for each in answers if each.scene is scene]
    rows = tuple(_scene_row(each) for each in own)
    caption = (
        f"{scene.name}: {scene.still or 'procedural street'}, {scene.motion}, exposure {scene.exposure:g}"
    )
    return Table(caption, ("method", "false per 8.8 Mpx", *CLASSES, "threshold", "CPU s"), rows)


def _scene_row(answer: Answer) -> tuple[str, ...]:
    numbers = [
        answer.false_per_area,
        *(recall(answer.found, answer.planted, each) for each in CLASSES.values()),
    ]
    has_answer = answer.method == _PRODUCT or answer.threshold is not None
    cells = [format_number(number) if has_answer else "-" for number in numbers]
    return (answer.method, *cells, format_number(answer.threshold, 1), format_number(answer.cpu_s, 0))


def main() -> None:
    """Measure detection, or tell of one scene defect by defect."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer, to see that it works")
    parser.add_argument("--list", action="store_true", help="name the scenes")
    parser.add_argument(
        "--scene", action="append", default=[], metavar="NAME", help="only this one, told in full"
    )
    parser.add_argument("--train", action="store_true", help="every scene of the training list, told in full")
    args = parser.parse_args()
    known = {each.name: each for each in (*TEST, *TRAIN)}
    unknown = sorted(set(args.scene) - set(known))
    if unknown:
        parser.error(f"there is no scene {', '.join(unknown)}; --list names them")
    told = [known[name] for name in args.scene] or (list(TRAIN) if args.train else [])
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

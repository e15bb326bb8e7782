# SPDX-License-Identifier: Apache-2.0
"""What takes time or touches files: detect, load, save, bake, render. The command line does the work."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict

import nuke

from pixmend_nuke._cli import find_cli
from pixmend_nuke._job import Job, Outcome, run_in_front, start
from pixmend_nuke._map import read_map, write_map
from pixmend_nuke._node import (
    Plate,
    bake_folder,
    is_baked,
    keep_edits,
    load,
    path_of,
    plate_of,
    reload_baked,
    set_status,
    text_of,
    undoable,
)
from pixmend_nuke._problem import Problem, tell, tell_of_bug

__all__ = ["bake_now", "cancel", "detect", "load_map", "render", "save_map", "send_to_farm"]

_MACHINE = ["--json", "--progress", "json"]
_UNCONVERTED = ("linear", "raw", "data")  # names of colour spaces in which a Read leaves linear samples alone
_running: dict[str, Job] = {}
Ended = Callable[[Dict[str, Any]], None]


def detect(node: nuke.Node) -> None:
    """Find the plate's defects, write the map, and bake it."""
    plate = plate_of(node)
    target = path_of(node, "map") or _ask_for_file("Where is the defect map to be written?", "*.json")
    if not target.lower().endswith(".json"):
        target += ".json"
    if Path(target).exists() or text_of(node, "edits"):
        _ask(f"{target} is replaced, and edits that are not saved are dropped. Go on?")
    argv = [find_cli(path_of(node, "cli")), "detect", plate.shot, "-o", target, "--overwrite"]

    def found(answer: dict[str, Any]) -> None:
        _take_map(node, target, "PixMend: detect")
        count = int(answer.get("count", 0))
        set_status(
            node, "{} found in {} frames.".format(_defects(count), answer.get("frames_looked_at", "the"))
        )
        if count:
            bake_now(node)

    _run(node, argv + plate.frames + _MACHINE, "PixMend: detect", found)


def load_map(node: nuke.Node) -> None:
    """Take the map of the knob `map` as it is on the disk, with its bake; make that if there is none."""
    path = path_of(node, "map") or _ask_for_file("Which defect map?", "*.json")
    stored = read_map(path)
    if text_of(node, "edits"):
        _ask("What was accepted, rejected, added or removed and not saved is dropped. Go on?")
    plate = plate_of(node) if node.input(0) is not None else None
    named, count = path_of(node, "bake"), len(stored.document["defects"])
    _take_map(node, path, "PixMend: load map")
    set_status(node, f"{_defects(count)} loaded.")
    folders = [bake_folder(each, path, plate) for each in (named, "")]
    fitting = [each for each in folders if is_baked(each, stored.sha256, plate)]
    if fitting:
        _take_bake(node, fitting[0])
    elif count:
        bake_now(node)


def save_map(node: nuke.Node) -> None:
    """Write the map with its edits over the one that was loaded."""
    stored, edits, document = load(node)
    if not text_of(node, "edits"):
        set_status(node, "Nothing was edited: the map is as it was.")
        return
    _ask("Save {} over {}?".format(_defects(len(document["defects"])), stored.path))
    write_map(stored.path, document)
    with undoable("PixMend: save map"):
        keep_edits(node, dict(edits, added=[], status={}, removed=[]))
        set_status(node, "{} saved.".format(_defects(len(document["defects"]))))


def bake_now(node: nuke.Node) -> None:
    """Make what the node's engines read: of the map with its edits, and the plate if one is connected."""
    _, _, document = load(node)
    cli = find_cli(path_of(node, "cli"))
    plate = plate_of(node) if node.input(0) is not None else None
    folder = bake_folder(path_of(node, "bake").rstrip("/"), path_of(node, "map"), plate)
    if Path(folder).exists() and not Path(folder, "bake.json").is_file():
        raise Problem(f"{folder} is there already and is no bake: name another folder in the knob `bake`.")
    map_path, throw_away = _map_for_child(node, document)
    argv = [cli, "bake", *(_of_plate(node, plate) if plate else []), "--map", map_path, "-o", folder]

    def baked(answer: dict[str, Any]) -> None:
        _take_bake(node, folder)
        if plate and not _reads_as_baked(plate, answer):
            tell(
                f"{plate.reader} converts the plate's colours, and the repair is made for the samples of the file: "
                "set it to raw data, and convert below PixMend."
            )
        for each in answer.get("notices") or []:
            tell(str(each))

    _run(node, [*argv, "--overwrite", *_MACHINE], "PixMend: bake", baked, throw_away)


def _reads_as_baked(plate: Plate, answer: dict[str, Any]) -> bool:
    """Tell whether Nuke's values are the file's: linear samples, or whatever there is, without a conversion."""
    is_linear = answer.get("values") != "raw" and any(word in plate.colours.lower() for word in _UNCONVERTED)
    return plate.is_raw or is_linear


def _of_plate(node: nuke.Node, plate: Plate) -> list[str]:
    """Return what a bake is told of the plate; patches are made where they are looked at."""
    with_patch = text_of(node, "engine") == "Patch" or _no_blink()
    return [plate.shot, *plate.frames, *(["--patch"] if with_patch else [])]


def render(node: nuke.Node) -> None:
    """Write the mended plate with `pixmend fix`: the frames' own files, and no byte of them changed but the repair."""
    _, _, document = load(node)
    plate = plate_of(node)
    cli = find_cli(path_of(node, "cli"))
    folder = _folder_to_render(plate)
    map_path, throw_away = _map_for_child(node, document)
    argv = [cli, "fix", plate.shot, "--map", map_path, "-o", folder, "--overwrite", *plate.frames]

    def mended(answer: dict[str, Any]) -> None:
        sentence = _what_was_written(answer, folder)
        set_status(node, sentence)
        if not nuke.GUI:
            tell(sentence)
        elif nuke.ask(sentence + " Make a Read of them?"):
            _make_read(node, Path(folder, Path(plate.shot).name).as_posix())

    _run(node, argv + _MACHINE, "PixMend: render", mended, throw_away)


def send_to_farm(node: nuke.Node) -> None:
    """Hand the plate to the farm: mended by the node's map, or without one looked at first."""
    if text_of(node, "edits"):
        raise Problem("Save the map first: the farm reads it from the disk.")
    plate = plate_of(node)
    map_path = path_of(node, "map")
    if map_path:
        read_map(map_path)
    cli = find_cli(path_of(node, "cli"))
    folder = _folder_to_render(plate)
    argv = [cli, "submit", plate.shot, *plate.frames, "-o", folder, *_how_to_submit(node)]
    argv += ["--map", map_path] if map_path else []

    def handed_over(answer: dict[str, Any]) -> None:
        sentence = _what_became_of_it(answer)
        set_status(node, sentence)
        tell(sentence)

    _run(node, argv + _MACHINE, "PixMend: send to farm", handed_over)


def _how_to_submit(node: nuke.Node) -> list[str]:
    site = path_of(node, "farm_site")
    return ["--engine", text_of(node, "farm_engine"), *(["--site", site] if site else [])]


def _what_became_of_it(answer: dict[str, Any]) -> str:
    """Return a sentence about a job that was handed over, or is over already."""
    if answer.get("failures"):
        return "The job failed: {}".format("\n".join(answer["failures"][:3]))
    if answer.get("is_over"):
        return "The job is done: {}".format(answer["output"])
    tasks = sum(int(each["tasks"]) for each in answer["steps"])
    ids = ", ".join(str(each) for each in list(answer.get("ids", {}).values())[:1])
    named = f" as {ids}" if ids else ""
    return "{} tasks handed to {}{}. How far they are says: pixmend farm status {}".format(
        tasks, answer["engine"], named, answer["job"]
    )


def _folder_to_render(plate: Plate) -> str:
    """Return the folder that the user chose; a script gets one beside the plate's."""
    of_plate = Path(plate.shot).parent
    usual = of_plate.as_posix() + "_mended"
    chosen = (nuke.getFilename("Folder for the mended frames", default=usual) or "") if nuke.GUI else usual
    if not chosen:
        raise Problem("No folder was chosen: nothing was written.")
    folder = Path(chosen)
    if folder.resolve() == of_plate.resolve():
        raise Problem("This is the plate's own folder, and the plate stays as it is: choose another one.")
    if folder.exists() and any(folder.iterdir()):
        _ask(f"{folder.as_posix()} is not empty; frames in it that differ are replaced. Go on?")
    return folder.as_posix()


def _what_was_written(answer: dict[str, Any], folder: str) -> str:
    written, done = int(answer.get("frames_written", 0)), int(answer.get("frames_already_done", 0))
    already = f", {done} were done already" if done else ""
    skipped = len(answer.get("skipped") or [])
    left_out = f" {skipped} could not be read and were left out." if skipped else ""
    return f"{written} frames written to {folder}{already}.{left_out}"


def _make_read(node: nuke.Node, file: str) -> None:
    """Put a Read of the mended frames beside the node, with the frames of the plate's."""
    plate: Any = node.input(0)
    while plate.Class() != "Read":
        plate = plate.input(0)
    with node.parent():
        fresh = nuke.createNode("Read", inpanel=False)
    fresh["file"].setValue(file)
    for name in ("first", "last", "origfirst", "origlast", "raw", "colorspace"):
        fresh[name].setValue(plate[name].value())
    fresh.setXYpos(node.xpos() + 120, node.ypos())


def cancel(node: nuke.Node) -> None:
    """Stop what this node runs."""
    job = _running.get(node.fullName())
    if job is None:
        raise Problem("Nothing is running for this node.")
    job.cancel()


def _run(node: nuke.Node, argv: list[str], title: str, on_done: Ended, throw_away: str = "") -> None:
    """Run a command of a node; `throw_away` is a folder that nobody needs afterwards."""
    name = node.fullName()
    if name in _running:
        raise Problem("This node is at work already: wait for it, or press Cancel.")
    job = _running[name] = Job(argv, title)

    def ended(outcome: Outcome) -> None:
        _running.pop(name, None)
        if throw_away:
            shutil.rmtree(throw_away, ignore_errors=True)
        on_done(outcome.checked())

    if nuke.GUI:
        set_status(node, title + " ...")
        start(job, lambda outcome: _told(node, ended, outcome))
    else:
        ended(run_in_front(job))


def _told(node: nuke.Node, ended: Callable[[Outcome], None], outcome: Outcome) -> None:
    """End a job in the main thread: whatever went wrong while it ran is said once."""
    try:
        ended(outcome)
    except Problem as problem:
        if _is_there(node):
            set_status(node, str(problem))
        tell(str(problem))
    except Exception as exc:  # noqa: BLE001 - nobody above would say it
        if _is_there(node):
            tell_of_bug(exc)
        else:
            tell("The PixMend node is gone; what it ran has ended.")


def _is_there(node: nuke.Node) -> bool:
    try:
        node.fullName()
    except ValueError:  # how Nuke says that a node was deleted
        return False
    return True


def _take_map(node: nuke.Node, path: str, step: str) -> None:
    """Take another map; the bake of the one before must not mend a pixel longer."""
    with undoable(step):
        node["bake"].setValue("")
        node["map"].setValue(Path(path).as_posix())
        node["edits"].setValue("")
        node["current"].setValue("")


def _take_bake(node: nuke.Node, folder: str) -> None:
    with undoable("PixMend: bake"):
        node["bake"].setValue(Path(folder).as_posix())
        if _no_blink() and text_of(node, "engine") == "Live":
            node["engine"].setValue("Patch")  # Nuke Non-commercial has no Blink
    reload_baked(node)
    _, _, document = load(node)
    set_status(node, "{}, baked.".format(_defects(len(document["defects"]))))


def _map_for_child(node: nuke.Node, document: dict[str, Any]) -> tuple[str, str]:
    """Return the map's file for the command line, with its edits: the node's, or a copy to throw away."""
    path = path_of(node, "map")
    if not text_of(node, "edits"):
        return path, ""
    folder = tempfile.mkdtemp(prefix="pixmend-")
    copy = str(Path(folder, Path(path).name))
    write_map(copy, document)
    return copy, folder


def _no_blink() -> bool:
    return bool(nuke.env.get("nc"))


def _ask(question: str) -> None:
    """Ask before something is lost; a script that calls has decided already."""
    if nuke.GUI and not nuke.ask(question):
        raise Problem("Nothing was changed.")


def _ask_for_file(prompt: str, pattern: str) -> str:
    found = nuke.getFilename(prompt, pattern) if nuke.GUI else None
    if not found:
        raise Problem("No map is named: choose one in the knob `map`.")
    return str(found)


def _defects(count: int) -> str:
    return "{} defect{}".format(count, "" if count == 1 else "s")

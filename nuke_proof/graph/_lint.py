# SPDX-License-Identifier: Apache-2.0
"""The etiquette of a gizmo that others must live with, as sentences about what breaks it.

Sources: the developers' notes of public gizmo collections, and what broke in theirs (a `Gizmo` root that a farm
does not know, Python that runs at render time, knobs without a word of help, two tools of one name).
"""

import re
from collections.abc import Iterator

from nuke_proof.graph._expressions import parse
from nuke_proof.graph._reader import Node, UserKnob, read_gizmo
from nuke_proof.graph._words import GraphError, split_words

__all__ = ["CLASSES_OF_NUKE_13", "KNOBS", "MOST_NODES", "complaints"]

MOST_NODES = 60

# Classes that Nuke 13, the oldest we promise, has in every edition (BlinkScript: all but Non-commercial).
CLASSES_OF_NUKE_13 = frozenset(
    {"Group", "Input", "Output", "Dot", "NoOp", "StickyNote", "BackdropNode", "Read", "Constant", "Switch"}
    | {"AddChannels", "Remove", "Copy", "CopyBBox", "Crop", "BlackOutside"}
    | {"Expression", "MergeExpression", "Matrix", "BlinkScript"}
)

# Knobs that the plug-in and saved scripts know by name, and their codes.
KNOBS = {
    **dict.fromkeys(("bake", "map", "cli", "farm_site"), 2),
    **dict.fromkeys(("engine", "view", "mark_size", "filter_kind", "filter_status", "farm_engine"), 4),
    **dict.fromkeys(("gain", "contrast", "saturation", "filter_amplitude", "mix"), 7),
    **dict.fromkeys(("load_map", "save_map", "detect", "cancel", "bake_now", "render", "send_to_farm"), 22),
    **dict.fromkeys(("previous", "next", "add", "accept", "reject", "remove"), 22),
    **dict.fromkeys(("current", "frames", "edits"), 1),
    "pick": 12,
    "mask": 41,
    "close_up": 6,
    "invert_mask": 6,
    **dict.fromkeys(("status_text", "version"), 26),
}

_WORDLESS = {20}  # a tab or a group needs no tooltip
_ON_TCL_EXPRESSION = re.compile(r"(?<![\w.])(?:python|pyExpr|exec|source|eval|open|file\s+delete)\b")
_CALLBACKS = (
    "onCreate",
    "onDestroy",
    "knobChanged",
    "updateUI",
    "autolabel",
    "beforeRender",
    "beforeFrameRender",
)


def complaints(text: str, *, prefix: str = "PM_") -> list[str]:
    """Return what a gizmo's text does that it should not; an empty list is a good gizmo.

    Parameters
    ----------
    text
        The file, as it was read, with its line ends.
    prefix
        What names of inner nodes begin with (`Input`, `mask` and `Output1` aside).
    """
    if "\r" in text or not text.isascii() or not text.endswith("\n"):
        return ["the file is not plain ASCII in lines that end with LF"]
    try:
        group = read_gizmo(text)
    except GraphError as error:
        return [f"the file cannot be read: {error}"]
    return [
        *_of_text(text),
        *_of_group(group),
        *_of_nodes(group, prefix),
        *_of_knobs(group),
        *_of_expressions(group),
    ]


def _of_text(text: str) -> Iterator[str]:
    if not text.startswith("Group {\n"):
        yield "the first line is not `Group {`: a script would not hold the tool itself"
    for pattern, what in (
        (r"^version ", "a version line makes an older Nuke warn"),
        (r"cut_paste_input", "cut_paste_input is a left-over of a copy"),
        (r"^\s*[xy]pos ", "xpos and ypos are left-overs of a screen"),
        (r"^\s*selected ", "`selected` is a left-over of a session"),
    ):
        if re.search(pattern, text, re.MULTILINE):
            yield what


def _of_group(group: Node) -> Iterator[str]:
    for knob in ("name", "help", "tile_color"):
        if knob not in group.knobs:
            yield f"the group has no {knob}"
    inputs = {
        node.name: node.knobs["number"].text if "number" in node.knobs else "0"
        for node in group.children
        if node.kind == "Input"
    }
    if inputs != {"Input": "0", "mask": "1"}:
        yield f"the inputs are {inputs}, not the plate as Input and, last, mask"
    if [node.kind for node in group.children].count("Output") != 1:
        yield "there is not one Output"


def _of_nodes(group: Node, prefix: str) -> Iterator[str]:
    nodes = list(group.walk())
    if len(nodes) > MOST_NODES:
        yield f"{len(nodes)} nodes are more than {MOST_NODES}"
    names = [node.name for node in nodes]
    for node in nodes:
        if node.kind not in CLASSES_OF_NUKE_13:
            yield f"{node.name}: {node.kind} is not a class of every Nuke 13"
        if names.count(node.name) > 1:
            yield f"{node.name}: the name stands there twice"
        if node is not group and node.kind not in {"Input", "Output"} and not node.name.startswith(prefix):
            yield f"{node.name}: the name does not begin with {prefix}"
        if node is not group and node.kind != "Output" and not any(node in each.inputs for each in nodes):
            yield f"{node.name}: nothing reads it"
        for callback in _CALLBACKS:
            if callback in node.knobs:
                yield f"{node.name}: {callback} runs Python, on a farm, too"


def _of_knobs(group: Node) -> Iterator[str]:
    for name, code in KNOBS.items():
        if name not in group.user_knobs:
            yield f"the knob {name} is missing"
        elif group.user_knobs[name].code != code:
            yield f"the knob {name} has code {group.user_knobs[name].code}, not {code}"
    for knob in group.user_knobs.values():
        if knob.code not in _WORDLESS and not knob.tooltip and not (knob.code == 26 and not knob.name):
            yield f"the knob {knob.name} has no tooltip"
        if knob.code == 41 and not _resolves(group, knob):
            yield f"the link {knob.name} points at {knob.text}, which is not there"
        if knob.code == 4 and knob.name in group.knobs and group.knobs[knob.name].text not in knob.choices:
            yield f"the knob {knob.name} is set to what it does not offer"
    positions = sum(knob.position for knob in group.user_knobs.values() if knob.position in {-1, 1})
    if positions:
        yield "a group of knobs is opened and not closed, or closed twice"


def _resolves(group: Node, knob: UserKnob) -> bool:
    name, _, target = (knob.text or "").partition(".")
    node = group.child(name)
    return node is not None and (
        target in node.knobs or target in {"useGPUIfAvailable", "gpuName", "vectorize"}
    )


def _of_expressions(group: Node) -> Iterator[str]:
    for node in group.walk():
        for knob, word in node.knobs.items():
            if knob in {"kernelSource", "help", "KernelDescription"}:
                continue
            if _ON_TCL_EXPRESSION.search(" ".join(re.findall(r"\[[^\]]*", word.text))):
                yield f"{node.name}.{knob}: runs more than an expression"
            for name in re.findall(r"\bparent\.(\w+)", word.text):
                if name not in group.user_knobs and not re.fullmatch(r"input\d?", name):
                    yield f"{node.name}.{knob}: the group has no knob {name}"
            if word.braced and node.kind != "Matrix":
                yield from _of_items(node, knob, word.text)


def _of_items(node: Node, knob: str, text: str) -> Iterator[str]:
    for item in split_words(text):
        if not item.braced:
            continue
        inside = item.text
        if inside.startswith('"'):
            inside = split_words(inside)[0].text
        elif re.search(r"[\s\[$]", inside):
            yield f"{node.name}.{knob}: an expression with blanks, [ or $ is not in quotes"
        try:
            parse(inside)
        except GraphError as error:
            yield f"{node.name}.{knob}: {error}"

# SPDX-License-Identifier: Apache-2.0
"""What the stock nodes do that the gizmo is made of, one rule a class.

Sources: Foundry's reference guide and NDK pages, as named; [R] the form is that of public gizmos. Where neither
says what Nuke does, the rule refuses, or says so. Input 0 is B and input 1 A, in Copy, CopyBBox and MergeExpression
alike [R: gizmos whose inputs are named vectorA and vectorB, source and average].
"""

from dataclasses import replace

import numpy as np

from nuke_proof.graph._evaluate import Evaluation, rule
from nuke_proof.graph._image import LAYERS, Box, Image, Plane
from nuke_proof.graph._pixels import expressions_of
from nuke_proof.graph._reader import Node
from nuke_proof.graph._words import GraphError, split_words

__all__: list[str] = []


def _pass(evaluation: Evaluation, node: Node) -> Image:
    return evaluation.input(node, 0)


for _kind in ("Dot", "NoOp", "Output"):
    rule(_kind)(_pass)


@rule("Input", "number")
def _input(evaluation: Evaluation, node: Node) -> Image:
    """Give what is connected to the group's input of that number, 0 unless it says [R]."""
    number = int(evaluation.number(node, "number"))
    return evaluation.scene.inputs.get(number) or evaluation.image(None)


_OF_READ = ("file", "file_type", "raw", "on_error", "first", "last", "before", "after")


@rule("Read", *_OF_READ, "origfirst", "origlast", "origset")
def _read(evaluation: Evaluation, node: Node) -> Image:
    """Read a file; black where there is none and `on_error` says so [Foundry, Read].

    Without `raw` a colourspace is converted, which is not modelled. Before `first` and after `last`, `hold` (the
    default) shows the nearest frame and `black` none. A Read's own border of pixels is not modelled: outside the
    data window the edge repeats, which is the worst case.
    """
    if not evaluation.number(node, "raw"):
        raise GraphError(f"{node.name}: a Read that is not raw converts colours")
    frame, inside = _frame_of(evaluation, node)
    path = _numbered(evaluation.text(node, "file"), frame)
    if inside and evaluation.scene.files.exists(path):
        return evaluation.scene.files.read(path)
    if inside and evaluation.text(node, "on_error", "error") != "black":
        raise GraphError(f"{node.name}: there is no {path!r}")
    return evaluation.image(None)


def _frame_of(evaluation: Evaluation, node: Node) -> tuple[int, bool]:
    frame = evaluation.scene.frame
    first, last = (int(evaluation.number(node, knob, 1)) for knob in ("first", "last"))
    for outside, nearest, knob in ((frame < first, first, "before"), (frame > last, last, "after")):
        if outside:
            way = evaluation.text(node, knob, "hold")
            if way not in {"hold", "black"}:
                raise GraphError(f"{node.name}: {knob} {way} is not modelled")
            return nearest, way == "hold"
    return frame, True


def _numbered(path: str, frame: int) -> str:
    """Return a path with its frame number; `%04d` is the one form that the gizmo uses."""
    if "#" in path:
        raise GraphError(f"{path!r}: # is not modelled")
    return path % frame if "%" in path else path


@rule("Constant", "channels", "color", "format")
def _constant(evaluation: Evaluation, node: Node) -> Image:
    """Fill a format with numbers, the project's where none is named [Foundry, Constant]."""
    size = evaluation.scene.format
    if "format" in node.knobs:
        width, height = evaluation.text(node, "format").split()[:2]
        size = int(width), int(height)
    box = Box(0, 0, *size)
    color = evaluation.numbers(node, "color") or [0.0]
    names = channels_of(evaluation.text(node, "channels", "rgb"))
    values = {name: color[min(at, len(color) - 1)] for at, name in enumerate(names)}
    return Image({name: np.full(box.shape, value, np.float32) for name, value in values.items()}, box, size)


@rule("AddChannels", "channels")
def _add_channels(evaluation: Evaluation, node: Node) -> Image:
    """Add channels that are missing, as 0 [NDK example AddChannels.cpp]."""
    image = evaluation.input(node, 0)
    names = channels_of(evaluation.text(node, "channels", "none"))
    return image.with_channels({name: image.read(name, image.box) for name in names})


@rule("Remove", "operation", "channels")
def _remove(evaluation: Evaluation, node: Node) -> Image:
    """Keep the channels that are named, with `operation keep` [Foundry, Remove]."""
    if evaluation.text(node, "operation", "remove") != "keep":
        raise GraphError(f"{node.name}: only `operation keep` is modelled")
    image = evaluation.input(node, 0)
    kept = set(channels_of(evaluation.text(node, "channels", "none")))
    return replace(image, channels={name: plane for name, plane in image.channels.items() if name in kept})


@rule("BlackOutside")
def _black_outside(evaluation: Evaluation, node: Node) -> Image:
    """Make all outside the bounding box black, by one pixel of black around it [Foundry, BlackOutside]."""
    image = evaluation.input(node, 0)
    planes = {name: np.pad(plane, 1) for name, plane in image.channels.items()}
    return replace(image, channels=planes, box=image.box.grown(1))


@rule("CopyBBox")
def _copy_bbox(evaluation: Evaluation, node: Node) -> Image:
    """Give B (input 0) the bounding box of A (input 1) [Foundry, CopyBBox]."""
    return evaluation.input(node, 0).over(evaluation.input(node, 1).box)


@rule("Copy", *(f"{way}{at}" for way in ("from", "to") for at in range(4)), "bbox")
def _copy(evaluation: Evaluation, node: Node) -> Image:
    """Replace channels of B (input 0) by those of A (input 1) [Foundry, Copy].

    Four pairs; the first is alpha to alpha unless it is named [Foundry, Copy, defaults].
    """
    b, a = evaluation.input(node, 0), evaluation.input(node, 1)
    way = evaluation.text(node, "bbox", "union")
    boxes = {"union": b.box.union(a.box), "B": b.box, "A": a.box}
    if way not in boxes:
        raise GraphError(f"{node.name}: bbox {way} is not modelled")
    result = b.over(boxes[way])
    copied = {}
    for at in range(4):
        unset = "rgba.alpha" if at == 0 else "none"
        source, target = (evaluation.text(node, f"{end}{at}", unset) for end in ("from", "to"))
        if (source == "none") != (target == "none"):
            raise GraphError(f"{node.name}: pair {at} copies {source} to {target}")
        if source != "none":
            copied[target] = a.read(source, result.box)
    return result.with_channels(copied)


@rule("Switch", "which")
def _switch(evaluation: Evaluation, node: Node) -> Image:
    """Pass one input; the others are not asked for, so what is wrong there does no harm [R: `exists` switches]."""
    which = int(evaluation.number(node, "which"))
    if not 0 <= which < len(node.inputs):
        raise GraphError(f"{node.name}: which is {which}, and it has {len(node.inputs)} inputs")
    return evaluation.input(node, which)


_OF_EXPRESSIONS = [f"{stem}{at}" for at in range(4) for stem in ("expr", "channel", "temp_name", "temp_expr")]


@rule("Expression", *_OF_EXPRESSIONS)
def _expression(evaluation: Evaluation, node: Node) -> Image:
    """Compute channels from the input's; a temporary name may use those before it [R: 98 in public gizmos]."""
    image = evaluation.input(node, 0)
    return image.with_channels(expressions_of(evaluation, node, {"": image}, image.box))


@rule("MergeExpression", *_OF_EXPRESSIONS)
def _merge_expression(evaluation: Evaluation, node: Node) -> Image:
    """Compute from A (input 1) and B (input 0); all other channels are B's.

    Its bounding box is taken to be the union of both, which no page says: the gizmo sets its own in the end.
    """
    b, a = evaluation.input(node, 0), evaluation.input(node, 1)
    result = b.over(b.box.union(a.box))
    return result.with_channels(expressions_of(evaluation, node, {"A": a, "B": b}, result.box))


@rule("Matrix", "matrix", "normalize", "channels")
def _matrix(evaluation: Evaluation, node: Node) -> Image:
    """Convolve; the matrix lies as the pixels do, top row first, centred [NDK, class Convolve].

    The order of the sum is ours, so the last bits may be others; elements of 0 are taken to read nothing.
    """
    image = evaluation.input(node, 0)
    rows = [
        [float(word.text) for word in split_words(row.text)] for row in split_words(node.knobs["matrix"].text)
    ]
    matrix = np.array(rows, dtype=np.float32)
    if evaluation.number(node, "normalize"):
        matrix /= matrix.sum()
    height, width = matrix.shape
    box = Box(
        image.box.x - width // 2,
        image.box.y - height // 2,
        image.box.right + width // 2,
        image.box.top + height // 2,
    )
    wanted = set(channels_of(evaluation.text(node, "channels", "rgba")))
    result = image.over(box)
    return result.with_channels(
        {name: _convolved(image, name, box, matrix) for name in image.channels if name in wanted}
    )


def _convolved(image: Image, name: str, box: Box, matrix: Plane) -> Plane:
    height, width = matrix.shape
    total: Plane = np.zeros(box.shape, dtype=np.float32)
    for row in range(height):
        for column in range(width):
            if matrix[row, column]:
                step = column - width // 2, height // 2 - row
                total += matrix[row, column] * image.read(name, box, step)
    return total


@rule(
    "BlinkScript",
    "KernelDescription",
    "kernelSource",
    "recompileCount",
    "ProgramGroup",
    "rebuild",
    "rebuild_finalise",
    "useGPUIfAvailable",
    "vectorize",
)
def _blink(evaluation: Evaluation, node: Node) -> Image:
    """Run the node's own kernel text; the output covers the union of all inputs [Foundry, setting_parameters]."""
    if evaluation.scene.blink is None:
        raise GraphError(f"{node.name}: nothing here runs Blink kernels")
    return evaluation.scene.blink(node, [evaluation.input(node, at) for at in range(len(node.inputs))])


def channels_of(text: str) -> tuple[str, ...]:
    """Return the channels that a channel knob names: a layer, a channel, or four with `-` for those that are off.

    Raises
    ------
    GraphError
        The layer is not modelled.
    """
    words = text.split()
    if words in (["rgb"], ["rgba"], ["alpha"], ["none"]):
        return LAYERS[words[0]]
    if all("." in word or word == "none" for word in words):
        return tuple(word for word in words if word != "none" and not word.startswith("-"))
    raise GraphError(f"channels {text!r} are not modelled")

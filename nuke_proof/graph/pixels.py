# SPDX-License-Identifier: Apache-2.0
"""The expressions of Expression and MergeExpression nodes, over all pixels of a box at once, in float32."""

from collections.abc import Mapping

import numpy as np

from nuke_proof.graph.evaluate import Evaluation
from nuke_proof.graph.expressions import FUNCTIONS, Values, evaluate, parse
from nuke_proof.graph.image import LAYERS, Box, Image, Plane
from nuke_proof.graph.reader import Node
from nuke_proof.graph.words import GraphError

__all__ = ["expressions_of"]

_SHORT = {"r": "rgba.red", "g": "rgba.green", "b": "rgba.blue", "a": "rgba.alpha"}
_RESERVED = {*_SHORT, *FUNCTIONS, "x", "y", "z", "t", "cx", "cy", "frame", "width", "height", "pi", "proxy"}


def expressions_of(
    evaluation: Evaluation, node: Node, images: Mapping[str, Image], box: Box
) -> dict[str, Plane]:
    """Return the channels that a node's expressions give.

    Parameters
    ----------
    images
        What channels are read from, by the letter before their names ("" in an Expression).
    box
        Where to compute.

    Raises
    ------
    GraphError
        A channel is computed by a blank expression: Foundry's page says that this is 0, practice that the channel
        stays as it is. Or a name stands for nothing, or for two things.
    """
    names = _PixelNames(evaluation, node, images, box)
    for at in range(4):
        name = evaluation.text(node, f"temp_name{at}")
        if name:
            names.define(name, evaluation.text(node, f"temp_expr{at}"))
    planes = {}
    for at in range(4):
        channel = evaluation.text(node, f"channel{at}", "(unset)")
        text = node.knobs[f"expr{at}"].text if f"expr{at}" in node.knobs else ""
        if channel != "none" and (not text or "." not in channel or " " in channel):
            raise GraphError(f"{node.name}: what channel{at} {channel} gets from {text!r} is not proven")
        if channel != "none":
            planes[channel] = names.plane(text)
    return planes


class _PixelNames:
    """What names stand for in a pixel's expression: temporary names, channels, coordinates, then knobs."""

    def __init__(self, evaluation: Evaluation, node: Node, images: Mapping[str, Image], box: Box) -> None:
        self.evaluation, self.node, self.images, self.box = evaluation, node, images, box
        self.x = np.broadcast_to(np.arange(box.x, box.right, dtype=np.float32), box.shape)
        self.y = np.broadcast_to(np.arange(box.y, box.top, dtype=np.float32)[:, None], box.shape)
        self.defined: dict[str, Values] = {}

    def define(self, name: str, text: str) -> None:
        if name in _RESERVED or self._channel(name) is not None or name in self.defined:
            raise GraphError(f"{self.node.name}: the temporary name {name!r} stands for something else, too")
        self.defined[name] = evaluate(parse(text), self)

    def plane(self, text: str) -> Plane:
        return np.broadcast_to(evaluate(parse(text), self), self.box.shape).astype(np.float32)

    def number(self, value: float) -> Values:
        return np.asarray(value, dtype=np.float32)

    def value(self, name: str) -> Values:
        if name in self.defined:
            return self.defined[name]
        if name in {"x", "y"}:
            return self.x if name == "x" else self.y
        found = self._channel(name)
        if found is not None:
            return found[0].read(found[1], self.box)
        return self.number(self.evaluation.knob_number(self.node, name))

    def neighbour(self, name: str, at: tuple[Values, Values]) -> Values:
        found = self._channel(name)
        if found is None:
            raise GraphError(
                f"{self.node.name}: {name}() is neither a channel nor a function that is modelled"
            )
        dx, dy = (
            _whole_step(coordinate - own, name) for coordinate, own in zip(at, (self.x, self.y), strict=True)
        )
        return found[0].read(found[1], self.box, (dx, dy))

    def command(self, text: str) -> Values:
        return self.number(self.evaluation.command(self.node, text))

    def _channel(self, name: str) -> tuple[Image, str] | None:
        """Return the image and the channel that a name stands for."""
        for letter, image in self.images.items():
            if not name.startswith(letter):
                continue
            rest = name.removeprefix(letter)
            if rest in _SHORT:
                return image, _SHORT[rest]
            layer = rest.partition(".")[0]
            if "." in rest and (layer in self.evaluation.layers or layer in {"rgba", *LAYERS}):
                return image, rest
        return None


def _whole_step(distance: Values, name: str) -> int:
    steps = np.unique(distance)
    if len(steps) != 1 or steps[0] != np.round(steps[0]):
        raise GraphError(f"{name}(): only steps by whole pixels, the same everywhere, are modelled")
    return int(steps[0])

# SPDX-License-Identifier: Apache-2.0
"""The expressions of Expression and MergeExpression nodes, over all pixels of a box at once, in float32."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nuke_proof.graph._evaluate import Evaluation
from nuke_proof.graph._expressions import FUNCTIONS, Values, evaluate, parse
from nuke_proof.graph._image import LAYERS, Box, Image, Plane
from nuke_proof.graph._reader import Node
from nuke_proof.graph._words import GraphError, Word

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
        A name stands for nothing, or for two things; a field computes several channels.

    Notes
    -----
    A blank field gives NaN: Foundry's page says that it is 0, public gizmos rely on the channel staying as it is.
    So what a test finds sound does not depend on it.
    """
    names = _PixelNames(evaluation, node, images, box)
    for at in range(4):
        name = evaluation.text(node, f"temp_name{at}")
        if name:
            names.define(name, evaluation.text(node, f"temp_expr{at}"))
    planes = {}
    for at, usual in enumerate(LAYERS["rgba"]):
        channel = evaluation.text(node, f"channel{at}", usual)
        if channel != "none" and ("." not in channel or " " in channel):
            raise GraphError(f"{node.name}: channel{at} {channel!r} is not modelled")
        if channel != "none":
            planes[channel] = names.plane(node.knobs.get(f"expr{at}", Word("")).text)
    return planes


class _PixelNames:
    """What names stand for in a pixel's expression: temporary names, channels, coordinates, then knobs."""

    def __init__(self, evaluation: Evaluation, node: Node, images: Mapping[str, Image], box: Box) -> None:
        self.evaluation, self.node, self.images, self.box = evaluation, node, images, box
        self.x = np.broadcast_to(np.arange(box.x, box.right, dtype=np.float32), box.shape)
        self.y = np.broadcast_to(np.arange(box.y, box.top, dtype=np.float32)[:, None], box.shape)
        self.format = images["B" if "B" in images else ""].format
        self.defined: dict[str, Values] = {}

    def define(self, name: str, text: str) -> None:
        if name in _RESERVED or self._channel(name) is not None or name in self.defined:
            raise GraphError(f"{self.node.name}: the temporary name {name!r} stands for something else, too")
        self.defined[name] = evaluate(parse(text), self)

    def plane(self, text: str) -> Plane:
        if not text:
            return np.full(self.box.shape, np.nan, dtype=np.float32)
        return np.broadcast_to(evaluate(parse(text), self), self.box.shape).astype(np.float32)

    def number(self, value: float) -> Values:
        return np.asarray(value, dtype=np.float32)

    def value(self, name: str) -> Values:
        if name in self.defined:
            return self.defined[name]
        if name in {"x", "y"}:
            return self.x if name == "x" else self.y
        if name in {"width", "height"}:
            return self.number(self.format[name == "height"])
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
        x, y = (_whole(coordinate, name) for coordinate in at)
        return found[0].at(found[1], x, y)

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


def _whole(coordinates: Values, name: str) -> NDArray[np.int64]:
    """Return pixel numbers; between pixels Nuke interpolates, which is not modelled."""
    if not np.all(coordinates == np.round(coordinates)):
        raise GraphError(f"{name}(): only whole pixels are modelled")
    return coordinates.astype(np.int64)

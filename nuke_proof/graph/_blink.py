# SPDX-License-Identifier: Apache-2.0
"""BlinkScript nodes inside a graph: the node's own kernel text, compiled by the shim."""

from collections.abc import Callable

import numpy as np

from nuke_proof.graph._image import LAYERS, Image
from nuke_proof.graph._reader import Node
from nuke_proof.graph._words import GraphError
from nuke_proof.shim import Picture, Violation, Workshop

__all__ = ["blink_by"]


def blink_by(workshop: Workshop) -> Callable[[Node, list[Image]], Image]:
    """Return what computes a BlinkScript node, for `Scene.blink`.

    The kernel gets pictures of four components, and the output covers the union of all inputs, which is Nuke's
    default [Foundry, "setting parameters" of BlinkScript].

    Raises
    ------
    GraphError
        (When called.) A picture has no RGBA, which in Nuke is a kernel that does not compile; or the kernel broke
        a promise.
    """

    def run(node: Node, images: list[Image]) -> Image:
        source = node.knobs["kernelSource"].text
        box = images[0].box
        for image in images[1:]:
            box = box.union(image.box)
        done = workshop.program(source).run(
            [_picture(node, image) for image in images], region=(box.x, box.y, box.right, box.top)
        )
        if done.violations != Violation.NONE:
            raise GraphError(f"{node.name}: the kernel broke a promise: {done.violations}")
        planes = np.moveaxis(done.picture.samples, -1, 0)
        return images[0].over(box).with_channels(dict(zip(LAYERS["rgba"], planes, strict=True)))

    return run


def _picture(node: Node, image: Image) -> Picture:
    missing = set(LAYERS["rgba"]) - set(image.channels)
    if missing:
        raise GraphError(f"{node.name}: an input without {', '.join(sorted(missing))}")
    planes = [image.channels[name] for name in LAYERS["rgba"]]
    return Picture(np.stack(planes, axis=-1), image.box.x, image.box.y)

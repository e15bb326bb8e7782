# SPDX-License-Identifier: Apache-2.0
"""What a BlinkScript node says of its kernel before it was ever compiled.

The grammar was read off published nodes of Nuke 9 to 16. This is its second version: Nuke 11.3 to
13.2 write it, and every later one reads the nodes that they saved (a third, of Nuke 16, adds a word to
each parameter, of which we have none). A kernel without parameters and locals of its own needs only a
part of it::

    2 "<kernel>" iterate <granularity> <hash>
    <images> ("<image>" <Read|Write> <access>)*
    0 0
    <locals> ("<name>" <type> <components> <elements> <base64 of zeros>)*

The locals are those that access and edge mode bring along. The hash is made by Nuke in a way that
is not published: ours is a fixed value that is easy to know again.
"""

import base64
import re
from typing import Final, NamedTuple

__all__ = ["OUR_HASH", "describe_kernel"]

OUR_HASH: Final = "pixmend".encode("ascii").hex().rjust(64, "0")

_HEAD: Final = re.compile(r"\bkernel\s+(\w+)\s*:\s*(?:public\s+)?ImageComputationKernel<e(\w+)>")
_IMAGE: Final = re.compile(r"\bImage<e(Read|Write)(?:, eAccess(\w+))?(?:, eEdge(\w+))?>\s+(\w+);")


class _Image(NamedTuple):
    direction: str
    access: str
    edge: str
    name: str


def _images(source: str) -> list[_Image]:
    return [_Image(way, access or "Point", edge, name) for way, access, edge, name in _IMAGE.findall(source)]


def _zeros(count: int) -> str:
    return base64.b64encode(bytes(4 * count)).decode("ascii")


def _locals_of(image: _Image) -> list[str]:
    """Return the locals that an image brings along."""
    made = []
    if image.access == "Ranged2D":
        made += [f'"{image.name}range{end}" Int 2 1 {_zeros(2)}' for end in ("Min", "Max")]
    if image.edge == "Constant":
        made.append(f'"{image.name}constEdgeColor" Float 4 1 {_zeros(4)}')
    return made


def describe_kernel(source: str) -> str:
    """Return the value of the knob KernelDescription for a kernel without parameters and locals.

    Parameters
    ----------
    source : str
        The kernel.

    Returns
    -------
    str
        One line.

    Raises
    ------
    ValueError
        If the kernel has parameters or locals, ranged access along one axis, or no head.
    """
    head = _HEAD.search(source)
    images = _images(source)
    if head is None or re.search(r"\b(?:param|local)\s*:|eAccessRanged1D", source):
        raise ValueError("only kernels without parameters and locals are described")
    name, granularity = head[1], head[2][0].lower() + head[2][1:]
    ways = [f'"{image.name}" {image.direction} {image.access}' for image in images]
    made = [entry for image in images for entry in _locals_of(image)]
    return " ".join(
        [f'2 "{name}" iterate {granularity} {OUR_HASH}', str(len(ways)), *ways, "0 0", str(len(made)), *made]
    )

# SPDX-License-Identifier: Apache-2.0
"""Nodes of a group, and how they are written: as the steps of a stack machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nuke_proof.gizmo._text import escape

__all__ = ["Node", "expression", "formula", "write_nodes"]


@dataclass(frozen=True)
class Node:
    """One node of the group.

    Parameters
    ----------
    kind : str
        Its class in Nuke.
    name : str
        Unique in the group.
    inputs : tuple of str or None
        Names of the nodes it reads, input 0 first; a mask that is not used is left out.
    knobs : mapping
        Values in the form of the file (`expression`, `formula`), in the order they are written.
    """

    kind: str
    name: str
    inputs: tuple[str, ...] = ()
    knobs: Mapping[str, str] = field(default_factory=dict)


def expression(text: str) -> str:
    r"""Return an expression as the value of a number knob; ``[`` and ``$`` are for Tcl, so they are escaped.

    Examples
    --------
    >>> expression("parent.view")
    '{{parent.view}}'
    >>> expression("$gui ? parent.view : 0")
    '{{"\\$gui ? parent.view : 0"}}'
    """
    if any(sign in text for sign in ' ["$'):
        text = escape(text)
    return "{{" + text + "}}"


def formula(text: str) -> str:
    """Return a line of an expression node as a value."""
    return escape(text) if any(sign in text for sign in ' ["$') else text


def _lines(node: Node) -> Iterable[str]:
    yield f" {node.kind} {{"
    if len(node.inputs) != 1:
        yield f"  inputs {len(node.inputs)}"
    for knob, value in node.knobs.items():
        yield f"  {knob} {value}"
    yield f"  name {node.name}"
    yield " }"


def write_nodes(nodes: Iterable[Node]) -> str:
    """Write nodes in the order given; each must come after those that it reads.

    A node takes its inputs from a stack, input 0 from the top, and lays itself there. What is read
    later is kept under a name of its own.

    Returns
    -------
    str
        Lines.

    Raises
    ------
    ValueError
        If a name comes twice, or is read before it is there.
    """
    lines: list[str] = []
    known: set[str] = set()
    for node in nodes:
        if node.name in known:
            raise ValueError(f"two nodes are called {node.name}")
        if not known.issuperset(node.inputs):
            raise ValueError(f"{node.name} reads what comes after it")
        lines += [f"push ${name}" for name in reversed(node.inputs)]
        lines += _lines(node)
        lines.append(f"set {node.name} [stack 0]")
        known.add(node.name)
    return "\n".join(lines) + "\n"

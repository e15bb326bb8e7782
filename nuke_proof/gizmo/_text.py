# SPDX-License-Identifier: Apache-2.0
"""Text of a Nuke file: quoting, and the kernel taken out of a gizmo."""

import re
from typing import Final

__all__ = ["escape", "kernel_source", "unescape"]

_ESCAPES: Final = {
    "\n": "\\n",
    "\t": "\\t",
    "\\": "\\\\",
    '"': '\\"',
    "{": "\\{",
    "}": "\\}",
    "[": "\\[",
    "$": "\\$",
}
_UNESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_KERNEL: Final = re.compile(r'^\s*kernelSource ("(?:[^"\\]|\\.)*")', re.MULTILINE | re.DOTALL)


def escape(text: str) -> str:
    """Return a text in the double quotes that Nuke writes round it, on one line."""
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in text) + '"'


def unescape(quoted: str) -> str:
    """Return what `escape` was given."""
    return re.sub(r"\\(.)", lambda found: _UNESCAPES.get(found[1], found[1]), quoted[1:-1], flags=re.DOTALL)


def kernel_source(gizmo: str) -> str:
    """Take the one Blink kernel out of the text of a gizmo.

    Parameters
    ----------
    gizmo : str
        The whole file.

    Returns
    -------
    str
        The kernel, as it stands in the BlinkScript node.

    Raises
    ------
    ValueError
        If there is none, or more than one.
    """
    found = _KERNEL.findall(gizmo)
    if len(found) != 1:
        raise ValueError(f"a gizmo of ours has one kernel, this one has {len(found)}")
    return unescape(found[0])

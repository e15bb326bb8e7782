# SPDX-License-Identifier: Apache-2.0
"""What a compiler lets pass in a kernel and Nuke, or a GPU, may not."""

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["lint_kernel"]

_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TOKEN: Final = re.compile(r"[A-Za-z_]\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\w*|\S")

# C++ that Blink does not have or that no GPU runs, and functions that differ from device to device.
_WORDS: Final = frozenset(
    [
        "new",
        "delete",
        "struct",
        "class",
        "template",
        "typename",
        "static",
        "string",
        "goto",
        "asm",
        "double",
        "long",
        "short",
        "unsigned",
        "signed",
        "char",
        "auto",
        "virtual",
        "namespace",
        "using",
        "union",
        "enum",
        "typedef",
        "volatile",
        "try",
        "catch",
        "throw",
        "switch",
        "inline",
        "extern",
        "friend",
        "reinterpret_cast",
        "const_cast",
        "dynamic_cast",
        "sizeof",
        "operator",
        "this",
        "nullptr",
        "std",
        "param",
        "local",
        "defineParam",
        "pow",
        "exp",
        "log",
        "log2",
        "log10",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "fmod",
        "modf",
        "round",
        "median",
        "bilinear",
        "bounds",
        "eAccessRanged1D",
        "eReadWrite",
        "eComponentWise",
        "all",
        "out",
        "uint",
        "half",
        "global",
        "constant",
    ]
)
_NUMBER: Final = re.compile(r"\d+|(?:\d+\.\d*|\.\d+)(?:e[-+]?\d+)?f")
_PREPROCESSOR, _ADDRESSES, _QUOTES = "#", "->", frozenset("\"'")


def lint_kernel(source: str) -> list[str]:
    """Return what a kernel of ours must not hold.

    Parameters
    ----------
    source : str
        The kernel.

    Returns
    -------
    list of str
        One sentence for each fault, with its line; empty where all is well.
    """
    return [f"line {line}: {fault}" for line, fault in sorted({*_of_text(source), *_of_tokens(source)})]


def _of_text(source: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.split("\n"), 1):
        if not line.isascii():
            yield number, "is not ASCII"
        if "\t" in line or "\r" in line or line != line.rstrip():
            yield number, "holds a tab, a carriage return or a space at its end"
        if _ADDRESSES in line:
            yield number, "takes something by its address"


def _of_tokens(source: str) -> Iterator[tuple[int, str]]:
    code = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    for found in _TOKEN.finditer(code):
        word, line = found[0], code.count("\n", 0, found.start()) + 1
        if word in _WORDS:
            yield line, f"'{word}' is not for our kernel"
        elif (word[0].isdigit() or (word[0] == "." and len(word) > 1)) and not _NUMBER.fullmatch(word):
            yield line, f"'{word}' is neither a whole number nor a float with its f"
        elif word == _PREPROCESSOR:
            yield line, "asks the preprocessor"
        elif word in _QUOTES:
            yield line, "holds a text"

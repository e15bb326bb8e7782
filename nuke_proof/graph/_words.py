# SPDX-License-Identifier: Apache-2.0
"""Tcl words, as far as Nuke's script files use them: bare, "quoted", {braced}; one command a line.

The rules are Tcl's (the Tcl manual page, rules 4, 6 and 9), except that nothing is substituted: a bracket or
a dollar sign in a word is text. That a real Tcl reads our file the same way is held by a test with `tclsh`.
"""

import re
from dataclasses import dataclass

__all__ = ["GraphError", "Word", "split_commands", "split_words"]

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_BARE = re.compile(r"(?:\\.|[^\\\s])+", re.DOTALL)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"(?=\s|$)', re.DOTALL)


class GraphError(Exception):
    """What this reader or evaluator does not know, or will not guess."""


@dataclass(frozen=True)
class Word:
    """One word: its text (escapes resolved, unless it was braced) and whether braces stood round it."""

    text: str
    braced: bool = False


def split_commands(text: str) -> list[list[Word]]:
    """Return the commands of a script, each as its words; empty lines and comments are left out."""
    commands: list[list[Word]] = [[]]
    at = 0
    while at < len(text):
        if text[at] == "\n":
            commands.append([])
            at += 1
        elif text[at].isspace():
            at += 1
        elif text[at] == "#" and not commands[-1]:
            at = _end_of_line(text, at)
        else:
            word, at = _read_word(text, at)
            commands[-1].append(word)
    return [command for command in commands if command]


def split_words(text: str) -> list[Word]:
    """Return the words of a list, wherever its lines end.

    Raises
    ------
    GraphError
        A brace or a quotation mark is never closed.
    """
    return [word for command in split_commands(text) for word in command]


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _read_word(text: str, at: int) -> tuple[Word, int]:
    if text[at] == "{":
        end = _closing_brace(text, at)
        return Word(text[at + 1 : end], braced=True), end + 1
    if text[at] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise GraphError(f"a quotation mark is never closed: {text[at : at + 60]!r}")
        return Word(_unescaped(quoted[1])), quoted.end()
    bare = _BARE.match(text, at)
    if bare is None:
        raise GraphError(f"a lone backslash ends the text: {text[at - 60 :]!r}")
    return Word(_unescaped(bare[0])), bare.end()


def _closing_brace(text: str, start: int) -> int:
    """Return where the brace at `start` closes; an escaped brace does not count (Tcl's rule 6)."""
    depth = 0
    for found in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    raise GraphError(f"a brace is never closed: {text[start : start + 60]!r}")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)

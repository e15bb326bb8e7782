# SPDX-License-Identifier: Apache-2.0
"""The few Tcl commands that a knob may hold in brackets, as in `[value parent.bake]/index.exr`.

What a command gives is put into its word and never split again (Tcl manual page, rules 7 and 11), so a path may
hold spaces. A command that is not in the table is an error.
"""

from collections.abc import Callable, Mapping

from nuke_proof.graph._words import GraphError

__all__ = ["Command", "run", "substitute"]

Command = Callable[[list[str]], str]


def substitute(text: str, commands: Mapping[str, Command]) -> str:
    """Return a text with what stands in brackets replaced by what it gives."""
    result, at = "", 0
    while (start := text.find("[", at)) >= 0:
        end = _closing(text, start, "[]")
        result += text[at:start] + run(text[start + 1 : end], commands)
        at = end + 1
    return result + text[at:]


def run(command: str, commands: Mapping[str, Command]) -> str:
    """Return what one command gives.

    Raises
    ------
    GraphError
        The command is not in the table.
    """
    words = [word if literal else substitute(word, commands) for word, literal in _words(command)]
    name = " ".join(words[:2])
    if name in commands:
        return commands[name](words[2:])
    if not words or words[0] not in commands:
        raise GraphError(f"[{command}] is not modelled")
    return commands[words[0]](words[1:])


def _words(command: str) -> list[tuple[str, bool]]:
    """Split into words; True for one in braces, which is taken literally."""
    words, at = [], 0
    while at < len(command):
        if command[at].isspace():
            at += 1
        elif command[at] == "{":
            end = _closing(command, at, "{}")
            words.append((command[at + 1 : end], True))
            at = end + 1
        else:
            end = _end_of_bare(command, at)
            words.append((command[at:end].strip('"'), False))
            at = end
    return words


def _end_of_bare(command: str, at: int) -> int:
    quoted = command[at] == '"'
    at += quoted
    while at < len(command) and not (command[at] == '"' if quoted else command[at].isspace()):
        at = _closing(command, at, "[]") + 1 if command[at] == "[" else at + 1
    return at + quoted


def _closing(text: str, start: int, pair: str) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += {pair[0]: 1, pair[1]: -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise GraphError(f"{pair[0]} is never closed in {text!r}")

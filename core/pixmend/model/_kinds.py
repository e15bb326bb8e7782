# SPDX-License-Identifier: Apache-2.0
"""Kinds of defect, in one registry: value, meaning and the words that users say."""

from dataclasses import dataclass
from enum import StrEnum

from pixmend.errors import MapError

__all__ = ["KINDS", "Kind", "KindText", "kind_from_word"]


class Kind(StrEnum):
    """What a lying photosite does. The value is what stands in the map file."""

    HOT = "hot"
    STUCK = "stuck"
    DEAD = "dead"
    BLINKING = "blinking"
    FLASH = "flash"
    COLUMN = "column"
    ROW = "row"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class KindText:
    """How one kind is explained, and which other words mean it."""

    kind: Kind
    text: str
    words: tuple[str, ...] = ()


_TEXTS = (
    KindText(Kind.HOT, "adds light; the scene still shows through", ("lit", "warm", "bright", "pixel error")),
    KindText(Kind.STUCK, "one value whatever the scene", ("frozen", "saturated")),
    KindText(Kind.DEAD, "too dark, or no response", ("dark", "black", "cold")),
    KindText(Kind.BLINKING, "on and off", ("flickering", "rts")),
    KindText(Kind.FLASH, "one frame only", ("sparkle", "single-frame")),
    KindText(Kind.COLUMN, "a column, or part of one", ("line",)),
    KindText(Kind.ROW, "a row, or part of one"),
    KindText(Kind.CLUSTER, "joined neighbours", ("group",)),
)
KINDS: dict[Kind, KindText] = {text.kind: text for text in _TEXTS}
_BY_WORD = {word: text.kind for text in _TEXTS for word in (text.kind.value, *text.words)}


def kind_from_word(word: str) -> Kind:
    """Return the kind that a word means, in any case.

    Raises
    ------
    MapError
        If no kind goes by that word.
    """
    kind = _BY_WORD.get(word.strip().lower())
    if kind is None:
        raise MapError(f"no kind of defect is called {word!r}", hint=f"one of: {', '.join(_BY_WORD)}")
    return kind

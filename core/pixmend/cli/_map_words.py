# SPDX-License-Identifier: Apache-2.0
"""A defect in words: what it is, and what speaks for it."""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixmend.model import Defect, Evidence

__all__ = ["counted_by_channel", "frames_text", "said_of"]

_COLOURS = "RGB"

# The scores that a site may have had to reach, the greatest first, and what each is for.
_LIMITS = (
    ("threshold_sigma", "is needed"),
    ("suspect_sigma", "makes a suspect, which single frames confirm"),
    ("known_threshold_sigma", "is needed where the camera has one"),
)


def said_of(defect: "Defect", *, settings: "Mapping[str, Any]") -> str:
    """Return a few lines that explain a defect.

    Parameters
    ----------
    defect : Defect
    settings : mapping
        What the map was made with, as far as it says.
    """
    channels = list(counted_by_channel(defect))
    names = "every channel" if channels == ["*"] else _listed(channels)
    count = len(defect.samples)
    head = (
        f"{defect.id} ({defect.x}, {defect.y}) {defect.kind.value}, {names}, "
        f"{count} sample{'s' * (count != 1)}, {frames_text(defect)}"
    )
    lines = [
        *_strength(defect),
        *([] if defect.evidence is None else _evidence(defect.evidence, _limit(defect, settings))),
        *_votes(defect),
    ]
    decision = [defect.status.value, defect.severity.value]
    if defect.confidence is not None:
        decision.append(f"confidence {defect.confidence:.3f}")
    if defect.method is not None:
        decision.append(f"to be mended by {defect.method.value}")
    lines = [*(lines or ["nothing was measured"]), ", ".join(decision)]
    if defect.note:
        lines.append(f"note: {defect.note}".replace("\n", " "))
    return "\n  ".join([head, *lines])


def counted_by_channel(defect: "Defect") -> dict[str, int]:
    """Return how many samples of which channels a defect spoils: layer by layer red, green, blue, then others."""
    counts = Counter(channel for _, _, channel in defect.samples)
    return {name: counts[name] for name in sorted(counts, key=_reading_order)}


def _reading_order(channel: str) -> tuple[str, bool, int, str]:
    layer, _, name = channel.rpartition(".")
    return layer, name not in _COLOURS, _COLOURS.find(name), name


def frames_text(defect: "Defect") -> str:
    """Return the frames of a defect in words."""
    if defect.frames is None:
        return "every frame"
    return f"frame{'s' * (len(defect.frames) != 1)} {defect.frames}"


def _strength(defect: "Defect") -> list[str]:
    amplitude, evidence = defect.amplitude_sigma, defect.evidence
    if amplitude is None:
        return []
    swing = None if evidence is None else evidence.fluctuation
    swings = "" if swing is None else f", swings by {_percent(swing)}"
    return [f"{abs(amplitude):.1f} sigma {'under' if amplitude < 0 else 'over'} its surroundings{swings}"]


def _limit(defect: "Defect", settings: "Mapping[str, Any]") -> str:
    """Say which score was needed; lines and hits are judged by their own rules, votes by their number."""
    if defect.evidence is None or defect.votes is not None or defect.kind in {"flash", "column", "row"}:
        return ""
    score = abs(defect.evidence.score)
    for name, words in _LIMITS:
        needed = settings.get(name)
        if isinstance(needed, int | float) and score >= needed:
            return f" ({needed:g} {words})"
    return ""


def _evidence(evidence: "Evidence", limit: str) -> list[str]:
    seen = f"; shows in {evidence.frames_seen} of {evidence.frames_expected} frames looked at"
    lines = [f"score {abs(evidence.score):.1f}{limit}{seen * (evidence.frames_expected > 0)}"]
    fits = [
        f"{name} {_percent(share)}"
        for name, share in (
            ("one photosite explains", evidence.photosite_fit),
            ("an optical point (star, lamp) explains", evidence.optical_fit),
        )
        if share is not None
    ]
    return [*lines, ", ".join(fits) + " of it"] if fits else lines


def _votes(defect: "Defect") -> list[str]:
    votes = defect.votes
    return [] if votes is None else [f"in {votes.seen} of the {votes.of} shots that cover its place"]


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %" if share >= 0.01 or share == 0.0 else "under 1 %"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

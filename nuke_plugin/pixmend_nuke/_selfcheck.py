# SPDX-License-Identifier: Apache-2.0
"""The self-check: what only a real Nuke can prove, in half a minute, with a report to send us.

A small plate and its bake are written to a temporary folder, a Read and a PixMend are made, and what each
engine gives is compared with the numbers in ``selfcheck.json``, which were worked out without Nuke. Afterwards
everything is taken away again.
"""

from __future__ import annotations

import base64
import contextlib
import json
import platform
import re
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import nuke

from pixmend_nuke._exr import Picture, write_exr
from pixmend_nuke._problem import tell
from pixmend_nuke._version import VERSION

__all__ = ["self_check"]

COLOURS = ("rgba.red", "rgba.green", "rgba.blue")
_ROUNDING = 1e-6  # what another order of sums in 32-bit floats may do to values about 1
_DESCRIPTION = re.compile(r'KernelDescription "((?:[^"\\]|\\.)*)"')
# How a pixel's own value is asked for is not said clearly by the documentation: the first that is right is used.
_WAYS_TO_SAMPLE = (
    ("at the centre", 0.5, ()),
    ("at the centre, one pixel large", 0.5, (1, 1)),
    ("at the corner", 0.0, ()),
)


def self_check(report: str = "") -> str:
    """Run the self-check and write its report; return the report's path.

    `report` is a file to write; left out, one with the date in its name in the home folder.
    """
    when = time.strftime("%Y-%m-%d_%H%M%S")
    target = Path(report) if report else Path.home() / f"pixmend_selfcheck_{when}.txt"
    known = json.loads(Path(__file__).with_name("selfcheck.json").read_text(encoding="ascii"))
    with tempfile.TemporaryDirectory(prefix="pixmend-selfcheck-") as folder:
        rows = _Check(known, folder).rows()
    failed = sum(verdict in ("DIFFERENT", "ERROR") for verdict, _, _ in rows)
    head = [f"PixMend self-check, {when}, PixMend {VERSION}", f"{failed} of {len(rows)} checks failed", ""]
    lines = [f"{verdict:9}  {name}: {said}" for verdict, name, said in rows]
    target.write_text("\n".join(head + lines) + "\n", encoding="utf-8")
    tell(f"{head[1]}. The report is {target}: please send it to us, whatever it says.")
    return str(target)


class _Check:
    """One run: its nodes, and what was found so far."""

    def __init__(self, known: dict[str, Any], folder: str) -> None:
        self.known, self.folder = known, folder
        self.found: list[tuple[str, str, str]] = []
        self.plate: Any = None
        self.node: Any = None
        self.sample: Callable[[Any, str, int, int], float] = _sampler(*_WAYS_TO_SAMPLE[0][1:])

    def rows(self) -> list[tuple[str, str, str]]:
        """Run all checks; each by itself, so that one that breaks does not hide the others."""
        with _as_before(self):
            for name, check in self._checks():
                try:
                    verdict, said = check()
                except Exception as exc:  # noqa: BLE001 - whatever Nuke does here is a finding
                    verdict, said = "ERROR", f"{type(exc).__name__}: {exc}"
                self.found.append((verdict, name, said))
        return self.found

    def _checks(self) -> list[tuple[str, Callable[[], tuple[str, str]]]]:
        live: list[tuple[str, Callable[[], tuple[str, str]]]] = [
            (f"engine Live, {'GPU' if gpu else 'CPU'}", lambda gpu=gpu: self._engine("Live", gpu=gpu))  # type: ignore[misc]
            for gpu in (True, False)
        ]
        return [
            ("Nuke", self._nuke),
            ("files", self._files),
            ("knobs", self._knobs),
            ("sampling", self._sampling),
            *live,
            ("engine Patch", lambda: self._engine("Patch")),
            ("engine Preview", lambda: self._engine("Preview")),
            ("a frame without defects", self._beyond),
            ("proxy mode", self._proxy),
            ("kernel description", self._description),
            ("close-up off, view Result", self._harmless),
        ]

    def _nuke(self) -> tuple[str, str]:
        edition = [name for name in ("nc", "indie", "nukex", "studio", "assist") if nuke.env.get(name)]
        said = (
            f"{nuke.NUKE_VERSION_STRING}, {', '.join(edition) or 'nuke'}, Python {platform.python_version()}"
        )
        return "NOTE", f"{said}, {platform.platform()}"

    def _files(self) -> tuple[str, str]:
        """Write the plate and its bake, and make the nodes."""
        for name, stored in self.known["pictures"].items():
            planes = {channel: base64.b64decode(text) for channel, text in stored["planes"].items()}
            picture = Picture(tuple(stored["display"]), tuple(stored["window"]), planes)
            write_exr(str(Path(self.folder, name)), picture)
        Path(self.folder, "bake.json").write_text("{}", encoding="ascii")
        for each in nuke.selectedNodes():
            each.setSelected(False)
        self.plate = nuke.createNode("Read", inpanel=False)
        self.plate["file"].setValue(Path(self.folder, "plate.exr").as_posix())
        self.plate["raw"].setValue(True)
        self.node = nuke.createNode("PixMend", inpanel=False)
        self.node.setInput(0, self.plate)
        self.node["bake"].setValue(Path(self.folder).as_posix())
        nuke.frame(self.known["frame"])
        return "SAME", f"{len(self.known['pictures'])} pictures written, a Read and a PixMend made"

    def _knobs(self) -> tuple[str, str]:
        missing = [name for name in self.known["knobs"] if name not in self.node.knobs()]
        return ("DIFFERENT", f"missing: {', '.join(missing)}") if missing else ("SAME", "none is missing")

    def _sampling(self) -> tuple[str, str]:
        """Find the way to ask for a pixel that gives the plate's own numbers."""
        for words, shift, size in _WAYS_TO_SAMPLE:
            self.sample = _sampler(shift, size)
            if self._largest(self.plate, self.known["plate"]) == 0.0:
                return "SAME", f"the plate is read to the bit, {words}"
        self.sample = _sampler(*_WAYS_TO_SAMPLE[0][1:])
        off = self._largest(self.plate, self.known["plate"])
        return "DIFFERENT", f"the plate is off by {off:.3g}: what follows cannot be judged"

    def _engine(self, name: str, *, gpu: bool = False) -> tuple[str, str]:
        self.node["engine"].setValue(name)
        kernel = self.node.node("PM_Live") if name == "Live" else None
        if kernel is not None:
            kernel["useGPUIfAvailable"].setValue(gpu)
        verdict, said = self._judged(self.known["expected"][name])
        if kernel is not None and "gpuName" in kernel.knobs():
            said += f"; gpuName says {kernel['gpuName'].value()!r}"
        return verdict, said

    def _beyond(self) -> tuple[str, str]:
        nuke.frame(self.known["beyond"])
        try:
            return self._passes()
        finally:
            nuke.frame(self.known["frame"])

    def _passes(self) -> tuple[str, str]:
        for name in ("Live", "Patch", "Preview"):
            self.node["engine"].setValue(name)
            off = self._largest(self.node, self.known["plate"])
            if off:
                return "DIFFERENT", f"{name} changes the plate by up to {off:.3g}"
        return "SAME", "every engine gives the plate to the bit"

    def _proxy(self) -> tuple[str, str]:
        nuke.root()["proxy"].setValue(True)
        try:
            off = max(
                abs(self.sample(self.node, colour, x, y) - self.sample(self.plate, colour, x, y))
                for x, y in self.known["points"]
                for colour in COLOURS
            )
        finally:
            nuke.root()["proxy"].setValue(False)
        return ("SAME", "the plate passes") if off == 0.0 else ("DIFFERENT", f"off by {off:.3g}")

    def _description(self) -> tuple[str, str]:
        """Read back what Nuke makes of the kernel's description, its own hash in it."""
        for each in nuke.selectedNodes():
            each.setSelected(False)
        self.node.setSelected(True)
        copy = Path(self.folder, "copy.nk")
        nuke.nodeCopy(copy.as_posix())
        found = _DESCRIPTION.search(copy.read_text(encoding="utf-8", errors="replace"))
        if found is None:
            return "DIFFERENT", "the copy has none"
        text = re.sub(r"\\(.)", r"\1", found.group(1))
        return ("SAME" if text == self.known["kernel_description"] else "NOTE"), text

    def _harmless(self) -> tuple[str, str]:
        """Check that a fresh node shows the result, or somebody renders a view."""
        view, close_up = self.node["view"].value(), bool(self.node["close_up"].value())
        is_good = view == "Result" and not close_up
        return "SAME" if is_good else "DIFFERENT", f"view {view}, close-up {'on' if close_up else 'off'}"

    def _judged(self, expected: dict[str, list[float]]) -> tuple[str, str]:
        off = self._largest(self.node, expected)
        count = len(self.known["points"])
        if off == 0.0:
            return "SAME", f"{count} pixels, to the bit"
        if off <= _ROUNDING:
            return "CLOSE", f"{count} pixels, off by at most {off:.3g}: rounding of 32-bit floats"
        return "DIFFERENT", f"off by up to {off:.3g}\n{self._table(expected)}"

    def _largest(self, node: Any, expected: dict[str, list[float]]) -> float:
        """Return the largest difference at the points; one that is no number counts as endless."""
        offs = [
            abs(self.sample(node, colour, x, y) - expected[colour][number])
            for number, (x, y) in enumerate(self.known["points"])
            for colour in COLOURS
        ]
        return max(off if off == off else float("inf") for off in offs)  # noqa: PLR0124 - NaN is not itself

    def _table(self, expected: dict[str, list[float]]) -> str:
        """Return every point that differs, with its numbers: plate, wanted, given."""
        lines = []
        for number, (x, y) in enumerate(self.known["points"]):
            for colour in COLOURS:
                given, wanted = self.sample(self.node, colour, x, y), expected[colour][number]
                if not abs(given - wanted) <= _ROUNDING:
                    plate = self.known["plate"][colour][number]
                    lines.append(
                        f"           {x}, {y} {colour}: plate {plate!r} wanted {wanted!r} given {given!r}"
                    )
        return "\n".join(lines)


def _sampler(shift: float, size: tuple[int, ...]) -> Callable[[Any, str, int, int], float]:
    return lambda node, colour, x, y: float(node.sample(colour, x + shift, y + shift, *size))


@contextlib.contextmanager
def _as_before(check: _Check) -> Iterator[None]:
    """Leave the script as it was found: frame, selection, no node of ours, and no step in the undo history."""
    frame, selected = nuke.frame(), nuke.selectedNodes()
    undo = nuke.Undo()
    undo.disable()
    try:
        yield
    finally:
        for each in (check.node, check.plate):
            if each is not None:
                nuke.delete(each)
        nuke.frame(frame)
        for each in selected:
            each.setSelected(True)
        undo.enable()

# SPDX-License-Identifier: Apache-2.0
"""Run every benchmark and write RESULTS.md: the only hand that writes numbers there."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.accuracy import bench_audit, bench_detect, bench_fill, bench_footprints, bench_recovery
from benchmarks.report import Section, as_markdown, commit_and_date, machine_facts, sections_of
from benchmarks.speed import bench_detect as speed_detect
from benchmarks.speed import bench_farm, bench_stages, bench_startup
from benchmarks.speed import bench_fix as speed_fix

__all__ = ["BENCHMARKS", "main"]

BENCHMARKS: dict[str, Callable[[bool], Section]] = {
    "detection": bench_detect.measure,
    "footprints": bench_footprints.measure,
    "fill": bench_fill.measure,
    "recovery": bench_recovery.measure,
    "audit": bench_audit.measure,
    "fix": speed_fix.measure,
    "stages": bench_stages.measure,
    "detect": speed_detect.measure,
    "startup": bench_startup.measure,
    "farm": bench_farm.measure,
}
_RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = """# Results

Made by `make bench`; nobody types a number here. A benchmark that is run by itself replaces its own
section, which says of which commit it is. Speed is given as ratios to a
plain copy or decode in the same run, because machines differ. What is not listed
is not measured yet.
"""


def main() -> None:
    """Run the benchmarks that were asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="see that it works: prints, writes no file")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    found = {"": _HEAD, "Machine": as_markdown(Section("Machine", "", (machine_facts(),)))}
    for name in args.names or BENCHMARKS:
        started = time.perf_counter()
        section = BENCHMARKS[name](args.quick)
        text = as_markdown(replace(section, text=f"{section.text}\n\n*{commit_and_date()}*".strip()))
        found[section.title] = text
        print(text, flush=True)
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if not args.quick:
        before = _RESULTS.read_text(encoding="utf-8") if args.names else ""
        _RESULTS.write_text("\n".join((sections_of(before) | found).values()), encoding="utf-8")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""``pixmend submit``: a whole reel, or one long shot, as a job for a farm or for all of this machine."""

import json
import shlex
import time
from argparse import ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixmend
from pixmend.cli._arguments import (
    ArgumentParser,
    add_common_options,
    add_encoding_option,
    add_frames_option,
    add_reading_options,
    add_workers_option,
    read_options,
)
from pixmend.cli._farm_options import checked_options, reading_words
from pixmend.cli._map_files import read_map_file
from pixmend.cli._output import Result
from pixmend.cli._submit_place import check_job_folder, check_output
from pixmend.cli._submit_wait import wait_for_job
from pixmend.errors import ExitCode, MissingFrameError, UsageError
from pixmend.progress import Progress

if TYPE_CHECKING:
    from pixmend.farm import Command, Job, Laid, Plan, Site, Submission
    from pixmend.frames import FileShot
    from pixmend.model import FrameRange

__all__ = ["SUMMARY", "add_arguments", "run"]

SUMMARY = "find, mend and verify a reel as a job: on a farm, or on all cores of this machine"

_MOST_SHOWN = 40
_FEWEST_TO_LOOK = 24  # a shorter task is over before the next has begun
_FEWEST_TO_MEND = 48  # a task of mending reads about as many frames of the shot to learn from
_MOST_MEASURED = 24  # parts of one shot: each that is pooled from writes sums as large as a frame
_MEGABYTES, _BYTES_PER_SAMPLE = 1024, 100  # of a task: what Python takes, and what a plate does


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shot", metavar="SHOT", help="plate.1001-1100#.exr, a folder, or one file")
    parser.add_argument(
        "-o", "--output", metavar="OUTDIR", type=Path, required=True, help="folder for the mended frames"
    )
    parser.add_argument(
        "--map", metavar="MAP", type=Path, help="the defects, where they are known: only mend these"
    )
    parser.add_argument("--only", choices=("detect", "fix"), help="only this part of the work (default: all)")
    parser.add_argument(
        "--one-shot",
        action="store_true",
        help="all frames are one shot: measure it in parts, and look for no cuts",
    )
    parser.add_argument(
        "--cuts", metavar="LIST", default="auto", help="a cut list, auto or none, as detect has it"
    )
    for command in ("detect", "fix", "verify"):
        parser.add_argument(
            f"--{command}-options",
            metavar="WORDS",
            type=_words,
            default=(),
            help=f"further options of {command}, as one word: --{command}-options='...'",
        )
    add_frames_option(parser)
    add_encoding_option(parser)
    add_reading_options(parser)
    _add_farm_options(parser)
    add_common_options(parser)


def _add_farm_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        metavar="NAME",
        default="local",
        help="who runs the job: local (default, this machine), openjd, slurm, deadline-cloud, opencue, deadline10 "
        "or tractor",
    )
    parser.add_argument("--site", metavar="FILE", type=Path, help="how this house runs jobs, a .toml")
    parser.add_argument(
        "--job", metavar="DIR", type=Path, help="folder for what is the job's own (default: OUTDIR.job)"
    )
    parser.add_argument(
        "--chunk", metavar="N", type=_count, help="frames of one task (default: by what they cost)"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="with local: a Dask scheduler that runs already"
    )
    add_workers_option(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="write the files of the job, say what would be run"
    )
    parser.add_argument(
        "--wait", action="store_true", help="come back when the job is over; local and openjd always do"
    )


def run(args: Namespace, progress: Progress) -> Result:
    """Plan the job, write its files and hand it over."""
    from pixmend.farm import forget_records, open_engine, read_site, write_job, write_outline

    site = _site_with_options(read_site(args.site), args)
    engine = open_engine(args.engine)
    shot, job = _job_of(args, site, progress)
    folder = _job_folder(args)
    site = site if site.memory_mb else replace(site, memory_mb=_memory_mb(shot))
    write_job(folder, job)
    plan = _plan(job, folder, site, _laid(args, shot, job, site))
    write_outline(folder, plan)
    own = folder / args.engine
    own.mkdir(parents=True, exist_ok=True)
    commands = engine.write(plan, site, own)
    if args.dry_run:
        return _would(args, plan, folder, commands)
    forget_records(folder)
    submission = engine.submit(plan, site, own, progress)
    if args.wait and not submission.is_over:
        submission = wait_for_job(folder, submission, progress)
    return _result(args, plan, folder, submission)


def _site_with_options(site: "Site", args: Namespace) -> "Site":
    """Return the site with what the command line says of this machine."""
    if args.scheduler and args.engine != "local":
        raise UsageError("this is about the engine local", where="--scheduler", hint="leave --engine away")
    said: dict[str, Any] = {"workers": args.workers} | (
        {"scheduler": args.scheduler} if args.scheduler else {}
    )
    return replace(site, sections={**site.sections, "local": {**site.section("local"), **said}})


def _job_folder(args: Namespace) -> Path:
    output = args.output.absolute()
    folder: Path = args.job.absolute() if args.job else output.with_name(f"{output.name}.job")
    return folder


def _job_of(args: Namespace, site: "Site", progress: Progress) -> "tuple[FileShot, Job]":
    """Return the frames and what is to be done with them, all checked as far as it can be here."""
    from pixmend.farm import Job
    from pixmend.frames import choose_encoding, open_shot

    shot = open_shot(args.shot, read_options(args))
    only = _only(args)
    progress.note(choose_encoding(shot.plate, args.encoding).reason)
    if args.map is not None:
        read_map_file(args.map).check_fits(shot.plate, where=str(args.map))
    frames = _wanted(args, shot)
    check_job_folder(_job_folder(args), shot, args.output)
    if only != "detect":
        check_output(args, shot, frames, is_written_here=_runs_here(args))
    if len(shot.gaps):
        progress.note(f"frames {shot.gaps} are missing in {shot.label}")
    words = reading_words(args)
    return shot, Job(
        name=args.output.absolute().name,
        pixmend=pixmend.__version__,
        shot=_on_farm(args.shot, site),
        output=_on_farm(args.output, site),
        frames=frames,
        is_one_shot=args.one_shot,
        only=only,
        map="" if args.map is None else _on_farm(args.map, site),
        cuts=args.cuts if args.cuts in {"auto", "none"} else _on_farm(args.cuts, site),
        encoding=args.encoding or "",
        detect=(*words, *checked_options("detect", args.detect_options, on_farm=site.on_farm)),
        fix=(*words, *checked_options("fix", args.fix_options, on_farm=site.on_farm)),
        verify=(*words, *checked_options("verify", args.verify_options, on_farm=site.on_farm)),
    )


def _runs_here(args: Namespace) -> bool:
    return args.engine == "openjd" or (args.engine == "local" and not args.scheduler)


def _wanted(args: Namespace, shot: "FileShot") -> "FrameRange":
    frames = shot.frames if args.frames is None else args.frames
    missing = frames - shot.frames
    if len(missing):
        raise MissingFrameError(
            f"frames {missing} are missing", where=shot.label, hint=f"there are frames {shot.frames}"
        )
    return frames


def _only(args: Namespace) -> Any:
    """Return the part of the work that is wanted; UsageError if options do not go together."""
    if args.map is None and args.only == "fix":
        raise UsageError("to mend only, the defects must be known", where="--only fix", hint="pass --map MAP")
    if args.map is not None and args.only == "detect":
        raise UsageError("the defects are known already", where="--only detect", hint="leave --map away")
    if args.one_shot and args.cuts not in {"auto", "none"}:
        raise UsageError("one shot has no cuts", where="--one-shot", hint="leave --cuts away")
    return "fix" if args.map is not None else args.only or ""


def _on_farm(path: str | Path, site: "Site") -> str:
    return site.on_farm(str(Path(path).absolute()))


def _memory_mb(shot: "FileShot") -> int:
    return _MEGABYTES + _samples(shot) * _BYTES_PER_SAMPLE // 1_000_000


def _samples(shot: "FileShot") -> int:
    raster = shot.plate.raster
    return raster.width * raster.height * len(shot.plate.colour)


def _laid(args: Namespace, shot: "FileShot", job: "Job", site: "Site") -> "Laid":
    """Lay the tasks over the frames; none is read."""
    from pixmend.farm import FrameCost, Laid, chunk_size, frames_to_lay

    path = shot.path(job.frames.frames[0])
    cost = FrameCost(samples=_samples(shot), stored_bytes=path.stat().st_size, extension=path.suffix)
    alone = args.engine == "local" and not site.section("local").get("scheduler")
    measured = -(-len(job.frames) // _MOST_MEASURED) if job.is_one_shot else _FEWEST_TO_LOOK * alone
    look = args.chunk or chunk_size(
        job.frames,
        cost.seconds_to_look,
        cores=site.cores,
        at_least=measured,
        shared_by=args.workers * alone,
    )
    mend = args.chunk or chunk_size(
        job.frames, cost.seconds_to_mend, cores=site.cores, at_least=_FEWEST_TO_MEND
    )
    return Laid(frames=frames_to_lay(job.frames, min(look, mend)), look=look, mend=mend)


def _plan(job: "Job", folder: Path, site: "Site", laid: "Laid") -> "Plan":
    """Write the neutral job, and return what it comes to."""
    from pixmend.farm import make_template, parameter_values, resolve_plan
    from pixmend.publish import publish_text

    template = make_template(job, site)
    values = parameter_values(job, job_folder=site.on_farm(str(folder)), laid=laid)
    for name, document in (("template", template), ("parameter_values", values)):
        publish_text(folder / f"{name}.json", json.dumps(document, indent=1) + "\n", overwrite=True)
    return resolve_plan(template, values, folder=folder)


def _fields(args: Namespace, plan: "Plan", folder: Path) -> dict[str, Any]:
    steps = [{"name": step.name, "tasks": len(step.tasks)} for step in plan.steps]
    return {"engine": args.engine, "job": str(folder), "output": str(args.output), "steps": steps}


def _would(args: Namespace, plan: "Plan", folder: Path, commands: "tuple[Command, ...]") -> Result:
    said = [shlex.join(command) for command in commands]
    text = f"{plan.task_count} tasks in {len(plan.steps)} steps, written to {folder}; these would be run:"
    fields = {**_fields(args, plan, folder), "commands": said, "submitted": False}
    more = [f"and {len(said) - _MOST_SHOWN} more"] if len(said) > _MOST_SHOWN else []
    return Result("submit", "\n".join([text, *said[:_MOST_SHOWN], *more]), fields)


def _result(args: Namespace, plan: "Plan", folder: Path, submission: "Submission") -> Result:
    fields = {
        **_fields(args, plan, folder),
        "submitted": True,
        "ids": dict(submission.ids),
        "is_over": submission.is_over,
        "failures": list(submission.failures),
    }
    if submission.failures:
        text = "\n".join(["the job failed", *submission.failures])
        return Result("submit", text, fields, _exit_code(folder))
    if submission.is_over:
        where = folder / "map.json" if plan.steps[-1].name == "Map" else args.output
        return Result("submit", f"{plan.task_count} tasks done: {where}", fields)
    named = [f"{name} {one}" for name, one in submission.ids.items()]
    text = f"{plan.task_count} tasks handed to {args.engine}; `pixmend farm status {shlex.quote(str(folder))}` says how far they are"
    return Result("submit", "\n".join([text, *named]), fields)


def _exit_code(folder: Path) -> ExitCode:
    """Return what the first of the tasks that failed ended with."""
    from pixmend.farm import job_status, read_outline, read_records

    failed = job_status(read_outline(folder), read_records(folder), now=time.time()).failed
    known = [each.exit_code for each in failed if each.exit_code in set(ExitCode)]
    return ExitCode(known[0]) if known else ExitCode.TEMPORARY


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as exc:
        raise ArgumentTypeError(f"{text!r} cannot be read as options: {str(exc).lower()}") from exc


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise ArgumentTypeError(f"{text!r} is not a number of frames, 1 or more")
    return int(text)

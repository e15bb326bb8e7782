# SPDX-License-Identifier: Apache-2.0
"""Stands in for OpenCue's cuebot: takes a job over gRPC, checks its XML, runs it here.

It does what cuebot and its hosts do of it: frames into chunks, tokens, one layer after those that it
depends on, variables, retries. The rules of the XML are those of OpenCue's cjsl-1.15.dtd, those of
names and retries those of its class JobSpec.
"""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import grpc
from opencue_proto import cue_pb2, cue_pb2_grpc, job_pb2, job_pb2_grpc

from pixmend.model import FrameRange

__all__ = ["Cuebot", "Frame", "serving"]

_IN_SPEC = ("facility", "show", "shot", "user", "email", "uid", "job", "depends")
_IN_LAYER = (
    "cmd",
    "range",
    "chunk",
    "cores",
    "threadable",
    "memory",
    "timeout",
    "tags",
    "env",
    "services",
    "outputs",
)
_NEEDED_IN_LAYER = {"cmd", "range", "chunk"}
_MOST_RETRIES = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One call: which layer, its frames, which attempt, how it ended."""

    layer: str
    start: int
    end: int
    attempt: int
    exit_code: int


@dataclass(slots=True)
class Cuebot:
    """What was launched, and what came of it.

    A job runs in a thread. `waiting` is how many frames it says wait besides, when asked.
    """

    address: str = ""
    specs: list[str] = field(default_factory=list)
    waiting: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    def launch(self, spec: str) -> str:
        """Check a job, begin to run it, and return its name."""
        root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", spec))  # noqa: S314 - the tests' own
        _check(root)
        self.specs.append(spec)
        self._threads.append(threading.Thread(target=self._run, args=[root]))
        self._threads[-1].start()
        job = _found(root, "job")
        places = "-".join(str(root.findtext(name)) for name in ("show", "shot", "user"))
        return f"{places}_{job.get('name')}".lower()

    @property
    def running(self) -> int:
        """How many jobs are at work."""
        return sum(each.is_alive() for each in self._threads)

    def wait(self) -> None:
        """Wait until all jobs have ended."""
        for each in self._threads:
            each.join()

    def _run(self, root: "ET.Element") -> None:
        dead: set[str] = set()
        done: set[str] = set()
        layers = {str(layer.get("name")): layer for layer in root.findall("job/layers/layer")}
        needs: dict[str, set[str]] = {name: set() for name in layers}
        for each in root.findall("depends/depend"):
            needs[str(each.findtext("deplayer"))].add(str(each.findtext("onlayer")))
        variables = {str(key.get("name")): key.text or "" for key in root.findall("job/env/key")}
        retries = min(int(root.findtext("job/maxretries") or 1), _MOST_RETRIES)
        while ready := [name for name in layers if name not in done | dead and needs[name] <= done]:
            is_well = self._run_layer(layers[ready[0]], variables, retries)
            (done if is_well else dead).add(ready[0])

    def _run_layer(self, layer: "ET.Element", variables: dict[str, str], retries: int) -> bool:
        frames = FrameRange.parse(str(layer.findtext("range"))).frames
        size = int(layer.findtext("chunk") or 1)
        chunks = [frames[at : at + size] for at in range(0, len(frames), size)]
        # backwards: nothing may depend on the order of the frames of a layer
        ended = [self._run_frame(layer, each[0], each[-1], (variables, retries)) for each in chunks[::-1]]
        return all(ended)

    def _run_frame(self, layer: "ET.Element", start: int, end: int, how: tuple[dict[str, str], int]) -> bool:
        variables, retries = how
        command = str(layer.findtext("cmd"))
        for token, value in {"#FRAME_START#": start, "#FRAME_END#": end, "#IFRAME#": start}.items():
            command = command.replace(token, str(value))
        for attempt in range(retries + 1):
            ended = subprocess.run(  # noqa: S602 - a host of OpenCue hands it to a shell too
                command, shell=True, env=os.environ | variables, capture_output=True, check=False
            )
            self.frames.append(Frame(str(layer.get("name")), start, end, attempt, ended.returncode))
            if ended.returncode == 0:
                return True
        return False


@contextmanager
def serving() -> Iterator[Cuebot]:
    """Serve on a port of this machine."""
    cuebot = Cuebot()

    class Jobs(job_pb2_grpc.JobInterfaceServicer):  # type: ignore[misc]
        def LaunchSpecAndWait(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
            try:
                name = cuebot.launch(request.spec)
            except (ValueError, ET.ParseError) as exc:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(exc))
            answer = job_pb2.JobLaunchSpecAndWaitResponse()
            job = answer.jobs.jobs.add()
            job.id, job.name = "0" * 36, name
            return answer

        def GetJob(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the service's name
            answer = job_pb2.JobGetJobResponse()
            answer.job.job_stats.running_frames = cuebot.running
            answer.job.job_stats.waiting_frames = cuebot.waiting
            answer.job.job_stats.dead_frames = answer.job.job_stats.depend_frames = 1
            return answer

    class System(cue_pb2_grpc.CueInterfaceServicer):  # type: ignore[misc]
        def GetSystemStats(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the service's name
            return cue_pb2.CueGetSystemStatsResponse()

    server = grpc.server(ThreadPoolExecutor(2))
    job_pb2_grpc.add_JobInterfaceServicer_to_server(Jobs(), server)
    cue_pb2_grpc.add_CueInterfaceServicer_to_server(System(), server)
    cuebot.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield cuebot
    finally:
        cuebot.wait()
        server.stop(grace=None).wait()


def _check(root: "ET.Element") -> None:
    """Check what the DTD asks of a job; ValueError tells what is not as it asks."""
    _in_order(root, _IN_SPEC, {"facility", "show", "shot", "user", "job"})
    if not re.fullmatch(r"[\w.]{3,}", str(_found(root, "job").get("name"))):
        raise ValueError("a name of a job has three letters, digits or underscores")
    names = [layer.get("name") for layer in root.findall("job/layers/layer")]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"layers {names}")
    for layer in root.findall("job/layers/layer"):
        _in_order(layer, _IN_LAYER, _NEEDED_IN_LAYER)
        if layer.get("type") not in {"Render", "Util", "Post", "Preprocess"}:
            raise ValueError(f"a layer of type {layer.get('type')!r}")
        if not re.fullmatch(r"\d+(\.\d+)?[mgk]?", layer.findtext("memory") or "1g"):
            raise ValueError(f"memory {layer.findtext('memory')!r}")
    for each in root.findall("depends/depend"):
        if each.get("type") != "LAYER_ON_LAYER" or not {
            each.findtext("deplayer"),
            each.findtext("onlayer"),
        } <= {*names}:
            raise ValueError("a dependency of what is not there")


def _in_order(element: "ET.Element", known: tuple[str, ...], needed: set[str]) -> None:
    tags = [child.tag for child in element]
    if not needed <= {*tags} <= {*known} or [known.index(tag) for tag in tags] != sorted(
        known.index(tag) for tag in tags
    ):
        raise ValueError(f"in {element.tag}: {tags}, not {known}")


def _found(element: "ET.Element", path: str) -> "ET.Element":
    found = element.find(path)
    if found is None:
        raise ValueError(f"no {path}")
    return found

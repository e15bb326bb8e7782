# SPDX-License-Identifier: Apache-2.0
"""The engine of one machine, and of any running Dask scheduler.

On a scheduler each task is a process of its own. Here a process stays for the tasks that come
after it, as starting one takes longer than most tasks do.
"""

import logging
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Future, LocalCluster, get_worker

from pixmend.errors import TemporaryError
from pixmend.farm._engines import Command, Submission
from pixmend.farm._plan import Plan, Step, Task
from pixmend.farm._run import Outcome, Running, may_stay, run_command
from pixmend.farm._site import Site
from pixmend.model import FrameRange
from pixmend.progress import Progress

__all__ = ["ENGINE"]

_SECONDS_TO_CONNECT = 20
_SECONDS_TO_STOP = 120
_SINGLE = 100  # steps of progress of a task without frames
_RUNNING = Running()
"""Of this process, be it ours or a worker of Dask."""


class Local:
    """The steps one after the other, the tasks of each side by side."""

    def write(self, plan: Plan, site: Site, folder: Path) -> tuple[Command, ...]:
        """Write nothing: the plan is what is run."""
        del site, folder
        return tuple(task.argv for step in plan.steps for task in step.tasks)

    def submit(self, plan: Plan, site: Site, folder: Path, progress: Progress) -> Submission:
        """Run all tasks; what depends on one that failed is not begun.

        Raises
        ------
        TemporaryError
            If no scheduler answers at the address that the site names.
        """
        del folder
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        address = str(site.section("local").get("scheduler", ""))
        cores = int(site.section("local").get("workers", 0)) or len(os.sched_getaffinity(0))
        job = f"pixmend-{secrets.token_hex(8)}"
        try:
            if not address and _may_stay(plan):
                most = max(len(step.tasks) for step in plan.steps)
                _RUNNING.warm_up(job, plan.environment, count=min(most, _at_once(site, cores)))
            with _scheduler(address) if address else _this_machine(_at_once(site, cores)) as client:
                if address and not client.scheduler_info(n_workers=-1)["workers"]:
                    progress.note(f"the scheduler at {address} has no workers yet")
                return _JobAtWork(client, plan, site, progress, job=job, cores=0 if address else cores).run()
        finally:
            _RUNNING.release(job)


class _JobAtWork:
    """A plan while it runs.

    Parameters
    ----------
    job : str
        Name of this run of it.
    cores : int
        Of this machine, to be shared by the tasks of a step; 0: each has what the plan says.
    """

    def __init__(
        self, client: Client, plan: Plan, site: Site, progress: Progress, *, job: str, cores: int
    ) -> None:
        self._client, self._plan, self._site, self._progress = client, plan, site, progress
        self._cores, self._id = cores, job
        self._events: SimpleQueue[tuple[str | Future[Any], float]] = SimpleQueue()

    def run(self) -> Submission:
        """Run the steps; stop what runs if anything goes wrong here."""
        failures: list[str] = []
        not_done: set[str] = set()
        self._client.subscribe_topic(self._id, self._hear)
        try:
            for step in self._plan.steps:
                found = self._run_step(step) if not_done.isdisjoint(step.depends_on) else None
                failures += found or ()
                if found is None or found:
                    not_done.add(step.name)
        except BaseException:
            self._stop()
            raise
        finally:
            self._client.unsubscribe_topic(self._id)
        return Submission(is_over=True, failures=tuple(failures))

    def _run_step(self, step: Step) -> list[str]:
        """Run the tasks of one step; return a sentence for each that failed."""
        left = {task.frames: _weight(task) for task in step.tasks}
        self._progress.start(step.name.lower(), sum(left.values()))
        at_work = self._submitted(step)
        weights, failures = dict(left), []
        while at_work:
            what, percent = self._next_event()
            frames = at_work[what] if isinstance(what, Future) else what
            new_left = weights.get(frames, 0) - int(weights.get(frames, 0) * percent / 100)
            if new_left < left.get(frames, 0):
                self._progress.advance(left[frames] - new_left)
                left[frames] = new_left
            if isinstance(what, Future):
                del at_work[what]
                reason = _failure(what)
                failures += [f"{f'{step.name} {frames}'.strip()}: {reason}"] if reason else []
        return failures

    def _submitted(self, step: Step) -> dict[Future[Any], str]:
        """Hand the tasks of a step over."""
        words: tuple[str, ...] = ()
        if self._cores:
            at_once = min(len(step.tasks), _that_fit(self._site, self._cores))
            words = ("--workers", str(self._cores // at_once))
        futures = {
            self._client.submit(
                _run_on_worker,
                (*task.argv, *words),
                dict(self._plan.environment),
                job=self._id,
                frames=task.frames,
                retries_of_75=self._site.retries,
                timeout=step.timeout,
                stays=self._cores > 0,
                key=f"{self._id}-{step.name}-{task.frames}",
                pure=False,
            ): task.frames
            for task in step.tasks
        }
        for future in futures:
            future.add_done_callback(lambda done: self._events.put((done, 100.0)))
        return futures

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        self._events.put((str(event[1]["frames"]), float(event[1]["percent"])))

    def _next_event(self) -> "tuple[str | Future[Any], float]":
        while True:  # in short waits, so that Ctrl-C is heard
            try:
                return self._events.get(timeout=0.5)
            except Empty:
                continue

    def _stop(self) -> None:
        """End what runs, wherever it does, and wait until it has."""
        for _ in range(_SECONDS_TO_STOP * 2):
            if not any(self._client.run(_stop_on_worker, self._id).values()):
                return
            time.sleep(0.5)


@contextmanager
def _this_machine(at_once: int) -> Iterator[Client]:
    """Yield a Dask client whose one worker is this process: tasks run in others anyway."""
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=at_once,
            processes=False,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # else it serves pages to all on port 8787
            memory_limit=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _scheduler(address: str) -> Iterator[Client]:
    """Yield a client of a scheduler that runs already."""
    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT)
    except (OSError, ValueError, TimeoutError) as exc:
        raise TemporaryError(
            "no Dask scheduler answers here", where=address, hint="start one with `dask scheduler`"
        ) from exc
    with client:
        yield client


def _may_stay(plan: Plan) -> bool:
    return all(may_stay(task.argv) for step in plan.steps for task in step.tasks)


def _that_fit(site: Site, cores: int) -> int:
    """Return for how many tasks there are cores on this machine."""
    return max(1, cores // site.cores)


def _at_once(site: Site, cores: int) -> int:
    """Return how many tasks run side by side on this machine.

    One more than fit: a task reads frames in threads, but decides alone, and no core is to idle then.
    """
    return min(_that_fit(site, cores) + 1, cores)


def _run_on_worker(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    job: str,
    frames: str,
    retries_of_75: int,
    timeout: float,
    stays: bool,
) -> Outcome:
    worker = get_worker()

    def tell(percent: float) -> None:
        worker.log_event(job, {"frames": frames, "percent": percent})

    return run_command(
        argv,
        environment,
        job=job,
        running=_RUNNING,
        retries=retries_of_75,
        timeout=timeout,
        tell=tell,
        stays=stays,
    )


def _stop_on_worker(job: str) -> int:
    return _RUNNING.stop(job)


def _weight(task: Task) -> int:
    return len(FrameRange.parse(task.frames)) if task.frames else _SINGLE


def _failure(future: Future[Any]) -> str:
    """Return why a task failed; empty if it did not."""
    if future.cancelled():
        return "was cancelled by the scheduler"
    error = future.exception()
    if error is not None:  # its workers were lost again and again, or have another pixmend
        return str(error).strip().partition("\n")[0] or type(error).__name__
    outcome: Outcome = future.result()
    return outcome.reason


ENGINE = Local()

# SPDX-License-Identifier: Apache-2.0
"""A real Slurm of one node: its own ports, keys and state, no systemd, no cgroups, no root."""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["MISSING", "Slurm", "one_node"]

_NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "squeue")
_SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
MISSING = [name for name in _NEEDED if shutil.which(name, path=_SEARCHED) is None]
"""Programs that are not there: tests that need Slurm skip then."""

_CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MinJobAge=600
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=2
MaxArraySize={array}
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=farm Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """A Slurm that runs; `environment` is what its commands need.

    A job that is put back into the queue waits until its credential is void: that is why it is so short.
    """

    def __init__(self, folder: Path) -> None:
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf")}

    def say(self, *words: str) -> str:
        """Run a command of Slurm; return what it prints."""
        ended = subprocess.run(
            words, env=os.environ | self.environment, capture_output=True, text=True, check=True
        )
        return ended.stdout

    def states(self, ids: str) -> dict[str, str]:
        """Return the state of each element of job arrays, `12_0` to `COMPLETED`."""
        found = {}
        for line in self.say("squeue", "-h", "-r", "-t", "all", "-o", "%i %T", "-j", ids).splitlines():
            name, _, state = line.partition(" ")
            found[name] = state
        return found

    def wait_for(self, ids: str, *, seconds: float) -> dict[str, str]:
        """Return the states of arrays once every element has ended."""
        on_the_way = {"PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "REQUEUED", "SUSPENDED"}
        until = time.monotonic() + seconds
        while on_the_way & set((states := self.states(ids)).values()):
            assert time.monotonic() < until, f"after {seconds} s: {states}"
            time.sleep(0.2)
        return states


@contextmanager
def one_node(folder: Path, *, array: int = 1001) -> Iterator[Slurm]:
    """Run a Slurm in a folder, as whoever asks for it; `array` is its MaxArraySize."""
    os.chmod(folder, 0o755)  # noqa: PTH101, S103 - munge wants others to reach its socket
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(secrets.token_bytes(128))
    (folder / "munge.key").chmod(0o400)
    controller_port, node_port = _free_ports(2)
    (folder / "slurm.conf").write_text(
        _CONFIGURATION.format(
            host=socket.gethostname().partition(".")[0],
            user=getpass.getuser(),
            folder=folder,
            controller_port=controller_port,
            node_port=node_port,
            array=array,
        )
    )
    slurm = Slurm(folder)
    processes = []
    try:
        for command in _daemons(folder):
            log = (folder / f"{command[0]}.out").open("wb")
            with log:
                processes.append(_started(command, slurm, log))
        _wait_until_idle(slurm, folder)
        yield slurm
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(30)


def _daemons(folder: Path) -> Iterator[Sequence[str]]:
    own = [f"--{name}={folder}/munge.{name}" for name in ("socket", "pid-file", "log-file", "seed-file")]
    yield ("munged", "--foreground", "--force", f"--key-file={folder}/munge.key", *own)
    yield ("slurmctld", "-D", "-f", f"{folder}/slurm.conf")
    yield ("slurmd", "-D", "-f", f"{folder}/slurm.conf")


def _started(command: Sequence[str], slurm: Slurm, log: object) -> "subprocess.Popen[bytes]":
    program = shutil.which(command[0], path=_SEARCHED)
    assert program is not None
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [program, *command[1:]], env=os.environ | slurm.environment, stdout=log, stderr=log
    )


def _wait_until_idle(slurm: Slurm, folder: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            if slurm.say("sinfo", "-h", "-o", "%T").strip() == "idle":
                return
        except subprocess.CalledProcessError:
            pass
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))
        assert time.monotonic() < until, logs
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()

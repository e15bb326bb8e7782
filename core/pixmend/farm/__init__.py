# SPDX-License-Identifier: Apache-2.0
"""A job for a farm: what is asked, what it comes to, who runs it, how far it is.

What a task needs of this room imports neither OpenJD nor Dask: those are for submitting.
"""

from pixmend.farm._chunks import FrameCost, chunk_size, frames_to_lay
from pixmend.farm._engines import ENGINES, Command, Submission, Submitter, open_engine, resolve_plan
from pixmend.farm._job import Job, read_job, write_job
from pixmend.farm._plan import Outline, Plan, Step, Task, read_outline, write_outline
from pixmend.farm._site import Site, read_site
from pixmend.farm._status import JobStatus, StepStatus, job_status
from pixmend.farm._tasks import TaskRecord, TaskState, forget_records, read_records, recorded_task
from pixmend.farm._template import Laid, make_template, parameter_values

__all__ = [
    "ENGINES",
    "Command",
    "FrameCost",
    "Job",
    "JobStatus",
    "Laid",
    "Outline",
    "Plan",
    "Site",
    "Step",
    "StepStatus",
    "Submission",
    "Submitter",
    "Task",
    "TaskRecord",
    "TaskState",
    "chunk_size",
    "forget_records",
    "frames_to_lay",
    "job_status",
    "make_template",
    "open_engine",
    "parameter_values",
    "read_job",
    "read_outline",
    "read_records",
    "read_site",
    "recorded_task",
    "resolve_plan",
    "write_job",
    "write_outline",
]

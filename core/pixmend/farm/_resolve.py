# SPDX-License-Identifier: Apache-2.0
"""A template and its values to a plan: OpenJD's own library does the resolving."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openjd.model import (
    CompatibilityError,
    DecodeValidationError,
    FormatStringError,
    Job,
    ParameterValue,
    StepDependencyGraph,
    StepParameterSpaceIterator,
    SymbolTable,
    TokenError,
    create_job,
    decode_job_template,
    preprocess_job_parameters,
)

from pixmend.errors import UsageError
from pixmend.farm._plan import Plan, Step, Task

__all__ = ["resolve"]

_EXTENSIONS = ["TASK_CHUNKING"]


def resolve(template: Mapping[str, Any], values: Mapping[str, Any], *, folder: Path) -> Plan:
    """Return the steps and commands that a template comes to.

    Parameters
    ----------
    template : mapping
        An OpenJD job template, version 2023-09.
    values : mapping
        The job's parameters; of ``Job`` the job folder.
    folder : Path
        Where relative paths begin.

    Raises
    ------
    UsageError
        If the template breaks the specification, or a value does not fit it.
    """
    try:
        decoded = decode_job_template(template=dict(template), supported_extensions=_EXTENSIONS)
        parameters = preprocess_job_parameters(
            job_template=decoded,
            job_parameter_values={name: str(value) for name, value in values.items()},
            job_template_dir=folder,
            current_working_dir=folder,
        )
        job = create_job(job_template=decoded, job_parameter_values=parameters)
        return _plan(job, parameters)
    except (CompatibilityError, DecodeValidationError, FormatStringError, TokenError, ValueError) as exc:
        first = (str(exc).strip() or type(exc).__name__).splitlines()
        raise UsageError(f"the job cannot be resolved: {' '.join(first)}") from exc


def _plan(job: Job, parameters: Mapping[str, ParameterValue]) -> Plan:
    symbols = SymbolTable()
    for name, parameter in parameters.items():
        symbols[f"Param.{name}"] = symbols[f"RawParam.{name}"] = parameter.value
    environment: dict[str, str] = {}
    for each in job.jobEnvironments or []:
        environment |= {name: _text(value, symbols) for name, value in (each.variables or {}).items()}
    return Plan(
        name=job.name,
        job_folder=Path(str(parameters["Job"].value)),
        environment=environment,
        steps=tuple(_step(each, symbols) for each in StepDependencyGraph(job=job).topo_sorted()),
    )


def _step(step: Any, symbols: SymbolTable) -> Step:
    run = step.script.actions.onRun
    needs = step.hostRequirements.amounts if step.hostRequirements else []
    amounts = {each.name: int(each.min) for each in needs or []}
    return Step(
        name=step.name,
        depends_on=tuple(each.dependsOn for each in step.dependencies or ()),
        tasks=_tasks(step.parameterSpace, [run.command, *(run.args or ())], symbols),
        cores=amounts.get("amount.worker.vcpu", 1),
        memory_mb=amounts.get("amount.worker.memory", 1024),
        timeout=int(str(run.timeout)),
    )


def _tasks(space: Any, words: Sequence[Any], symbols: SymbolTable) -> tuple[Task, ...]:
    if space is None:
        return (Task("", tuple(_text(word, symbols) for word in words)),)
    found = []
    for parameters in StepParameterSpaceIterator(space=space):
        own = SymbolTable(source=symbols)
        for name, parameter in parameters.items():
            own[f"Task.Param.{name}"] = own[f"Task.RawParam.{name}"] = parameter.value
        frames = str(parameters["Frames"].value)
        found.append(Task(frames, tuple(_text(word, own) for word in words)))
    return tuple(found)


def _text(value: Any, symbols: SymbolTable) -> str:
    return str(value.resolve(symtab=symbols)) if hasattr(value, "resolve") else str(value)

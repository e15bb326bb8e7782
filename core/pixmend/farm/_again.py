# SPDX-License-Identifier: Apache-2.0
"""A task that says "later" (75), or that is killed outright (137, say for want of memory), is tried again where it ran.

Engines try again nothing (Slurm) or whatever fails, be there hope or not (Deadline 10; OpenCue, and
that but once). So they are told to try nothing again, and a script does it, which also leaves word of
what it gives up. Machines that are lost stay the engine's matter.
"""

from pathlib import Path

from pixmend.farm._plan import Plan, Step, Task
from pixmend.farm._site import Site
from pixmend.farm._tasks import end_file, task_name
from pixmend.publish import publish_text

__all__ = ["tried_again", "write_again"]

_FILE = "again.sh"
_SCRIPT = """\
#!/bin/bash
# again.sh RETRIES END COMMAND...: runs COMMAND, again after 75 and 137, and says in END how it ended if not well.
retries=$1 end=$2 stopped=""
shift 2
rm -f "$end"
trap 'stopped=1; kill -TERM "$child" 2>/dev/null' TERM INT
for ((attempt = 0; ; attempt++)); do
  "$@" &
  child=$!
  wait "$child"
  code=$?
  while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done  # a signal ends a wait early
  if [[ -n $stopped ]]; then wait "$child"; last=$?; ((last == 127)) || code=$last; fi
  if [[ -n $stopped ]] || ((code != 75 && code != 137 || attempt >= retries)); then break; fi
  sleep $((attempt < 6 ? 1 << attempt : 60)) &
  child=$!
  wait "$child"
  if [[ -n $stopped ]]; then break; fi
done
if ((code)); then
  mkdir -p "${end%/*}"
  echo "$code $(date +%s) ${HOSTNAME:-unknown}" > "$end.new" && mv "$end.new" "$end"
fi
exit $code
"""


def write_again(folder: Path) -> None:
    """Write the script into the folder of an engine. Errors as `publish_text`."""
    publish_text(folder / _FILE, _SCRIPT, overwrite=True)


def tried_again(plan: Plan, step: Step, task: Task, *, site: Site, folder: Path) -> tuple[str, ...]:
    """Return the command of a task that is tried again, by the script in the engine's folder of the job."""
    end = plan.job_folder / end_file(task_name(step.name, task.frames))
    script = plan.job_folder / folder.name / _FILE
    return ("/bin/bash", str(script), str(site.retries), str(end), *task.argv)

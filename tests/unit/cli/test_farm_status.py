# SPDX-License-Identifier: Apache-2.0
"""What `farm status` says of a task that takes long."""

import json
import time

from pixmend.cli import main
from pixmend.farm import Plan, recorded_task, write_outline
from tests.make.farm import command, step_of

CHUNKS = [f"{first}-{first + 9}" for first in (1001, 1011, 1021, 1031)]


def test_a_straggler_is_named(tmp_path, capsys):
    step = step_of("Look", *(command("", frames) for frames in CHUNKS))
    write_outline(tmp_path, Plan(name="reel", job_folder=tmp_path, steps=(step,)))
    for frames in CHUNKS[:3]:
        with recorded_task(tmp_path, step="Look", frames=frames):
            pass
    with recorded_task(tmp_path, step="Look", frames=CHUNKS[3]) as record:
        path = tmp_path / "tasks" / f"Look.{CHUNKS[3]}.json"
        said = json.loads(path.read_text()) | {"started": time.time() - 700}
        path.write_text(json.dumps(said))
        assert main(["farm", "status", str(tmp_path)]) == 0
        told = capsys.readouterr().out
        assert main(["farm", "status", str(tmp_path), "--json"]) == 0
        (long,) = json.loads(capsys.readouterr().out)["stragglers"]
    assert f"takes long: Look {CHUNKS[3]} on {record.host}, 70" in told
    assert (long["frames"], long["step"]) == (CHUNKS[3], "Look")
    assert long["seconds"] >= 700

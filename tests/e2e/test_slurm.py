# SPDX-License-Identifier: Apache-2.0
"""A real Slurm of one node runs what the engine writes."""

import sys

import pytest

from pixmend.errors import UsageError
from pixmend.farm import Plan, Site, open_engine
from pixmend.progress import Silent
from tests.make.awkward import AWKWARD, engine_folder
from tests.make.farm import command, step_of
from tests.make.slurm import MISSING, one_node

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"Slurm is not here: {', '.join(MISSING)}"),
]
NOTE = "import os, sys; open(sys.argv[1], 'a').write(sys.argv[2] + os.environ['SAID'] + '\\n')"
LATER = "import os, sys; new = not os.path.exists(sys.argv[1]); open(sys.argv[1], 'a'); sys.exit(75 * new)"


def test_arrays_wait_are_split_try_again_and_fall_with_what_fails(tmp_path, monkeypatch):
    (state := tmp_path / "slurm").mkdir()
    folder, said = engine_folder(tmp_path, "slurm"), tmp_path / "said"
    chunks = [f"{at}-{at}" for at in range(1, 6)]
    steps = (
        step_of("Cuts", command(LATER, "", tmp_path / "tried")),
        step_of("Look", *(command(NOTE, each, said, each) for each in chunks), after=["Cuts"]),
        step_of("Map", command("raise SystemExit(3)"), after=["Look"]),
        step_of("Fix", command(NOTE, "", said, "never"), after=["Map"]),
    )
    plan = Plan(name="reel A", job_folder=folder.parent, environment={"SAID": AWKWARD}, steps=steps)
    site = Site(command=(sys.executable,), retries=1, sections={"slurm": {"array_size": 2}})
    engine = open_engine("slurm")
    engine.write(plan, site, folder)
    with one_node(state, array=4) as slurm:
        for name, value in slurm.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(UsageError, match="arrays of 3 elements, not of 9"):
            engine.write(plan, Site(sections={"slurm": {"array_size": 9}}), folder)
        engine.write(plan, Site(), folder)
        assert "--array=0-2 " in (folder / "submit.sh").read_text()
        engine.write(plan, site, folder)
        ids = engine.submit(plan, site, folder, Silent()).ids
        states = {name: sorted(slurm.wait_for(each, seconds=90).values()) for name, each in ids.items()}
    assert len(ids["Look"].split(",")) == 3
    assert states == {
        "Cuts": ["COMPLETED"],
        "Look": ["COMPLETED"] * 5,
        "Map": ["FAILED"],
        "Fix": ["CANCELLED"],
    }
    assert sorted(said.read_text().splitlines()) == [each + AWKWARD for each in chunks]

# SPDX-License-Identifier: Apache-2.0
"""AWS's own client hands the bundle to a stand-in for the service."""

import json

import pytest

from pixmend.errors import UsageError
from pixmend.farm import Laid, Site, make_template, open_engine, parameter_values
from pixmend.progress import Silent
from tests.fakes.deadline_cloud import FARM, JOB, QUEUE, serving
from tests.make.awkward import engine_folder
from tests.make.farm import job_of, planned

pytestmark = pytest.mark.slow
pytest.importorskip("deadline", reason="the client `deadline` is not installed")


def test_the_service_gets_the_neutral_job_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = engine_folder(tmp_path, "deadline-cloud")
    site = Site(
        command=("pixmend",), priority=60, sections={"deadline-cloud": {"farm": FARM, "queue": QUEUE}}
    )
    template = make_template(job_of(), site)
    laid = Laid(frames="1001-1024", look=6, mend=6)
    values = parameter_values(job_of(), job_folder=str(folder.parent), laid=laid)
    (folder.parent / "template.json").write_text(json.dumps(template))
    (folder.parent / "parameter_values.json").write_text(json.dumps(values))
    engine, plan = open_engine("deadline-cloud"), planned(folder.parent, site=site)
    engine.write(plan, site, folder)
    with serving() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        submission = engine.submit(plan, site, folder, Silent())
        assert dict(submission.ids) == {"job": JOB}
        assert submission.is_queued()
        service.status = "CANCELED"
        assert not submission.is_queued()
        broken = {**template, "steps": []}
        (folder / "bundle" / "template.json").write_text(json.dumps(broken))
        with pytest.raises(UsageError):
            engine.submit(plan, site, folder, Silent())
    (asked,) = service.jobs
    assert json.loads(asked["template"]) == template
    assert asked["maxRetriesPerTask"] == site.retries
    assert asked["priority"] == 60
    assert asked["parameters"]["Frames"] == {"string": "1001-1024"}

# SPDX-License-Identifier: Apache-2.0
import json

from pixmend.cli import _serve, serve_tasks


def test_each_task_is_run_and_its_exit_code_said(capsys):
    code = serve_tasks([json.dumps(["--version"]), json.dumps(["farm", "status", "/no/such/job"])])
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("pixmend ")
    assert lines[1:] == ["pixmend_task_ended: 0", "pixmend_task_ended: 2"]
    assert "this is no job folder" in err


def test_after_a_signal_no_task_is_begun(capsys, monkeypatch):
    begun = []
    monkeypatch.setattr(_serve, "main", lambda argv: begun.append(argv) or 130)
    assert serve_tasks(['["farm"]', '["demo"]']) == 130
    assert begun == [["farm"]]
    assert capsys.readouterr().out == "pixmend_task_ended: 130\n"

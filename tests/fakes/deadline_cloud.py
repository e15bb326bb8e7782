# SPDX-License-Identifier: Apache-2.0
"""Stands in for the service of AWS Deadline Cloud: it takes jobs, checks them, and runs none."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openjd.model import DecodeValidationError, decode_job_template

__all__ = ["FARM", "JOB", "QUEUE", "Service", "serving"]

FARM, QUEUE, JOB = (f"{name}-{'0' * 31}1" for name in ("farm", "queue", "job"))
_MADE = {"createdAt": "2026-01-01T00:00:00Z", "createdBy": "tests"}
_QUEUE = {
    "queueId": QUEUE,
    "farmId": FARM,
    "displayName": "q",
    "status": "IDLE",
    "defaultBudgetAction": "NONE",
}
_JOB = {
    "jobId": JOB,
    "name": "reel",
    "lifecycleStatus": "CREATE_COMPLETE",
    "lifecycleStatusMessage": "",
    "priority": 50,
    "taskRunStatus": "READY",
    "targetTaskRunStatus": "READY",
}
_ANSWERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", rf"/farms/{FARM}", {"farmId": FARM, "displayName": "f", "kmsKeyArn": "", **_MADE}),
    ("GET", rf"/farms/{FARM}/queues/{QUEUE}", {**_QUEUE, **_MADE}),
    ("GET", rf"/farms/{FARM}/queues/{QUEUE}/environments", {"environments": []}),
    ("GET", r"/.*/storage-profiles", {"storageProfiles": []}),
    ("POST", rf"/farms/{FARM}/queues/{QUEUE}/jobs", {"jobId": JOB}),
    ("GET", rf"/farms/{FARM}/queues/{QUEUE}/jobs/{JOB}", {**_JOB, **_MADE}),
)


class Service:
    """What was asked of the service, and its address.

    Attributes
    ----------
    jobs : list of dict
        The bodies of CreateJob that were accepted.
    unknown : list of str
        Requests that it has no answer to.
    status : str
        What it says of the tasks of a job.
    """

    def __init__(self, port: int) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.unknown: list[str] = []
        self.status = "READY"
        self.environment = {
            "AWS_ENDPOINT_URL_DEADLINE": f"http://127.0.0.1:{port}",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-west-2",
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return status and document of a request."""
        for known, pattern, document in _ANSWERS:
            if known == method and re.fullmatch(f"/[^/]*{pattern}", path):
                if method == "POST":
                    return self._taken(json.loads(body), document)
                return 200, document | ({"taskRunStatus": self.status} if document.get("jobId") else {})
        self.unknown.append(f"{method} {path}")
        return 404, {"message": f"no answer to {method} {path}"}

    def _taken(self, asked: dict[str, Any], document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            assert asked["templateType"] in {"JSON", "YAML"}
            template = json.loads(asked["template"])
            checked = decode_job_template(template=template, supported_extensions=["TASK_CHUNKING"])
        except (DecodeValidationError, ValueError) as exc:
            return 400, {"message": f"the template is not valid: {exc}"}
        known = {each.name for each in checked.parameterDefinitions or ()}
        if asked.get("parameters", {}).keys() - known:
            return 400, {"message": f"parameters {sorted(asked['parameters'])}, known are {sorted(known)}"}
        self.jobs.append(asked)
        return 200, document


@contextmanager
def serving() -> Iterator[Service]:
    """Serve on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _go(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, document = service.answer(self.command, self.path.partition("?")[0], body)
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _go  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = Service(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()

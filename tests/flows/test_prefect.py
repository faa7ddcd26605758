"""The same steps through Prefect: one server for all of these tests, since it starts slowly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from flows.prefect_home import QUIET, api_file, configured_api, prepare
from flows.up import prefect_server
from okrsync.sandbox.server import free_port
from tests.flows.kit import Company, okrsync, printed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    kept = dict(os.environ)
    try:
        with prefect_server(tmp_path_factory.mktemp("prefect"), free_port()) as api:
            yield api
    finally:
        os.environ.clear()
        os.environ.update(kept)


def ask(url: str, body: object) -> object:
    """Return what the API answers; it says 503 while its SQLite file is locked, and Prefect's client asks again too."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    for _ in range(40):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 503:
                raise
        time.sleep(0.25)
    pytest.fail(f"{url} is busy")


def test_both_ways_end_in_the_same_store(rivelle: Company, prefect_api: str) -> None:
    kept = rivelle.keep("before-prefect.db")
    report = rivelle.sync()
    in_process = rivelle.dump()
    rivelle.put_back(kept)
    done = okrsync("-C", str(rivelle.folder), "sync", "--prefect", "--json", env={"PREFECT_API_URL": prefect_api})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert printed(done)["through"] == "prefect"
    assert printed(done)["check_ins"] == report.check_ins > 0
    assert rivelle.dump() == in_process

    artifacts = ask(f"{prefect_api}/artifacts/filter", {"artifacts": {"key": {"any_": ["key-results"]}}})
    assert isinstance(artifacts, list)
    assert "new-checkout/epic" in artifacts[0]["data"]
    assert "completed" in artifacts[0]["data"]


def test_deploy_puts_the_schedule_of_the_rules_on_the_api(rivelle: Company, prefect_api: str) -> None:
    for _ in range(2):  # the second time updates
        done = okrsync("-C", str(rivelle.folder), "deploy", env={"PREFECT_API_URL": prefect_api})
        assert done.returncode == 0, done.stderr
    found = ask(f"{prefect_api}/deployments/filter", {})
    assert isinstance(found, list)
    (deployment,) = found
    assert deployment["entrypoint"] == "flows.sync.sync"
    assert deployment["work_pool_name"] == "okrsync"
    assert deployment["parameters"] == {"config": str(rivelle.place.rules_path)}
    (schedule,) = deployment["schedules"]
    assert schedule["schedule"]["cron"] == "0 2 * * *"
    assert schedule["schedule"]["timezone"] == "Europe/Paris"


def test_deploy_without_an_api_says_what_to_do(rivelle: Company, tmp_path: Path) -> None:
    done = okrsync("-C", str(rivelle.folder), "deploy", env={"HOME": str(tmp_path), "PREFECT_API_URL": ""})
    assert done.returncode == 1
    assert "set PREFECT_API_URL" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_api_that_does_not_answer_is_one_line_that_says_what_to_do(rivelle: Company, prefect_api: str) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/api"
    for words in (["sync"], ["deploy"]):
        done = okrsync("-C", str(rivelle.folder), *words, env={"PREFECT_API_URL": nowhere})
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"okrsync: no Prefect API answers at {nowhere} (")
        assert "Traceback" not in done.stderr
    done = okrsync("-C", str(rivelle.folder), "deploy", env={"PREFECT_API_URL": prefect_api.removesuffix("/api")})
    assert done.returncode == 1
    assert "which ends in /api" in done.stderr


class Between:
    """Hands requests on to a server until it goes away; the socket of events stays, which Prefect is patient with."""

    def __init__(self, api: str) -> None:
        self._there = ("127.0.0.1", urlsplit(api).port or 0)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._events: list[socket.socket] = []
        self.api = f"http://127.0.0.1:{self._door.getsockname()[1]}/api"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                there = socket.create_connection(self._there)
                events = b"/events/in" in here.recv(200, socket.MSG_PEEK)
                (self._events if events else self._open).extend((here, there))
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                other.sendall(said)
            other.shutdown(socket.SHUT_RDWR)

    def go_away(self) -> None:
        _hang_up(self._door, *self._open)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _hang_up(*self._events)


def _hang_up(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


class OnlyHealthy(BaseHTTPRequestHandler):
    """An API that says it is well, and hangs up on whatever else it is asked."""

    def do_GET(self) -> None:
        if self.path == "/api/health":
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"true")
        self.close_connection = True

    def do_POST(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


NO_RETRIES = {"PREFECT_CLIENT_MAX_RETRIES": "0"}


def test_an_api_that_goes_away_leaves_what_was_published_and_is_one_line(rivelle: Company, prefect_api: str) -> None:
    before = rivelle.runs()
    plain = {name: said for name, said in os.environ.items() if not name.startswith("PREFECT_LOGGING")}
    environ = {**plain, **NO_RETRIES, "OKRSYNC_FAIL_AT": "flows.measure stop"}
    with (
        Between(prefect_api) as between,
        subprocess.Popen(
            [sys.executable, "-m", "okrsync", "-C", str(rivelle.folder), "sync"],
            env={**environ, "PREFECT_API_URL": between.api},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process,
    ):  # fmt: skip
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        between.go_away()
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert rivelle.runs() == before + 1
    assert "check-ins written" in out
    assert err.startswith("Syncing through Prefect.\nokrsync: "), err
    assert err.count("\n") == 2, err
    trouble = err.splitlines()[1]
    assert trouble.startswith(f"okrsync: the Prefect API at {between.api} failed (")
    assert "after all this was published" in trouble


def test_an_api_that_fails_before_anything_began_is_one_line_too(rivelle: Company) -> None:
    before = rivelle.runs()
    with HTTPServer(("127.0.0.1", 0), OnlyHealthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = f"http://127.0.0.1:{server.server_port}/api"
        for words, says in (
            (["sync", "--prefect"], "so nothing was published: run it again, or `okrsync sync --in-process`"),
            (["deploy"], "the schedule may not be there yet, run `okrsync deploy` again"),
        ):
            done = okrsync("-C", str(rivelle.folder), *words, env={**NO_RETRIES, "PREFECT_API_URL": api})
            assert done.returncode == 1, done.stderr
            assert done.stderr.startswith(f"okrsync: the Prefect API at {api} failed (")
            assert says in done.stderr
            assert done.stderr.count("\n") == 1
        server.shutdown()
    assert rivelle.runs() == before


def test_up_runs_server_schedule_and_page_until_it_is_ended(rivelle: Company) -> None:
    page, server = free_port(), free_port()
    words = ["-C", str(rivelle.folder), "up", "--port", str(page), "--prefect-port", str(server)]
    with subprocess.Popen(
        [sys.executable, "-m", "okrsync", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            wait_for(f"http://127.0.0.1:{page}/healthz", process)
            api = f"http://127.0.0.1:{server}/api"
            deployment = wait_for_deployment(api, process)
            assert wait_for_run(api, deployment) == "COMPLETED"
            assert rivelle.runs() == 2, "what the schedule starts ends in the same store"
            # While it runs, a plain sync goes through it.
            done = okrsync("-C", str(rivelle.folder), "sync", "--json")
            assert printed(done)["through"] == "prefect", done.stderr
        finally:
            process.send_signal(signal.SIGTERM)  # as systemd and containers do; it is taken for Ctrl-C
        said = process.communicate(timeout=60)[0]
    assert "Traceback" not in said, said
    assert process.returncode == 0
    assert not api_file(rivelle.place.data_folder).exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server), timeout=1).close()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(400):
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    pytest.fail(f"{url} never answered")


def wait_for_deployment(api: str, process: subprocess.Popen[str]) -> str:
    for _ in range(200):
        assert process.poll() is None
        found = ask(f"{api}/deployments/filter", {})
        if isinstance(found, list) and found:
            return str(found[0]["id"])
        time.sleep(0.25)
    pytest.fail("no deployment appeared")


def wait_for_run(api: str, deployment: str) -> str:
    """Start the deployment as its schedule would, and return how the run ended."""
    started = ask(f"{api}/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})
    assert isinstance(started, dict)
    for _ in range(240):
        found = ask(f"{api}/flow_runs/filter", {"flow_runs": {"id": {"any_": [started["id"]]}}})
        assert isinstance(found, list)
        if found[0]["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
            return str(found[0]["state_type"])
        time.sleep(0.25)
    pytest.fail("the run never ended")


def test_prefect_is_quiet_private_and_has_its_own_files(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PREFECT_LOGGING_LEVEL": "DEBUG"}
    prepare(tmp_path / "data", environ)
    assert environ["PREFECT_HOME"] == str(tmp_path / "data" / "prefect")
    assert environ["DO_NOT_TRACK"] == "1"
    assert environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environ["PREFECT_LOGGING_LEVEL"] == "DEBUG", "what a person has set stays"
    assert environ.keys() >= QUIET.keys()


def test_a_profile_of_the_person_counts_as_a_configured_api(tmp_path: Path) -> None:
    profiles = 'active = "team"\n[profiles.team]\nPREFECT_API_URL = "http://prefect.acme.test:4200/api"\n'
    (tmp_path / "profiles.toml").write_text(profiles, encoding="utf-8")
    assert configured_api(tmp_path, {"PREFECT_HOME": str(tmp_path)}) == "http://prefect.acme.test:4200/api"
    assert configured_api(tmp_path, {"PREFECT_HOME": str(tmp_path / "none")}) is None


def test_a_stale_note_of_a_killed_service_is_not_believed(tmp_path: Path) -> None:
    api_file(tmp_path).write_text(json.dumps({"api_url": f"http://127.0.0.1:{free_port()}/api"}), encoding="utf-8")
    assert configured_api(tmp_path, {"PREFECT_HOME": str(tmp_path)}) is None

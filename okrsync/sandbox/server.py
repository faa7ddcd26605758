"""Serves the vendors over real HTTP on loopback, with uvicorn in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mapping.errors import FixConfigError
from okrsync.sandbox.asana import asana_app
from okrsync.sandbox.asana_site import AsanaSite
from okrsync.sandbox.door import FrontDoor
from okrsync.sandbox.faults import FaultScript
from okrsync.sandbox.github import github_app
from okrsync.sandbox.github_site import GitHubSite
from okrsync.sandbox.jira import jira_app
from okrsync.sandbox.jira_dc import jira_dc_app
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.ledger import Ledger

HOST = "127.0.0.1"
JIRA_PREFIX = "/jira"
JIRA_DC_PREFIX = "/jira-dc"
GITHUB_PREFIX = "/github"
ASANA_PREFIX = "/asana"


def utc_now() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """The vendors as they are being served. Sites may be changed while requests come in."""

    jira: JiraSite
    github: GitHubSite
    port: int
    refresh: Callable[[Sandbox], None] | None = None
    """Called before each request; it may put newer sites in place."""
    jira_dc: JiraSite | None = None
    """A Data Center, where a test or a demo wants one."""
    asana: AsanaSite = field(default_factory=AsanaSite)
    """Empty unless a test or a demo fills it."""
    jira_ledger: Ledger = field(default_factory=Ledger)
    jira_dc_ledger: Ledger = field(default_factory=Ledger)
    github_ledger: Ledger = field(default_factory=Ledger)
    jira_faults: FaultScript = field(default_factory=FaultScript)
    jira_dc_faults: FaultScript = field(default_factory=FaultScript)
    github_faults: FaultScript = field(default_factory=FaultScript)
    asana_ledger: Ledger = field(default_factory=Ledger)
    asana_faults: FaultScript = field(default_factory=FaultScript)

    @property
    def jira_url(self) -> str:
        """The address a Jira connection is configured with."""
        return address(self.port) + JIRA_PREFIX

    @property
    def jira_dc_url(self) -> str:
        """The address a connection to the Data Center is configured with; its context path is part of it."""
        return address(self.port) + JIRA_DC_PREFIX

    @property
    def github_url(self) -> str:
        """The API address a GitHub connection is configured with."""
        return address(self.port) + GITHUB_PREFIX

    @property
    def asana_url(self) -> str:
        """The API address an Asana connection is configured with."""
        return address(self.port) + ASANA_PREFIX


def address(port: int) -> str:
    """Return the server's own address, without a path."""
    return f"http://{HOST}:{port}"


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def sandbox_app(sandbox: Sandbox, clock: Callable[[], datetime]) -> ASGIApp:
    """Return the ASGI app of the vendors under their prefixes."""

    def current() -> Sandbox:
        if sandbox.refresh is not None:
            sandbox.refresh(sandbox)
        return sandbox

    jira = FrontDoor(jira_app(lambda: current().jira, clock), sandbox.jira_ledger, sandbox.jira_faults)
    data_center = FrontDoor(
        jira_dc_app(lambda: current().jira_dc, clock), sandbox.jira_dc_ledger, sandbox.jira_dc_faults
    )
    github = FrontDoor(github_app(lambda: current().github, clock), sandbox.github_ledger, sandbox.github_faults)
    asana = FrontDoor(asana_app(lambda: current().asana, clock), sandbox.asana_ledger, sandbox.asana_faults)
    vendors = ((JIRA_PREFIX, jira), (JIRA_DC_PREFIX, data_center), (GITHUB_PREFIX, github), (ASANA_PREFIX, asana))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on with the server's own ``send``, which faults need to break a connection."""
        for prefix, vendor in vendors:
            if scope["path"].startswith(prefix + "/"):
                await vendor({**scope, "root_path": prefix}, receive, send)
                return
        places = f"Jira answers under {JIRA_PREFIX}, GitHub under {GITHUB_PREFIX}, Asana under {ASANA_PREFIX}.\n"
        nothing = Response(places, 404)
        await nothing(scope, receive, send)

    return app


@contextmanager
def serving(sandbox: Sandbox, *, clock: Callable[[], datetime] = utc_now) -> Iterator[Sandbox]:
    """Serve at ``sandbox.port`` until the block ends.

    Raises:
        FixConfigError: something else listens on the port.
    """
    listener = _listen(sandbox.port)
    config = uvicorn.Config(
        sandbox_app(sandbox, clock),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the sites have a clock of their own, which this one would contradict
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="okrsync-sandbox", daemon=True)
    thread.start()
    try:
        yield sandbox
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise FixConfigError(
            f"the sandbox cannot listen on {address(port)} ({error.strerror}): "
            "stop what runs there (an older sandbox?) or make the demo in another folder"
        ) from error
    listener.listen(128)  # connections wait here until uvicorn takes over, so nothing is refused at the start
    return listener

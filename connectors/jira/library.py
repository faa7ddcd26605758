"""The jira library, told to behave: no retries of its own, no bodies in logs. Imported on first use only."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from jira import JIRA, JIRAError

from connectors.addresses import LOOPBACK
from connectors.guard import Guard
from connectors.jira.guarded import GuardedAdapter
from connectors.jira.refusals import login_trouble

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


class Library(JIRA):
    """A client that asks nothing until it is asked."""

    def __init__(self, server: str, api: str, *, guard: Guard, who: str) -> None:
        super().__init__(
            options={"server": server, "rest_api_version": api},
            # Asking serverInfo while being built would fail in the constructor; it is only good for choosing a search,
            # and the library's searches are never used.
            get_server_info=False,
            max_retries=0,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            logging=False,  # it would log headers and bodies
        )
        # No proxy leads to our own machine; elsewhere HTTPS_PROXY and NO_PROXY are honoured as in the shared client.
        self._session.trust_env = urlsplit(server).hostname not in LOOPBACK
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, GuardedAdapter(guard, who))
        self._session.hooks["response"].append(_refuse_anonymous)

    def shut(self) -> None:
        """Close the connections."""
        self._session.close()

    def carry(self, authorization: str) -> None:
        """Send this Authorization header from now on; whatever the login is, that is what it comes down to."""

        def authorized(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = authorization
            return request

        self._session.auth = authorized  # and not among the headers: there a line in ~/.netrc would replace it


def _refuse_anonymous(response: requests.Response, *_args: object, **_options: object) -> None:
    """Raise for an answer that was given to nobody in particular: it lacks fields and statuses, without saying so."""
    if login_trouble(response.headers) is not None:
        raise JIRAError(status_code=response.status_code, url=response.url, response=response)

"""An app registration's secret buys tokens for Microsoft Graph, by msal over the shared client.

msal is written for threads that wait. It runs in one, and its requests come back to our event loop, where the shared
client sends them with its retries, limits and redaction: nothing blocks the loop, and no other HTTP library speaks.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.http import HeaderValues, HttpClient
from connectors.port import Surroundings
from connectors.redact import Redactor
from connectors.spreadsheet.options import Cloud, SpreadsheetOptions
from connectors.spreadsheet.tokens import Token
from mapping.errors import FixConfigError, OkrsyncError

LOGINS: dict[Cloud, str] = {
    "global": "https://login.microsoftonline.com",
    "us": "https://login.microsoftonline.us",
    "us-dod": "https://login.microsoftonline.us",
    "china": "https://login.partner.microsoftonline.cn",
}
GRAPHS: dict[Cloud, str] = {
    "global": "https://graph.microsoft.com",
    "us": "https://graph.microsoft.us",
    "us-dod": "https://dod-graph.microsoft.us",
    "china": "https://microsoftgraph.chinacloudapi.cn",
}
"""https://learn.microsoft.com/graph/deployments"""
PATIENCE = 1_000.0
"""Seconds a thread waits for our loop, which gives up by itself well before."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer in the form that msal knows."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Bad ones that no retry helps have been raised by the shared client; msal reads the rest."""


class _Transport:
    """What msal takes for an HTTP library."""

    def __init__(self, http: HttpClient, loop: asyncio.AbstractEventLoop) -> None:
        self._http = http
        self._loop = loop

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: HeaderValues | None = None, **_: object
    ) -> _Answer:
        query = f"?{urlencode(params)}" if params else ""
        return self._send("GET", url + query, headers, None)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
        headers: HeaderValues | None = None,
        **_: object,
    ) -> _Answer:
        query = f"?{urlencode(params)}" if params else ""
        form = {name: SecretStr(str(value)) if "secret" in name else str(value) for name, value in (data or {}).items()}
        return self._send("POST", url + query, headers, form)

    def close(self) -> None:
        """The shared client is closed by its owner."""

    def _send(self, method: str, url: str, headers: HeaderValues | None, form: HeaderValues | None) -> _Answer:
        request = self._http.request(method, url, headers=headers, form=form, accept={400, 401, 404})
        reply = asyncio.run_coroutine_threadsafe(request, self._loop).result(PATIENCE)
        return _Answer(reply.status, reply.body.decode("utf-8", "replace"), dict(reply.headers))


class MicrosoftSeller:
    """Buys tokens for an app registration."""

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._now = surroundings.now
        self._secret = options.client_secret or SecretStr("")
        self._authority = f"{LOGINS[options.cloud]}/{options.tenant}"
        self._scope = f"{GRAPHS[options.cloud]}/.default"
        self.http = HttpClient(
            base_url=LOGINS[options.cloud], vendor="Microsoft Entra", headers={}, surroundings=surroundings
        )
        self._app: Any = None  # msal has no types

    async def buy(self) -> Token:
        """Return a new token.

        Raises:
            FixConfigError: msal is not installed, or tenant, id or secret are refused.
            TryAgainError: busy or away.
        """
        answer = await asyncio.to_thread(self._ask, _Transport(self.http, asyncio.get_running_loop()))
        if "access_token" not in answer:
            raise self._refused(str(answer.get("error_description") or answer.get("error") or "no reason given"))
        lasts = timedelta(seconds=int(answer["expires_in"]))
        return Token(value=SecretStr(answer["access_token"]), expires_at=self._now() + lasts)

    def _ask(self, transport: _Transport) -> dict[str, Any]:
        """Ask for a token, in a thread."""
        try:
            msal = importlib.import_module("msal")  # late: nobody else needs it
        except ModuleNotFoundError as error:
            raise FixConfigError(
                "a file on sharepoint needs the package msal: pip install 'okrsync[microsoft]'"
            ) from error
        try:
            if self._app is None:
                self._app = msal.ConfidentialClientApplication(
                    self._options.client_id, authority=self._authority, http_client=transport,
                    client_credential=self._secret.get_secret_value().strip(),
                    instance_discovery=False,  # it would ask a host of its own whether ours is one of Microsoft's
                )  # fmt: skip
            self._app.remove_tokens_for_client()  # whoever asks has no use for the one msal remembers
            answer: dict[str, Any] = self._app.acquire_token_for_client(scopes=[self._scope])
        except OkrsyncError:
            raise
        except (ValueError, KeyError) as error:
            what = self._clean(str(error))
            raise FixConfigError(f"Microsoft knows no tenant {self._options.tenant} ({what}): check tenant") from None
        return answer

    def _refused(self, why: str) -> FixConfigError:
        return FixConfigError(
            f"Microsoft refuses the app {self._options.client_id} of tenant {self._options.tenant} "
            f"({self._clean(why)}): check client_id, and renew client_secret, which ends after two years at most"
        )

    def _clean(self, text: str) -> str:
        """Return the first line of what Microsoft says; trace ids follow, and nobody should see the secret."""
        first = text.partition("\n")[0].partition(" Trace ID")[0]
        return Redactor([self._secret]).clean_line(first)[:300]

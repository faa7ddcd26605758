"""Who we are at Jira, as a header: a token, a password, or a service account's token of an hour that is renewed."""

from __future__ import annotations

import asyncio
import base64

import msgspec
from pydantic import SecretStr

from connectors.http import HeaderValues, HttpClient, Reply
from connectors.jira.options import JiraOptions, Login
from connectors.port import Surroundings
from mapping.errors import FixConfigError, OkrsyncError

RENEW_BEFORE = 120.0
"""Seconds before its end in which a token is no longer used: a request under way must not outlive it."""
YOUNG = 60.0
"""Seconds in which a token cannot have ended by itself."""
USUAL_LIFE = 3600.0
"""Seconds that a token lives when the answer does not say."""
CREDENTIALS_PAGE = "https://support.atlassian.com/user-management/docs/create-oauth-2-0-credential-for-service-accounts"


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = USUAL_LIFE


class Credentials:
    """Lends the credential of one connection to its clients (:class:`connectors.http.Authority`)."""

    def __init__(self, options: JiraOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._around = surroundings
        self._one_asks = asyncio.Lock()
        self._token: SecretStr | None = None
        self._granted_at = float("-inf")
        self._ends_at = float("-inf")
        self._stragglers = 0
        self._http: HttpClient | None = None

    @property
    def sent(self) -> int:
        """How many requests for a token went out."""
        return 0 if self._http is None else self._http.sent

    async def headers(self) -> HeaderValues:
        """Return the Authorization header of this moment.

        Raises:
            FixConfigError: the client credentials are refused.
            TryAgainError: the authorization server is busy or away beyond attempts and budget.
        """
        if self._options.login is not Login.CLIENT:
            return {"authorization": authorization(self._options)}
        async with self._one_asks:  # reads in flight need one token, not eight
            if self._token is None or self._around.monotonic() >= self._ends_at:
                await self._renew()
            return {"authorization": SecretStr(f"Bearer {self._plain()}")}

    def refused(self) -> bool:
        """Return whether a granted token may have ended early, and drop it; no other credential can be renewed.

        Requests that were under way with the same token are refused after it: each of them may try again as well. A
        token that is refused as soon as it is granted will not be liked better when it is granted again.
        """
        if self._options.login is not Login.CLIENT:
            return False
        if self._around.monotonic() - self._granted_at >= YOUNG:
            self._token, self._granted_at = None, self._around.monotonic()
            self._stragglers = self._around.in_flight
            return True
        self._stragglers -= 1
        return self._stragglers >= 0

    async def aclose(self) -> None:
        """Close the connection to the authorization server."""
        if self._http is not None:
            await self._http.aclose()

    def _plain(self) -> str:
        return "" if self._token is None else self._token.get_secret_value()

    async def _renew(self) -> None:
        """Follow the client credentials grant, https://www.rfc-editor.org/rfc/rfc6749#section-4.4."""
        options = self._options
        if self._http is None:
            self._http = HttpClient(
                base_url=options.token_url,
                vendor="Atlassian's authorization server",
                headers={},
                surroundings=self._around,
                classify=self._refusal,
            )
        body = {
            "grant_type": "client_credentials",
            "client_id": options.client_id,
            "client_secret": options.secret.get_secret_value().strip(),
        }
        granted = (await self._http.request("POST", options.token_url, json=body)).decode(_Granted)
        self._token = SecretStr(granted.access_token)
        self._granted_at = self._around.monotonic()
        self._ends_at = self._granted_at + max(granted.expires_in - RENEW_BEFORE, granted.expires_in / 2)

    def _refusal(self, reply: Reply) -> OkrsyncError:
        # The server's own words are left out: they may repeat what was sent.
        return FixConfigError(
            f"{self._around.connection}: Atlassian's authorization server refuses {self._options.account} "
            f"({reply.status}): check client_id and client_secret, or make new ones ({CREDENTIALS_PAGE})"
        )


def authorization(options: JiraOptions) -> SecretStr:
    """Return the value of the Authorization header for a credential that stays the same all the time."""
    secret = options.secret.get_secret_value().strip()
    if options.login is Login.PERSONAL:
        return SecretStr(f"Bearer {secret}")
    account = f"{options.email or options.username}:{secret}"
    return SecretStr("Basic " + base64.b64encode(account.encode()).decode())

"""Credentials of a GitHub App: a signed statement of a few minutes buys a token of an hour, renewed on the way.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from pydantic import SecretStr

from connectors.github.options import GitHubOptions
from connectors.http import HeaderValues, HttpClient
from mapping.errors import FixConfigError

BACKDATED, LASTS = timedelta(seconds=60), timedelta(minutes=9)
"""Of the signed statement: GitHub's clock may be behind ours, and it takes ten minutes at most."""
EARLY = timedelta(minutes=5)
"""A token is renewed this long before it ends, so that none ends while a request is under way."""

MOST_REFUSALS = 3


class Account(Struct, frozen=True):
    """Where an App is installed."""

    login: str


class Installation(Struct, frozen=True):
    """One installation of an App."""

    id: int
    account: Account | None = None
    suspended_at: str | None = None


class App(Struct, frozen=True):
    """An App as it describes itself."""

    slug: str
    name: str = ""


class _Token(Struct, frozen=True):
    token: str
    expires_at: Annotated[datetime, Meta(tz=True)]


class AppAuthority:
    """Lends the token of an App's installation. Its requests go through the connection's own client."""

    def __init__(self, options: GitHubOptions, connection: str, folder: Path, now: Callable[[], datetime]) -> None:
        self._options = options
        self._connection = connection
        self._folder = folder
        self._now = now
        self._http: HttpClient | None = None
        self._token: _Token | None = None
        self._installation: Installation | None = None
        self._turn = asyncio.Lock()
        self._refusals = 0
        self.tokens = 0
        """How many tokens were bought."""

    def use(self, http: HttpClient) -> None:
        """Send requests through this client from now on."""
        self._http = http

    async def headers(self) -> HeaderValues:
        """Return the header with a token that is good for some minutes at least, buying one when needed."""
        async with self._turn:
            if self._token is None or self._token.expires_at - EARLY <= self._now():
                self._token = await self._buy()
                self.tokens += 1
            return {"authorization": SecretStr(f"Bearer {self._token.token}")}

    def refused(self) -> bool:
        """Forget the token, and say whether to try with a new one: tokens may be taken back before their hour."""
        self._token = None
        self._refusals += 1
        return self._refusals <= MOST_REFUSALS

    @property
    def expires_at(self) -> datetime | None:
        """When the present token ends."""
        return self._token.expires_at if self._token else None

    async def app(self) -> App:
        """Return the App itself."""
        return (await self._client().get("/app", headers=self._statement())).decode(App)

    async def installation(self) -> Installation:
        """Return the installation whose token is used, found by number, by owner, or because it is the only one.

        Raises:
            FixConfigError: there is none, there are several, or it is suspended.
        """
        if self._installation is None:
            found = await self._find()
            if found.suspended_at is not None:
                raise FixConfigError(
                    f"{self._connection}: the App's installation {found.id} is suspended since {found.suspended_at}: "
                    "let its owner resume it in GitHub's settings"
                )
            self._installation = found
        return self._installation

    async def _buy(self) -> _Token:
        found = await self.installation()
        path = f"/app/installations/{found.id}/access_tokens"
        reply = await self._client().post(path, json={}, headers=self._statement())
        return reply.decode(_Token)

    async def _find(self) -> Installation:
        http, options = self._client(), self._options
        if options.installation is not None:
            path = f"/app/installations/{options.installation}"
            return (await http.get(path, headers=self._statement())).decode(Installation)
        if options.owner is not None:
            return await self._of_owner(options.owner)
        reply = await http.get("/app/installations", params={"per_page": 100}, headers=self._statement())
        there = reply.decode(list[Installation])
        if len(there) == 1:
            return there[0]
        names = ", ".join(f"{one.account.login if one.account else '?'} (installation {one.id})" for one in there[:8])
        if not there:
            raise FixConfigError(f"{self._connection}: the App is installed nowhere: install it for the repositories")
        raise FixConfigError(f"{self._connection}: the App is installed for {names}: name one with owner")

    async def _of_owner(self, owner: str) -> Installation:
        for kind in ("orgs", "users"):
            path = f"/{kind}/{owner}/installation"
            reply = await self._client().request("GET", path, headers=self._statement(), accept=(404,))
            if reply.status != 404:
                return reply.decode(Installation)
        raise FixConfigError(
            f"{self._connection}: the App is not installed for {owner} (404): check owner, or install it there"
        )

    def _statement(self) -> HeaderValues:
        """Return the header of the App itself, signed now."""
        import jwt  # late: most connections have a plain token, and cryptography takes a tenth of a second

        now = self._now().astimezone(UTC)
        claims = {"iat": now - BACKDATED, "exp": now + LASTS, "iss": str(self._options.app)}
        try:
            signed = jwt.encode(claims, self._key(), algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise FixConfigError(
                f"{self._connection}: the App's private key cannot be used ({type(error).__name__}): give the whole "
                "PEM file as GitHub made it, with its first and last line"
            ) from None  # the cause may quote the key
        return {"authorization": SecretStr(f"Bearer {signed}")}

    def _key(self) -> str:
        if self._options.private_key is not None:
            # Variables and .env files often hold the key in one line.
            return self._options.private_key.get_secret_value().strip().replace("\\n", "\n")
        path = self._folder / (self._options.private_key_file or "")
        try:
            return path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise FixConfigError(
                f"{self._connection}: cannot read the App's private key in {path} ({type(error).__name__}): "
                "check private_key_file"
            ) from error

    def _client(self) -> HttpClient:
        if self._http is None:
            raise RuntimeError("an authority speaks through a client: call use() first")
        return self._http

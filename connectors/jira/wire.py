"""The way to one site: where its API is, with which credential, and what its refusals mean."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import msgspec

from connectors.http import HttpClient, Params, Reply
from connectors.jira.login import Credentials
from connectors.jira.options import JiraOptions
from connectors.jira.refusals import NotThereError, QueryRefusedError, refusal, refused_login
from connectors.port import Surroundings
from connectors.redact import Redactor
from mapping.errors import FixConfigError, PartialReadError


class _Tenant(msgspec.Struct, frozen=True, rename="camel"):
    cloud_id: str


class Wire:
    """Sends requests to one site; opens nothing before the first one."""

    def __init__(self, options: JiraOptions, surroundings: Surroundings) -> None:
        self.options = options
        self.around = surroundings
        self.connection = surroundings.connection
        self.credentials = Credentials(options, surroundings)
        self._redactor = Redactor([options.secret])
        self._finding = asyncio.Lock()
        self._base: str | None = None
        self._http: HttpClient | None = None
        self._asked_for_tenant = 0

    @property
    def sent(self) -> int:
        """How many requests went out, those for a token and for the gateway's address included."""
        return (0 if self._http is None else self._http.sent) + self.credentials.sent + self._asked_for_tenant

    async def base(self) -> str:
        """Return the address of the API, found out on first use where the options do not say it.

        Raises:
            FixConfigError: the site does not tell its id, or the guard refuses the address.
        """
        async with self._finding:
            if self._base is None:
                base = await self._find_base()
                self.around.guard.check_url(base, f"{self.connection}: Jira")
                self._base = base
        return self._base

    async def http(self) -> HttpClient:
        """Return the client, opened on first use.

        Raises:
            FixConfigError: as :meth:`base`.
        """
        base = await self.base()
        if self._http is None:
            self._http = self._client(base, self.credentials)
        return self._http

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        accept: Collection[int] = (),
        shape: type = msgspec.Raw,
    ) -> Reply:
        """Return the answer. All requests here only read, so any may be sent again.

        Raises:
            FixConfigError, TryAgainError, PartialReadError: as :meth:`connectors.http.HttpClient.request`.
        """
        reply = await (await self.http()).request(method, path, params=params, json=json, accept=accept, shape=shape)
        refused = refused_login(reply, self.options)
        if refused is not None:  # Jira gave the answer to nobody in particular
            raise refused
        return reply

    async def visible(
        self, path: str, what: str, *, params: Params | None = None, accept: Collection[int] = ()
    ) -> Reply:
        """Return the answer about one thing that a rule names.

        Args:
            path: where it is.
            what: how to call it when it is not there, with possible reasons.
            params: of the query.
            accept: statuses that mean "not there" besides 404.

        Raises:
            FixConfigError: it is not there for us.
        """
        try:
            reply = await self.request("GET", path, params=params, accept=accept)
        except NotThereError as error:
            raise FixConfigError(f"{self.connection}: no {what}") from error
        if reply.status in accept:
            raise FixConfigError(f"{self.connection}: no {what}")
        return reply

    def check_query(self, reply: Reply, jql: str) -> None:
        """Raise QueryRefusedError if Jira did not accept a query."""
        if reply.status == 400:
            raise QueryRefusedError(
                f"{self.connection}: Jira does not accept the query: {self.says(reply)}: "
                f"correct the rule, its query is {jql}"
            )

    def says(self, reply: Reply) -> str:
        """Return Jira's own words, without our secret in them."""
        return self._redactor.clean(reply.says()) or "no reason given"

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
        await self.credentials.aclose()

    async def _find_base(self) -> str:
        options = self.options
        if not options.at_gateway or options.api_url is not None:
            return options.api_url or options.url
        return f"{options.gateway}/ex/jira/{options.cloud_id or await self._tenant()}"

    async def _tenant(self) -> str:
        """Return the id of the site at the gateway, which it tells everybody."""
        http = self._client(self.options.url, None)
        try:
            return (await http.get("_edge/tenant_info")).decode(_Tenant).cloud_id
        except (FixConfigError, PartialReadError) as error:
            raise FixConfigError(
                f"{self.connection}: the site at {self.options.url} does not tell its cloud id: "
                "check url, or write cloud_id yourself"
            ) from error
        finally:
            self._asked_for_tenant += http.sent
            await http.aclose()

    def _client(self, base: str, credentials: Credentials | None) -> HttpClient:
        return HttpClient(
            base_url=base,
            vendor="Jira",
            headers={},
            surroundings=self.around,
            classify=lambda reply: refusal(reply, self.options),
            authority=credentials,
        )

"""What the jira library is used for: who we are, what the server is, its fields and statuses. Never for searches.

The library is synchronous, so every call goes to a thread, with a session of its own while it lasts: they are not said
to be thread-safe. It passes the shared client's gate, so that neither asks while the other was told to wait. It never
retries by itself (its retries ignore what Retry-After asks, and stumble over a date there): the shared client's
policy does. Its errors print headers and bodies, so none of them leaves this file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
from pydantic import SecretStr

from connectors.http import AWAY, Headers, Reply
from connectors.jira.fields import SiteField
from connectors.jira.refusals import refusal
from connectors.jira.wire import Wire
from connectors.limits import asked_wait
from connectors.redact import Redactor
from connectors.retry import AttemptFailedError, Retry, Trouble
from mapping.errors import FixConfigError, PartialReadError

if TYPE_CHECKING:
    import requests
    from jira import JIRAError

    from connectors.jira.library import Library

T = TypeVar("T")

CLOUD = "Cloud"
CLOUD_API = "3"
DATA_CENTER_API = "2"


class _Named(msgspec.Struct, frozen=True):
    key: str


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    status_category: _Named | None = None


class _Project(msgspec.Struct, frozen=True):
    id: str


class _Scope(msgspec.Struct, frozen=True):
    project: _Project | None = None


class _Schema(msgspec.Struct, frozen=True):
    type: str
    custom: str = ""


class _Field(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    schema: _Schema | None = None
    scope: _Scope | None = None


class _Myself(msgspec.Struct, frozen=True, rename="camel"):
    display_name: str = ""
    email_address: str | None = None
    account_id: str = ""
    name: str = ""
    time_zone: str = ""


class _ServerInfo(msgspec.Struct, frozen=True, rename="camel"):
    deployment_type: str = ""
    server_title: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who Jira says we are, and what it says it is."""

    name: str
    time_zone: str
    site: str
    deployment: str
    version: str


class Metadata:
    """Reads a site's metadata; opens nothing before the first question."""

    def __init__(self, wire: Wire) -> None:
        surroundings = wire.around
        self._wire = wire
        self._options = wire.options
        self._around = surroundings
        self._who = f"{surroundings.connection}: Jira"
        self._redactor = Redactor([wire.options.secret])
        self._idle: dict[str, list[Library]] = {CLOUD_API: [], DATA_CENTER_API: []}
        """By version of the API: opened, and asked nothing at the moment."""
        self._closed = False
        self._server: _ServerInfo | None = None
        self.sent = 0
        """How many requests went out."""

    async def account(self) -> Account:
        """Return who we are and what the server is.

        Raises:
            FixConfigError: the credential is refused.
            TryAgainError: busy or away beyond attempts and budget.
        """
        myself = await self._ask(lambda jira: jira.myself(), _Myself)
        server = await self._server_info()
        return Account(
            name=myself.display_name or myself.email_address or myself.account_id or myself.name,
            time_zone=myself.time_zone,
            site=server.server_title,
            deployment=CLOUD if await self.is_cloud() else f"Data Center ({server.deployment_type or 'Server'})",
            version=server.version,
        )

    async def is_cloud(self) -> bool:
        """Return whether this is Jira Cloud; the server says so, unless the address already does."""
        return self._options.surely_cloud or (await self._server_info()).deployment_type == CLOUD

    async def categories(self) -> Mapping[str, str]:
        """Return the category key of every status in an active workflow, by the status' id."""
        statuses = await self._ask(lambda jira: [status.raw for status in jira.statuses()], list[_Status])
        return {status.id: status.status_category.key for status in statuses if status.status_category}

    async def fields(self) -> Sequence[SiteField]:
        """Return the fields that the account can see."""
        fields = await self._ask(lambda jira: jira.fields(), list[_Field])
        return [
            SiteField(
                id=field.id,
                name=field.name,
                type=field.schema.type if field.schema else "",
                custom=field.schema.custom if field.schema else "",
                project=field.scope.project.id if field.scope and field.scope.project else "",
            )
            for field in fields
        ]

    async def aclose(self) -> None:
        """Close the library's connections."""
        self._closed = True  # a thread that is still waiting for its answer closes behind itself
        for idle in self._idle.values():
            while idle:
                await asyncio.to_thread(idle.pop().shut)

    async def _server_info(self) -> _ServerInfo:
        """Return what the server says it is, to anybody and under a path that both kinds have."""
        if self._server is None:
            self._server = await self._ask(lambda jira: jira.server_info(), _ServerInfo, DATA_CENTER_API)
        return self._server

    async def _ask(self, question: Callable[[Library], object], shape: type[T], api: str | None = None) -> T:
        version = api or (CLOUD_API if await self.is_cloud() else DATA_CENTER_API)
        base, http = await self._wire.base(), await self._wire.http()

        async def attempt() -> object:
            carried = (await self._wire.credentials.headers())["authorization"]
            header = carried.get_secret_value() if isinstance(carried, SecretStr) else carried
            self._redactor.learn(SecretStr(header))
            async with http.gate.pass_through():
                began = self._around.monotonic()
                self.sent += 1
                try:
                    return await asyncio.to_thread(self._once, question, base, version, header)
                except AttemptFailedError as error:
                    if error.trouble is Trouble.BUSY:
                        http.gate.refused(error.wait, began)
                    raise

        answer = await Retry(self._around, http.budget, self._who)(attempt, idempotent=True)
        try:
            return msgspec.convert(answer, type=shape)
        except msgspec.ValidationError as error:
            raise PartialReadError(
                f"{self._who} described itself in a shape that okrsync cannot read ({error}): look for a newer okrsync"
            ) from error

    def _once(self, question: Callable[[Library], object], base: str, api: str, header: str) -> object:
        """Ask in this thread, and return our own error raised for one of the library's."""
        import requests
        from jira import JIRAError

        library = self._library(base, api)
        try:
            library.carry(header)
            return question(library)
        except JIRAError as error:
            failure: Exception = self._refused(error)
        except requests.JSONDecodeError as error:
            failure = self._not_json(error.doc)
        except requests.exceptions.SSLError as error:
            failure = self._insecure(error)
        except requests.ConnectionError as error:
            failure = AttemptFailedError(Trouble.UNREACHABLE, self._line(f"does not answer: {_reason(error)}"))
        except requests.RequestException as error:
            failure = AttemptFailedError(Trouble.AWAY, self._line(f"broke off its answer ({_reason(error)})"))
        finally:
            if self._closed:
                library.shut()
            else:
                self._idle[api].append(library)
        # Raised out here, so that the library's error, which holds headers and bodies, is no part of the chain.
        raise failure

    def _not_json(self, text: str) -> Exception:
        if text.lstrip().startswith("<"):
            return FixConfigError(
                f"{self._who} answered with a web page instead of JSON: the address or the credential is wrong"
            )
        return AttemptFailedError(Trouble.AWAY, "answered with JSON that is cut short or broken")

    def _insecure(self, error: requests.exceptions.SSLError) -> Exception:
        reason = self._line(_reason(error))
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return FixConfigError(
                f"{self._who}: the certificate of {self._options.url} is not trusted ({reason}): "
                "name your company's certificates in REQUESTS_CA_BUNDLE, or correct the address"
            )
        return AttemptFailedError(Trouble.AWAY, f"broke off its answer ({reason})")

    def _library(self, base: str, api: str) -> Library:
        """Return one that nobody uses; in a thread of several, where taking it off the list is one step."""
        from connectors.jira.library import Library

        try:
            return self._idle[api].pop()
        except IndexError:
            return Library(base, api, guard=self._around.guard, who=self._who)

    def _refused(self, error: JIRAError) -> Exception:
        answer: requests.Response | None = error.response
        if answer is None:
            return AttemptFailedError(Trouble.AWAY, "gave no answer")
        reply = Reply(
            connection=self._around.connection,
            vendor="Jira",
            status=answer.status_code,
            headers=Headers(answer.headers.items()),
            body=answer.content,
            url=answer.url.partition("?")[0],
        )
        wait = asked_wait(reply.status, reply.headers, reply.body, self._around.now())
        if wait is not None:
            return AttemptFailedError(Trouble.BUSY, f"is busy ({reply.status})", wait=wait)
        if reply.status in AWAY:
            return AttemptFailedError(Trouble.AWAY, f"answered {reply.url} with {reply.status}")
        if reply.status == 401 and self._wire.credentials.refused():
            return AttemptFailedError(Trouble.AWAY, f"no longer takes the token it was sent for {reply.url}")
        refused = refusal(reply, self._options)
        return type(refused)(self._redactor.clean(str(refused)))

    def _line(self, text: str) -> str:
        return self._redactor.clean_line(text)


def _reason(error: Exception) -> str:
    """Return the operating system's word for a failure; the library wraps it in lines of its own."""
    inner: BaseException | None = error
    reason = type(error).__name__
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            reason = inner.strerror
        inner = inner.__cause__ or inner.__context__
    return reason

"""The one HTTP client. Every connector speaks through it; httpx is imported nowhere else.

One retry policy, one gate per connection that a vendor's own headers close, sizes and times bounded, no redirect off
the host unless asked for and then without credentials, no connection that the guard refuses, and no secret and no
query string in what it says or logs.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import urlencode, urljoin

import httpx
import msgspec
from pydantic import SecretStr

from connectors.addresses import LOOPBACK, checked_base, origin, proxy_for, split, without_query
from connectors.limits import asked_wait, is_burst, near_limit, quota_wait, unbelievable
from connectors.port import Surroundings
from connectors.redact import Redactor, guard_logs, release_logs
from connectors.reply import Headers, Reply
from connectors.retry import EVERYWHERE, AttemptFailedError, Budget, Gate, Retry, Trouble
from connectors.unpack import Unpacker
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError
from mapping.failpoints import reach

if TYPE_CHECKING:
    import httpcore
    from aiolimiter import AsyncLimiter

__all__ = ["Authority", "HeaderValues", "Headers", "HttpClient", "HttpTransport", "Limits", "Params", "Reply"]

HttpTransport: TypeAlias = httpx.AsyncBaseTransport
Params: TypeAlias = Mapping[str, str | int | Sequence[str]]
HeaderValues: TypeAlias = Mapping[str, str | SecretStr]

log = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
AWAY = frozenset({408, 425, 500, 502, 503, 504})
GIVE_WAY = 6
"""Turns of the event loop before an answer is looked at: whoever has waited for its place sends in them. Without, a
burst of answers would be read for long before anything new is under way, and then nobody would have anything to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take. Times in seconds, sizes in bytes."""

    connect: float = 10.0
    read: float = 30.0
    """Between two pieces of an answer."""
    write: float = 30.0
    whole: float = 180.0
    """For the whole answer: a body that comes byte by byte never runs into ``read``."""
    body: int = 64 * 1024 * 1024
    """After decompression."""
    hops: int = 5
    rate: tuple[int, float] | None = None
    """So many requests in so many seconds, where the vendor publishes a rate; its headers go first."""


class Authority(Protocol):
    """Gives credentials that do not last for a whole run: tokens of an hour, renewed on the way."""

    async def headers(self) -> HeaderValues:
        """Return the headers that carry the credential now, secrets as ``SecretStr``; it may ask for a new one.

        Called before each attempt, except of a request that brings its own ``authorization`` header, which is how
        the request for a token goes through the same client.
        """
        ...

    def refused(self) -> bool:
        """Take note of a 401, and return whether another attempt with a new credential is worth it."""
        ...


class HttpClient:
    """Speaks with one vendor for one connection, on one event loop; opens nothing before the first request."""

    def __init__(
        self,
        *,
        base_url: str,
        vendor: str,
        headers: HeaderValues,
        surroundings: Surroundings,
        classify: Callable[[Reply], OkrsyncError | None] | None = None,
        limited: Callable[[Reply], float | None] | None = None,
        limits: Limits | None = None,
        authority: Authority | None = None,
    ) -> None:
        """Prepare the client.

        Args:
            base_url: where paths are meant from; http or https, without account and query.
            vendor: the name for messages, ``GitHub``.
            headers: sent with every request to that host, secrets as ``SecretStr``.
            surroundings: of the connection.
            classify: gives the vendor's own error for an answer of 400 and above that is neither busy nor away;
                None leaves it to the general one.
            limited: gives the least seconds to wait when an answer says "slow down" in the vendor's own way,
                also with status 200; None when it does not.
            limits: sizes and times.
            authority: gives credentials that are renewed during the run; None when ``headers`` hold all there is.

        Raises:
            FixConfigError: the address or a credential cannot be used at all.
        """
        self.sent = 0
        """How many requests went out, redirects and repetitions included."""
        self._around = surroundings
        self._vendor = vendor
        self._who = f"{surroundings.connection}: {vendor}"
        self._base = checked_base(base_url, self._who)
        surroundings.guard.check_url(self._base, self._who)
        self._classify = classify
        self._limited = limited
        self._limits = limits or Limits()
        self._authority = authority
        self._redactor = Redactor(value for value in headers.values() if isinstance(value, SecretStr))
        self._headers = {name: _checked_header(name, value, self._who) for name, value in headers.items()}
        self.budget = Budget(surroundings.budget_seconds, surroundings.monotonic)
        self.gate = Gate(surroundings, self.budget, self._who)
        """Also for whoever speaks with the same vendor beside this client, within the same ``budget``."""
        self._retry = Retry(surroundings, self.budget, self._who)
        self._pace = _limiter(*self._limits.rate) if self._limits.rate else None
        self._opened: httpx.AsyncClient | None = None

    async def get(
        self,
        path_or_url: str,
        *,
        params: Params | None = None,
        headers: HeaderValues | None = None,
        shape: type = msgspec.Raw,
    ) -> Reply:
        """Read a path under the base address, or an absolute address on the same host (a page link)."""
        return await self.request("GET", path_or_url, params=params, headers=headers, shape=shape)

    async def post(
        self,
        path: str,
        *,
        json: object,
        idempotent: bool = True,
        params: Params | None = None,
        headers: HeaderValues | None = None,
    ) -> Reply:
        """Send JSON. ``idempotent`` says that sending it twice does no harm (a search), and so may be tried again."""
        return await self.request("POST", path, json=json, idempotent=idempotent, params=params, headers=headers)

    async def request(
        self,
        method: str,
        path_or_url: str,
        *,
        json: object = None,
        idempotent: bool = True,
        params: Params | None = None,
        headers: HeaderValues | None = None,
        accept: Collection[int] = (),
        expect_json: bool = True,
        shape: type = msgspec.Raw,
        form: HeaderValues | None = None,
        elsewhere: bool = False,
    ) -> Reply:
        """Send one request, again when that is safe, and return its answer.

        Args:
            method: GET, POST, PUT …
            path_or_url: under the base address, or absolute on the same host.
            json: the body, encoded by msgspec; None sends none.
            idempotent: whether it may be sent again.
            params: added to the query.
            headers: beside those of the client.
            accept: statuses from 300 on that the caller wants as an answer instead of an error or a redirect.
            expect_json: a good answer that is not JSON is a fault.
            shape: as what a large answer will be decoded, so that seeing whether it is JSON and decoding it are one.
            form: the body as a form instead of JSON, as token endpoints want it; secrets as ``SecretStr``.
            elsewhere: a GET follows redirects to other hosts over https, where neither the client's headers nor the
                request's go along: files behind addresses that are signed for a few minutes.

        Raises:
            FixConfigError: the vendor refuses us, does not know what we ask for, or is not there at this address.
            TryAgainError: busy or away beyond attempts and budget.
            PartialReadError: the answer is larger than allowed.
        """
        call = _Call(
            method=method,
            url=self._resolve(path_or_url),
            params=params,
            headers=self._own(headers),
            content=self._form(form) if form is not None else None if json is None else msgspec.json.encode(json),
            content_type="application/json" if form is None else "application/x-www-form-urlencoded",
            accept=frozenset(accept),
            expect_json=expect_json,
            shape=shape,
            elsewhere=elsewhere,
        )

        async def attempt() -> Reply:
            return await self._attempt(call)

        reply = await self._retry(attempt, idempotent=idempotent)
        for _ in range(GIVE_WAY):
            await asyncio.sleep(0)
        return reply

    def _own(self, headers: HeaderValues | None) -> dict[str, str]:
        """Return a request's own headers as they are sent; its secrets stay out of messages and logs."""
        for value in (headers or {}).values():
            if isinstance(value, SecretStr):
                self._redactor.learn(value)
        return {name.lower(): _checked_header(name, value, self._who) for name, value in (headers or {}).items()}

    def _form(self, fields: HeaderValues) -> bytes:
        """Return the fields as they are sent; their secrets stay out of messages and logs."""
        plain: dict[str, str] = {}
        for name, value in fields.items():
            if isinstance(value, SecretStr):
                self._redactor.learn(value)
            plain[name] = value.get_secret_value() if isinstance(value, SecretStr) else value
        return urlencode(plain).encode()

    async def aclose(self) -> None:
        """Close the connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()
            release_logs(self._redactor)

    async def _attempt(self, call: _Call) -> Reply:
        call = await self._authorized(call)
        if self._pace is not None:
            await self._pace.acquire()  # before the gate: nothing may be waited for between its window and the request
        async with self.gate.pass_through(call.endpoint):
            began = self._around.monotonic()
            reply = await self._follow(call)
            self._heed(reply, began, call.endpoint)
        if reply.status == 401 and call.lent and self._authority is not None and self._authority.refused():
            raise AttemptFailedError(Trouble.AWAY, f"no longer takes the credential it was sent for {reply.url}")
        return self._judge(call, reply)

    async def _authorized(self, call: _Call) -> _Call:
        """Return the call with a credential of this moment; fetched before the gate, for fetching passes it too."""
        if self._authority is None or "authorization" in call.headers:
            return call
        lent = await self._authority.headers()
        for value in lent.values():
            if isinstance(value, SecretStr):
                self._redactor.learn(value)
        checked = {name: _checked_header(name, value, self._who) for name, value in lent.items()}
        return replace(call, headers=checked | call.headers, lent=True)

    async def _follow(self, call: _Call) -> Reply:
        """Send, and follow redirects, to other hosts only if the call says so; a credential never leaves its host."""
        url, params = call.url, call.params
        for _ in range(self._limits.hops + 1):
            reply = await self._send(call, url, params)
            if reply.status not in REDIRECTS or reply.status in call.accept or "location" not in reply.headers:
                return reply
            target = urljoin(url, reply.headers["location"])
            if call.elsewhere and origin(target) != origin(url) and split(target).scheme == "https":
                call = replace(call, headers={}, bare=True)  # for good: a later hop may lead back
            elif call.method != "GET" or origin(target) != origin(url):
                raise FixConfigError(
                    f"{self._who} sends {without_query(url)} on to {without_query(target)}: "
                    "set the connection's address to the new one; credentials are not sent there unasked"
                )
            url, params = target, None
        raise FixConfigError(f"{self._who} redirects {without_query(call.url)} in a circle: check the address")

    async def _send(self, call: _Call, url: str, params: Params | None) -> Reply:
        self.sent += 1
        reach("connectors.http.send")
        try:
            async with asyncio.timeout(self._limits.whole):
                reply = await self._exchange(call, url, params)
        except TimeoutError:
            failure: Exception = AttemptFailedError(
                Trouble.AWAY, f"did not finish its answer to {without_query(url)} within {self._limits.whole:g} s"
            )
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = self._failure(error, url)
        else:
            reach("connectors.http.answered")
            return reply
        # Raised out here, so that httpx's error, which holds the whole request, is no part of the chain.
        raise failure

    async def _exchange(self, call: _Call, url: str, params: Params | None) -> Reply:
        headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "okrsync"}
        headers |= ({} if call.bare else self._headers) | call.headers
        if call.content is not None:
            headers["content-type"] = call.content_type
        client = self._client()
        request = client.build_request(call.method, url, params=_query(params), headers=headers, content=call.content)
        # Judged as httpx understands it, at every hop; a stand-in transport and a proxy open no connection of ours.
        resolved_here = self._around.transport is not None or proxy_for(str(request.url)) is None
        self._around.guard.check_url(str(request.url), self._who, resolved_here=resolved_here)
        response = await client.send(request, stream=True)
        try:
            body = await self._body(response)
        finally:
            await response.aclose()
        return Reply(
            connection=self._around.connection,
            vendor=self._vendor,
            status=response.status_code,
            headers=Headers(response.headers.multi_items()),
            body=body,
            url=without_query(url),
        )

    async def _body(self, response: httpx.Response) -> bytes:
        """Read the body piece by piece, so that neither its size nor what it unpacks to can go past the limit."""
        if response.is_stream_consumed:  # a stand-in transport hands over a body that is already whole and unpacked
            self._check_size(len(response.content))
            return response.content
        unpacker = Unpacker(response.headers.get("content-encoding", ""), self._limits.body)
        async for piece in response.aiter_raw():
            unpacker.feed(piece)
            self._check_size(unpacker.size)
        stated = response.headers.get("content-length", "")
        if stated.isdecimal() and int(stated) != response.num_bytes_downloaded and response.request.method != "HEAD":
            what = f"announced {stated} bytes and sent {response.num_bytes_downloaded}"
            raise AttemptFailedError(Trouble.AWAY, what)
        return unpacker.whole()

    def _check_size(self, size: int) -> None:
        if size > self._limits.body:
            raise PartialReadError(
                f"{self._who} answered with more than {self._limits.body // 1024 // 1024} MB: ask for less at once"
            )

    def _failure(self, error: Exception, url: str) -> Exception:
        """Return our own error for one of httpx, without what that one carries."""
        from connectors.network import is_certificate

        host = split(url).netloc
        text = self._redactor.clean_line(str(error)) or type(error).__name__
        if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
            return FixConfigError(f"{self._who}: {host} cannot be reached by this address ({text}): correct it")
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            if is_certificate(error, text):
                return FixConfigError(
                    f"{self._who}: the certificate of {host} is not trusted ({text}): "
                    "name your company's certificates in SSL_CERT_FILE, or correct the address"
                )
            return AttemptFailedError(Trouble.UNREACHABLE, f"does not answer: cannot reach {host}: {text}")
        if isinstance(error, httpx.TimeoutException):
            text = f"{type(error).__name__} {text}"
        return AttemptFailedError(Trouble.AWAY, f"broke off its answer to {without_query(url)} ({text})")

    def _heed(self, reply: Reply, began: float, endpoint: str) -> None:
        """Close the gate for all when this answer asks for it.

        Raises:
            AttemptFailedError: the answer is nothing but that request.
        """
        now = self._around.now()
        asked = asked_wait(reply.status, reply.headers, reply.body, now)
        if asked is None and self._limited is not None and (asked := self._limited(reply)) is not None:
            asked = max(asked, quota_wait(reply.headers, now) or 0.0)
        if asked is not None:
            if unbelievable(reply.headers, now):
                log.warning("%s: cannot wait for Retry-After %.40r", self._who, reply.headers["retry-after"])
            self.gate.refused(asked, began, endpoint if is_burst(reply.headers) else EVERYWHERE)
            reason = reply.headers.get("ratelimit-reason", "")
            what = f"is busy ({reply.status}{', ' + reason if reason else ''})"
            raise AttemptFailedError(Trouble.BUSY, self._redactor.clean_line(what), wait=asked)
        if (filled := quota_wait(reply.headers, now)) is not None:
            self.gate.close(filled)
        if near_limit(reply.headers):
            self.gate.slow_down(began)
        elif reply.status < 400:
            self.gate.speed_up()

    def _judge(self, call: _Call, reply: Reply) -> Reply:
        if reply.status in call.accept:
            return reply
        if reply.status in AWAY:
            raise AttemptFailedError(Trouble.AWAY, f"answered {reply.url} with {reply.status}")
        if reply.status >= 400:
            error = (self._classify(reply) if self._classify else None) or reply.refusal()
            error.args = tuple(self._redactor.clean(part) if isinstance(part, str) else part for part in error.args)
            raise error
        if not call.expect_json or reply.status == 204:
            return reply
        if reply.is_web_page():
            raise FixConfigError(
                f"{self._who} answered {reply.url} with a web page instead of JSON: "
                "the address or the credential is wrong"
            )
        if (whole := reply.whole_json(call.shape)) is None:
            raise AttemptFailedError(Trouble.AWAY, f"answered {reply.url} with JSON that is cut short or broken")
        return whole

    def _resolve(self, path_or_url: str) -> str:
        if "://" not in path_or_url:
            return f"{self._base}/{path_or_url.lstrip('/')}"
        if origin(path_or_url) != origin(self._base):
            raise FixConfigError(
                f"{self._who} links to {without_query(path_or_url)}, which is not at {self._base}: "
                "set the connection's address to the one that the vendor itself uses"
            )
        return path_or_url

    def _client(self) -> httpx.AsyncClient:
        if self._opened is None:
            limits = self._limits
            self._opened = httpx.AsyncClient(
                transport=self._around.transport or self._transport(),
                timeout=httpx.Timeout(connect=limits.connect, read=limits.read, write=limits.write, pool=limits.whole),
                follow_redirects=False,
                trust_env=False,  # the proxy is chosen by us, and a line in ~/.netrc is no credential of a connection
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # no session: each request stands alone
            )
            guard_logs(self._redactor)
        return self._opened

    def _transport(self) -> httpx.AsyncBaseTransport:
        """Return the way to every host: through a proxy where the surroundings name one, else by the guard."""
        from connectors.network import guarded_pool

        most = max(1, self._around.in_flight)
        ourselves = split(self._base).hostname in LOOPBACK
        certificates = _certificates(encrypted=not ourselves or split(self._base).scheme == "https")
        pool = guarded_pool(self._around.guard, self._who, certificates=certificates, most=most)
        return _Routes(_Guarded(pool, certificates), certificates, most)


class _Guarded(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool whose connections the guard opens; httpx offers no argument for that."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, certificates: ssl.SSLContext) -> None:
        super().__init__(verify=certificates, trust_env=False)
        self._pool = pool


class _Routes(httpx.AsyncBaseTransport):
    """Takes each request the way that HTTPS_PROXY and NO_PROXY name for its address: a redirect may need another."""

    def __init__(self, direct: httpx.AsyncBaseTransport, certificates: ssl.SSLContext, most: int) -> None:
        self._ways: dict[str | None, httpx.AsyncBaseTransport] = {None: direct}
        self._certificates = certificates
        self._limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = proxy_for(str(request.url))
        if proxy not in self._ways:
            self._ways[proxy] = httpx.AsyncHTTPTransport(verify=self._certificates, limits=self._limits, proxy=proxy)
        return await self._ways[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for way in self._ways.values():
            await way.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    method: str
    url: str
    params: Params | None
    headers: dict[str, str]
    content: bytes | None
    accept: frozenset[int]
    expect_json: bool
    shape: type
    content_type: str = ""
    elsewhere: bool = False
    lent: bool = False
    """Whether its credential came from the authority."""
    bare: bool = False
    """Whether it has left the host that the client's headers are for."""

    @property
    def endpoint(self) -> str:
        """What a vendor's limit for one endpoint is about: the method, and the path without ids and keys."""
        path = split(self.url).path
        return f"{self.method} {'/'.join('*' if any(map(str.isdigit, part)) else part for part in path.split('/')[1:])}"


def _query(params: Params | None) -> dict[str, str | int | list[str]] | None:
    if params is None:
        return None
    return {name: value if isinstance(value, str | int) else list(value) for name, value in params.items()}


def _checked_header(name: str, value: str | SecretStr, who: str) -> str:
    """Return the value as it is sent; checked here, because httpx would quote a bad one in its error."""
    plain = (value.get_secret_value() if isinstance(value, SecretStr) else value).strip()
    if not plain.isascii() or not plain.isprintable():
        raise FixConfigError(f"{who}: the value for {name} has characters that no header can carry: copy it again")
    return plain


def _limiter(count: int, seconds: float) -> AsyncLimiter:
    """Return a limiter; imported here, for it looks up its own version, which takes 10 ms."""
    from aiolimiter import AsyncLimiter

    return AsyncLimiter(count, seconds)


@cache
def _certificates(*, encrypted: bool) -> ssl.SSLContext:
    """Return the certificates to trust, none where nothing is encrypted; read once: it takes a tenth of a second."""
    return httpx.create_ssl_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

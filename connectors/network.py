"""Opens the shared client's connections: to addresses that the guard has judged, and to no others."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import httpcore

from connectors.guard import Address, Guard


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, and connects to what was resolved. TLS and ``Host`` still speak of the name.

    https://www.encode.io/httpcore/network-backends/
    """

    def __init__(self, guard: Guard, who: str) -> None:
        self._guard = guard
        self._who = who
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name it has in httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers.

        Raises:
            FixConfigError: the guard refuses one of them.
            httpcore.ConnectError, httpcore.ConnectTimeout: none answers.
        """
        loop = asyncio.get_running_loop()
        ends_at = None if timeout is None else loop.time() + timeout
        addresses = await self._resolve(host, port, timeout)
        failure: Exception | None = None
        for left in range(len(addresses), 0, -1):
            # One that swallows packets must not eat the time of those behind it.
            share = None if ends_at is None else max(0.0, ends_at - loop.time()) / left
            try:
                return await self._inner.connect_tcp(str(addresses[-left]), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _resolve(self, host: str, port: int, seconds: float | None) -> tuple[Address, ...]:
        try:
            async with asyncio.timeout(seconds):
                return await self._guard.resolve(host, port, self._who)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be resolved in time") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error


def guarded_pool(guard: Guard, who: str, *, certificates: ssl.SSLContext, most: int) -> httpcore.AsyncConnectionPool:
    """Return a pool of at most so many connections, all of them opened by the guard."""
    backend = GuardedBackend(guard, who)
    return Lanes(
        [
            httpcore.AsyncConnectionPool(
                ssl_context=certificates,
                max_connections=1,
                max_keepalive_connections=1,
                keepalive_expiry=5.0,  # as httpx has it
                network_backend=backend,
            )
            for _ in range(most)
        ]
    )


class Lanes(httpcore.AsyncConnectionPool):
    """Pools of one connection each: one with many looks at all of them several times for every request."""

    def __init__(self, lanes: Sequence[httpcore.AsyncConnectionPool]) -> None:
        super().__init__()
        self._lanes = lanes
        self._under_way = [0] * len(lanes)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request by the first of the lanes that have the least to do, so that open connections go first."""
        place = self._under_way.index(min(self._under_way))
        self._under_way[place] += 1
        try:
            response = await self._lanes[place].handle_async_request(request)
        except BaseException:
            self._under_way[place] -= 1
            raise
        response.stream = _Body(response.stream, lambda: self._done(place))
        return response

    def _done(self, place: int) -> None:
        self._under_way[place] -= 1

    async def aclose(self) -> None:
        """Close all connections."""
        for lane in self._lanes:
            await lane.aclose()


class _Body:
    """The body of an answer; says once when it is closed."""

    def __init__(self, stream: Any, closed: Callable[[], None]) -> None:
        self._stream = stream  # httpcore's own, which its types call a stream of either kind
        self._closed: Callable[[], None] | None = closed

    def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: AsyncIterator[bytes] = aiter(self._stream)
        return pieces

    async def aclose(self) -> None:
        """Let the connection go, and tell."""
        closed, self._closed = self._closed, None
        try:
            await self._stream.aclose()
        finally:
            if closed is not None:
                closed()


def is_certificate(error: Exception, text: str) -> bool:
    """Return whether a connection failed for a certificate that is not trusted."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "CERTIFICATE_VERIFY_FAILED" in text

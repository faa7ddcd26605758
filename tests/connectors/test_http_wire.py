"""Faults that only a real socket can show."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from connectors.http import HttpClient, Limits
from mapping.errors import OkrsyncError, PartialReadError, TryAgainError
from tests.connectors.clock import surroundings

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@asynccontextmanager
async def served(*answers: Answer, limits: Limits | None = None) -> AsyncIterator[HttpClient]:
    """Serve raw bytes on loopback: these answers in turn, the last one for ever."""
    left = list(answers)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await (left.pop(0) if len(left) > 1 else left[0])(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client has had enough, as it should in some of the cases
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = HttpClient(
        base_url=f"http://127.0.0.1:{port}", vendor="Vendor", headers={}, surroundings=surroundings(), limits=limits
    )
    try:
        yield http
    finally:
        await http.aclose()
        server.close()


def sending(data: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


FINE = sending(HEAD + b"content-length: 2\r\nconnection: close\r\n\r\n{}")


@pytest.mark.parametrize(
    "broken",
    [
        HEAD + b'content-length: 50\r\n\r\n{"cut": 1',
        HEAD + b'connection: close\r\n\r\n{"cut": 1',
        HEAD + b"content-length: 1\r\nconnection: close\r\n\r\n{}",
        HEAD + b'transfer-encoding: chunked\r\n\r\n5\r\n{"cut\r\n',
        HEAD + b"content-encoding: gzip\r\nconnection: close\r\n\r\n" + gzip.compress(b'{"whole": "not"}' * 9)[:-9],
        HEAD + b"content-encoding: gzip\r\nconnection: close\r\n\r\nno gzip",
        HEAD + b"content-encoding: br\r\nconnection: close\r\n\r\nxx",
        b"HTTP/1.1 2",
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
async def test_an_answer_cut_or_broken_on_the_way_is_read_again_and_never_taken(broken: bytes) -> None:
    async with served(sending(broken), FINE) as http:
        assert (await http.get("/things")).json() == {}
        assert http.sent == 2
    async with served(sending(broken)) as http:
        with pytest.raises(TryAgainError, match="tried 6 times"):
            await http.get("/things")


async def test_a_body_byte_by_byte_runs_into_the_time_for_the_whole() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with served(drip, FINE, limits=Limits(read=5, whole=0.15)) as http:
        assert (await http.get("/things")).json() == {}
        assert http.sent == 2


async def test_silence_in_the_middle_of_a_body_runs_into_the_read_timeout() -> None:
    async def stall(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 1000\r\n\r\n[")
        await writer.drain()
        await asyncio.sleep(2)

    async with served(stall, FINE, limits=Limits(read=0.1)) as http:
        assert (await http.get("/things")).json() == {}
        assert http.sent == 2


async def test_a_gzip_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b" " * 30_000_000)
    answer = HEAD + f"content-encoding: gzip\r\ncontent-length: {len(bomb)}\r\n\r\n".encode() + bomb
    async with served(sending(answer), limits=Limits(body=1_048_576)) as http:
        with pytest.raises(PartialReadError, match="more than 1 MB"):
            await http.get("/things")
        assert http.sent == 1


async def test_an_endless_body_is_stopped_at_the_limit() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"connection: close\r\n\r\n")
        while True:
            writer.write(b" " * 65_536)
            await writer.drain()

    async with served(flood, limits=Limits(body=1_048_576)) as http:
        with pytest.raises(PartialReadError, match="more than 1 MB"):
            await http.get("/things")


async def test_a_packed_body_is_unpacked() -> None:
    packed = gzip.compress(b'{"name": "ana"}')
    answer = HEAD + f"content-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode() + packed
    async with served(sending(answer)) as http:
        assert (await http.get("/things")).json() == {"name": "ana"}


async def test_a_closed_port_is_told_as_such() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    http = HttpClient(base_url=f"http://127.0.0.1:{port}", vendor="Vendor", headers={}, surroundings=surroundings())
    with pytest.raises(OkrsyncError, match=rf"cannot reach 127\.0\.0\.1:{port}: .*check the address and the network"):
        await http.get("/things")
    await http.aclose()


async def test_a_proxy_of_the_surroundings_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with served(FINE) as http:
        assert (await http.get("/things")).json() == {}

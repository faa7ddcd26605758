"""Connections are opened as far as requests are under way together, kept, and used again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from connectors.http import HttpClient
from tests.connectors.clock import surroundings

FINE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Server:
    """Answers all on kept connections; a request for ``/cut`` costs its connection once."""

    opened: int = 0
    together: int = 0
    most_together: int = 0
    to_cut: int = 1
    used: list[int] = field(default_factory=list)
    """The number of the connection that each request came by."""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        me = self.opened
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.used.append(me)
                self.together += 1
                self.most_together = max(self.most_together, self.together)
                await asyncio.sleep(0.01)
                self.together -= 1
                if b"/cut" in head and self.to_cut:
                    self.to_cut -= 1
                    return
                writer.write(FINE)
        except asyncio.IncompleteReadError:
            return  # the client has closed it
        finally:
            writer.close()


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def http(server: Server) -> AsyncIterator[HttpClient]:
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = HttpClient(
        base_url=f"http://127.0.0.1:{port}", vendor="Vendor", headers={}, surroundings=surroundings(in_flight=3)
    )
    yield client
    await client.aclose()
    listening.close()


async def test_as_many_connections_as_requests_together_and_no_more(server: Server, http: HttpClient) -> None:
    await asyncio.gather(*(http.get(f"/things/{number}") for number in range(12)))
    assert server.most_together == 3
    assert server.opened == 3
    assert set(server.used) == {1, 2, 3}


async def test_one_request_after_the_other_needs_one_connection(server: Server, http: HttpClient) -> None:
    for number in range(5):
        await http.get(f"/things/{number}")
    assert server.opened == 1


async def test_a_connection_that_breaks_is_opened_anew(server: Server, http: HttpClient) -> None:
    await asyncio.gather(*(http.get(path) for path in ("/cut", "/things/1", "/things/2")))
    await asyncio.gather(*(http.get(f"/things/{number}") for number in range(3, 9)))
    assert server.opened == 4
    assert server.most_together == 3

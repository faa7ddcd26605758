"""Addresses that lead where nobody may go, a resolver with names of that kind, and listeners that nobody may reach."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.guard import Guard

LITERALS = (
    "127.0.0.1",
    "127.1.2.3",
    "10.0.0.7",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
)
SPELLINGS = (
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "127.0.0.01",
    "0",
    "0x0",
    "10.7",
    "127.0.0.1.",
    "127.0.0.1..",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "１２７.0.0.1",
    "%31%32%37.0.0.1",
    "127.0.0.1%00.example.com",
)
SIX = (
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:7]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:7::1]",
    "[2001:0:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[2a00:1450::5efe:127.0.0.1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
)
NAMES = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "shop.localhost",
    "ip6-localhost",
    "intranet",
    "printer.local",
    "metadata.google.internal",
    "nas.lan",
    "router.home.arpa",
    "ｌocalhost",
    "inside.test",
    "loop.test",
    "half.test",
    "six.test",
    "mapped.test",
    "nat64.test",
    "metadata.test",
)
RESOLVED = {
    "inside.test": ("10.0.0.7",),
    "loop.test": ("127.0.0.1",),
    "half.test": ("93.184.215.14", "127.0.0.1"),
    "six.test": ("::1",),
    "mapped.test": ("::ffff:127.0.0.1",),
    "nat64.test": ("64:ff9b::7f00:1",),
    "metadata.test": ("169.254.169.254",),
    "public.test": ("93.184.215.14",),
}
"""What names of the tests resolve to; nothing else of a test's resolves at all."""
WHOLE = (
    "{scheme}://ana@127.0.0.1:{port}",
    "{scheme}://ana:secret@public.test:{port}",
    "{scheme}://public.test@127.0.0.1:{port}",
    "{scheme}://public.test:80@127.0.0.1:{port}",
    "{scheme}://127.0.0.1:{port}\\@public.test",
    "{scheme}://public.test\\@127.0.0.1:{port}",
    "{scheme}://127.0.0.1:{port}#@public.test",
    "{scheme}://public.test:22",
    "{scheme}://public.test:25",
    "{scheme}://public.test:6379",
    "{scheme}://public.test:5432",
    "{scheme}://public.test:0",
    "{scheme}://:{port}",
    "{scheme}:///etc/passwd",
    "{scheme}://",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}",
    "ftp://127.0.0.1:{port}",
    "{scheme}://127.0.0.1\t:{port}",
    "{scheme}://127.0.0.1\r\nhost: public.test:{port}",
)
HOSTS = LITERALS + SPELLINGS + SIX + NAMES
URLS = tuple(f"{{scheme}}://{host}:{{port}}/api" for host in HOSTS) + WHOLE
"""To be filled with a scheme and the port of a forbidden listener."""


@dataclass
class Resolver:
    """Resolves the names of the tests, and keeps what it was asked; ``turns`` are answers in turn for any name."""

    turns: list[Sequence[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, Any, Any, Any, Any]]:
        self.asked.append(host)
        found = self.turns.pop(0) if self.turns else RESOLVED.get(host.lower().removesuffix("."), ())
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kinds = [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in found]
        return [(kind, socket.SOCK_STREAM, 6, "", (each, port)) for kind, each in kinds]


def guard(*ports: int) -> Guard:
    """Return the guard of a service that lists nothing; with ``ports`` usual, only the address can be what is wrong."""
    return Guard(ports=frozenset({80, 443, *ports}), resolver=Resolver())


def within(*entries: str, resolver: Resolver | None = None) -> Guard:
    """Return the guard of a service that lists these hosts."""
    return replace(Guard.of(entries), resolver=resolver or Resolver())


@dataclass
class Forbidden:
    """Listens on this machine, in both families where it has both, and counts who comes."""

    port: int
    seen: list[object] = field(default_factory=list)


@contextmanager
def forbidden() -> Iterator[Forbidden]:
    with socket.create_server(("127.0.0.1", 0)) as four:
        port = four.getsockname()[1]
        sockets = [four]
        with suppress(OSError):  # a machine without IPv6, where nothing can be reached by it either
            sockets.append(socket.create_server(("::1", port), family=socket.AF_INET6))
        listener = Forbidden(port)
        threads = [threading.Thread(target=_accept, args=(each, listener), daemon=True) for each in sockets]
        for thread in threads:
            thread.start()
        try:
            yield listener
        finally:
            for each in sockets:
                each.shutdown(socket.SHUT_RDWR)
                each.close()
            for thread in threads:
                thread.join()


def _accept(listening: socket.socket, listener: Forbidden) -> None:
    while True:
        try:
            connection, address = listening.accept()
        except OSError:  # closed: the test is over
            return
        listener.seen.append(address)
        connection.close()

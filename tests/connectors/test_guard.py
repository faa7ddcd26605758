"""What the guard lets through, what it refuses and why, and that no trick of names and redirects gets around it."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from connectors import http
from connectors.guard import Guard, kind_of
from connectors.http import HttpClient
from connectors.jira.library import Library
from mapping.errors import FixConfigError, TryAgainError
from tests.connectors.clock import surroundings
from tests.connectors.hostile import URLS, Forbidden, Resolver, forbidden, guard, within

GOOD = "127.0.0.2"
"""Stands for a public address: the tests' guards list it, and 127.0.0.1 not."""


@pytest.fixture
def listener() -> Iterator[Forbidden]:
    with forbidden() as found:
        yield found


@dataclass
class Shop:
    """A server at an address that may be reached."""

    port: int = 0
    hosts: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """What TLS was asked for."""


@asynccontextmanager
async def shop(answer: bytes, *, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Shop]:
    found = Shop()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        found.hosts += [line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("host: ")]
        writer.write(answer)
        await writer.drain()
        writer.close()

    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: found.names.append(name)
    server = await asyncio.start_server(connected, GOOD, port, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()


FINE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


def client(url: str, guarded: Guard) -> HttpClient:
    return HttpClient(base_url=url, vendor="Vendor", headers={}, surroundings=surroundings(guard=guarded))


async def once(url: str, guarded: Guard) -> None:
    opened = client(url, guarded)
    try:
        await opened.get("/api")
    finally:
        await opened.aclose()


async def refusal(url: str, guarded: Guard) -> str:
    with pytest.raises(FixConfigError) as caught:
        await once(url, guarded)
    return str(caught.value)


@pytest.mark.parametrize("url", URLS)
async def test_a_stand_in_for_the_network_is_not_sent_a_hostile_literal(url: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={})

    try:
        opened = HttpClient(
            base_url=url.format(scheme="http", port=8080),
            vendor="Vendor",
            headers={},
            surroundings=surroundings(handler, guard=guard(8080)),
        )
        await opened.get("/api")
    except FixConfigError:
        pass
    # A name that is harmless by itself is judged when it is resolved, and here nothing resolves it.
    assert all(httpx.URL(each).host.endswith(".test") for each in asked)


async def test_a_name_that_turns_to_an_inner_address_after_it_was_judged_gains_nothing(listener: Forbidden) -> None:
    async with shop(FINE) as server:
        resolver = Resolver(turns=[[GOOD], ["127.0.0.1"]])
        guarded = within(GOOD, resolver=resolver)
        opened = client(f"http://rebound.test:{server.port}", guarded)
        assert (await opened.get("/api")).json() == {}
        assert resolver.asked == ["rebound.test"]  # once: nobody asks between judging and connecting
        assert server.hosts == [f"rebound.test:{server.port}"]
        with pytest.raises(FixConfigError, match=r"rebound.test leads to 127.0.0.1, which is an address of this mach"):
            await opened.get("/api")
        await opened.aclose()
    assert listener.seen == []


async def test_the_jira_library_is_held_to_the_same(listener: Forbidden) -> None:
    async with shop(FINE) as server:
        resolver = Resolver(turns=[[GOOD], ["127.0.0.1"]])
        url = f"http://rebound.test:{server.port}"
        library = Library(url, "3", guard=within(GOOD, resolver=resolver), who="acme: Jira")
        assert await asyncio.to_thread(library.myself) == {}
        assert server.hosts == [f"rebound.test:{server.port}"]
        with pytest.raises(FixConfigError, match=r"acme: Jira: rebound.test leads to 127.0.0.1"):
            await asyncio.to_thread(library.myself)
        await asyncio.to_thread(library.close)


async def test_the_jira_library_follows_no_redirect_inside(listener: Forbidden) -> None:
    sent = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{listener.port}/\r\nconnection: close\r\n\r\n".encode()
    async with shop(sent) as server:
        library = Library(f"http://{GOOD}:{server.port}", "3", guard=Guard.of([GOOD]), who="acme: Jira")
        with pytest.raises(FixConfigError, match=r"127.0.0.1 is an address of this machine itself"):
            await asyncio.to_thread(library.myself)
        await asyncio.to_thread(library.close)
    assert listener.seen == []


@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/", "//[::1]:{port}/", "http://loop.test:{port}/", "/\\x"])
async def test_a_redirect_inside_is_not_followed(to: str, listener: Forbidden) -> None:
    location = to.format(port=listener.port)
    sent = f"HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
    async with shop(sent) as server:
        assert await refusal(f"http://{GOOD}:{server.port}", within(GOOD, resolver=Resolver()))
    assert listener.seen == []


async def test_every_good_address_of_a_name_is_tried() -> None:
    async with shop(FINE) as server:
        resolver = Resolver(turns=[["127.0.0.3", GOOD]])  # nobody listens at the first
        opened = client(f"http://twice.test:{server.port}", within("127.0.0.0/8", resolver=resolver))
        assert (await opened.get("/api")).json() == {}
        assert opened.sent == 1
        await opened.aclose()


async def test_tls_asks_for_the_name_and_checks_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified("vendor.test", tmp_path)))
    http._certificates.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    try:
        async with shop(FINE, tls=context) as server:
            guarded = within(GOOD, resolver=Resolver(turns=[[GOOD], [GOOD]]))
            opened = client(f"https://vendor.test:{server.port}", guarded)
            assert (await opened.get("/api")).json() == {}
            assert server.names == ["vendor.test"]
            await opened.aclose()
            assert "certificate" in await refusal(f"https://impostor.test:{server.port}", guarded)
    finally:
        http._certificates.cache_clear()


def certified(name: str, folder: Path) -> Path:
    """Write a key and a certificate for a name, signed by itself, and return the certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *plain))
    (folder / "cert.pem").write_bytes(built.public_bytes(pem))
    return folder / "cert.pem"


async def test_a_name_that_cannot_be_resolved_is_tried_again_and_told() -> None:
    opened = client("http://nowhere.test", guard())
    with pytest.raises(TryAgainError, match=r"cannot reach nowhere.test: .*Name or service not known"):
        await opened.get("/api")
    await opened.aclose()


async def test_through_a_proxy_names_of_the_inside_need_their_place_in_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with shop(FINE) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{GOOD}:{proxy.port}")  # named by whoever runs the service
        monkeypatch.setenv("http_proxy", f"http://{GOOD}:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "direct.test")
        monkeypatch.setenv("no_proxy", "direct.test")
        opened = client("http://public.test", guard())
        assert (await opened.get("/api")).json() == {}
        assert proxy.hosts == ["public.test"]
        await opened.aclose()
        assert "resolve" not in str(await refusal("http://10.0.0.7", guard()))
        assert "inside a network only" in await refusal("http://jenkins", Guard.of(["10.0.0.0/8"]))
        assert "usual ports" in await refusal("http://public.test:6379", guard())
        assert len(proxy.hosts) == 1
        direct = client("http://direct.test", guard())
        with pytest.raises(TryAgainError, match=r"cannot reach direct.test"):
            await direct.get("/api")
        await direct.aclose()
        listed = client("http://jenkins:8080", Guard.of(["jenkins"]))
        assert (await listed.get("/api")).json() == {}
        await listed.aclose()


class TestTheList:
    @pytest.mark.parametrize(
        ("entry", "host", "port"),
        [
            ("10.0.0.7", "10.0.0.7", 8080),
            ("10.0.0.7", "10.0.0.7", 6379),
            ("10.0.0.7:9000", "10.0.0.7", 9000),
            ("10.0.0.0/8", "10.9.8.7", 80),
            ("10.0.0.0/8", "inside.test", 8081),
            ("inside.test", "inside.test", 443),
            ("INSIDE.test.", "Inside.Test", 443),
            ("inside.test:81", "inside.test.", 81),
            ("::1", "[::1]", 8080),
            ("[::1]:8080", "::1", 8080),
            ("fd00::/8", "fd00:ec2::254", 80),
            ("localhost", "localhost", 1234),
            ("169.254.169.254", "metadata.test", 80),
            ("public.test:6000", "public.test", 6000),
        ],
    )
    def test_what_is_listed_may_be_reached(self, entry: str, host: str, port: int) -> None:
        resolver = Resolver(turns=[["127.0.0.1"]]) if host == "localhost" else Resolver()
        assert within(entry, resolver=resolver).resolve_now(host, port, "acme")

    @pytest.mark.parametrize(
        ("entry", "host", "port"),
        [
            ("10.0.0.7:9000", "10.0.0.7", 9001),
            ("10.0.0.7", "10.0.0.8", 80),
            ("10.0.0.0/8", "192.168.0.1", 80),
            ("inside.test", "loop.test", 80),
            ("inside.test:81", "inside.test", 80),
            ("public.test:6000", "public.test", 6001),
            ("[::1]:8080", "::1", 8081),
            ("test", "inside.test", 80),
            ("metadata.test", "metadata.test", 80),
            ("10.0.0.0/8", "half.test", 80),
            ("127.0.0.0/8", "half.test", 6379),
        ],
    )
    def test_what_stands_beside_it_may_not(self, entry: str, host: str, port: int) -> None:
        with pytest.raises(FixConfigError, match=r"OKRSYNC_ALLOWED_HOSTS="):
            within(entry, resolver=Resolver()).resolve_now(host, port, "acme")

    @pytest.mark.parametrize(
        "entry", ["", "10.0.0.1/8", "http://x.test", "x.test:", "x.test:0", "x.test:99999", "*.x.test", "127.1", "a b"]
    )
    def test_an_entry_that_means_nothing_is_told(self, entry: str) -> None:
        with pytest.raises(ValueError, match=re.escape(repr(entry))):
            Guard.of([entry])

    def test_the_message_says_what_to_list(self) -> None:
        with pytest.raises(FixConfigError) as caught:
            guard(8443).resolve_now("inside.test", 8443, "acme: Jira")
        assert str(caught.value) == (
            "acme: Jira: inside.test leads to 10.0.0.7, which is a private address, and okrsync connects to public "
            "hosts only: correct the address, or have whoever runs the service allow it with "
            "OKRSYNC_ALLOWED_HOSTS=10.0.0.7:8443"
        )
        with pytest.raises(FixConfigError, match=r"OKRSYNC_ALLOWED_HOSTS=\[::1\]:80"):
            guard().check("::1", 80, "acme")
        with pytest.raises(FixConfigError, match=r"is an odd spelling of an address: write 127.0.0.1 if that is meant"):
            guard().check("0x7f.1", 80, "acme")


fours = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)


@given(fours)
def test_an_ipv4_address_is_judged_the_same_however_ipv6_wraps_it(address: ipaddress.IPv4Address) -> None:
    plain, number = kind_of(address), int(address)
    wrapped = (
        0xFFFF << 32 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80,
        0x2001 << 112 | number << 64 | 0x8000 << 32 | (0x08080808 ^ 0xFFFF_FFFF),
        0x2001 << 112 | 0x08080808 << 64 | 0x8000 << 32 | (number ^ 0xFFFF_FFFF),
    )
    assert {kind_of(ipaddress.IPv6Address(each)) for each in wrapped} == {plain}


@given(st.one_of(fours, st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)))
def test_nothing_that_python_holds_for_inside_counts_as_public(address: ipaddress.IPv4Address) -> None:
    inside = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    if inside or address.is_reserved or address.is_unspecified:
        mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "teredo", None)
        assert kind_of(address) is not None or mapped

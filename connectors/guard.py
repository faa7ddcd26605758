"""The guard of every configured address: public ones only, unless the service's settings list an internal host.

Rules are written by many people, and the service stands inside a company's network: an address in a rule must not make
it fetch from the database next door or a cloud's metadata service. Names are resolved once, all their addresses are
judged, and the connection is made to one that was judged: a name that resolves differently a moment later (DNS
rebinding) gains nothing. The kinds of addresses are those of IANA's registries,
https://www.iana.org/assignments/iana-ipv4-special-registry/ and https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from __future__ import annotations

import asyncio
import re
import socket
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from connectors.addresses import PORTS, split, without_query
from mapping.errors import FixConfigError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolver: TypeAlias = Callable[..., Sequence[tuple[Any, Any, Any, Any, Any]]]
"""As ``socket.getaddrinfo``."""

SETTING = "OKRSYNC_ALLOWED_HOSTS"
WEB_PORTS = frozenset({80, 443, 8000, 8008, 8080, 8443, 8888, 9090, 9443})
"""Where web servers usually listen. Others are a mail server's or a database's, which a made-up request could harm."""


@dataclass(frozen=True, slots=True)
class _Kind:
    network: Network
    what: str
    of_hosts: bool = False
    """Whether a company's own hosts live there. A listed name may lead there, and nowhere else that is not public."""


_KINDS = tuple(
    _Kind(ip_network(network), what, of_hosts)
    for network, what, of_hosts in (
        ("10.0.0.0/8", "a private address", True),
        ("172.16.0.0/12", "a private address", True),
        ("192.168.0.0/16", "a private address", True),
        ("127.0.0.0/8", "an address of this machine itself", True),
        ("100.64.0.0/10", "an address shared behind a provider's NAT", True),
        ("169.254.0.0/16", "a link-local address, where clouds keep their metadata service", False),
        ("168.63.129.16/32", "the address of Azure's platform service", False),
        ("0.0.0.0/8", "an address that means this machine", False),
        ("192.0.0.0/24", "an address reserved for protocols", False),
        ("192.0.2.0/24", "an address reserved for documentation", False),
        ("198.51.100.0/24", "an address reserved for documentation", False),
        ("203.0.113.0/24", "an address reserved for documentation", False),
        ("192.88.99.0/24", "an address reserved for 6to4 relays", False),
        ("198.18.0.0/15", "an address reserved for benchmarks", False),
        ("224.0.0.0/4", "a multicast address", False),
        ("240.0.0.0/4", "a reserved address", False),
        ("::1/128", "an address of this machine itself", True),
        ("fc00::/7", "a private address", True),
        ("::/128", "an address that means this machine", False),
        ("fe80::/10", "a link-local address", False),
        ("fec0::/10", "a site-local address", False),
        ("ff00::/8", "a multicast address", False),
        ("2001:db8::/32", "an address reserved for documentation", False),
        ("3fff::/20", "an address reserved for documentation", False),
        ("2001::/23", "an address reserved for protocols", False),
    )
)
_GLOBAL = IPv6Network("2000::/3")
"""All of IPv6 that was ever given to anybody as public."""
_ELSEWHERE = _Kind(IPv6Network("::/0"), "no public address")
_NAT64 = IPv6Network("64:ff9b::/96")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = (0x5EFE, 0x0200_5EFE)

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*")
_INSIDE = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa")
"""Ends of names that are resolved inside a network only."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """One entry of the allow-list: a name or a network, at one port or at any."""

    name: str
    network: Network | None
    port: int | None

    @classmethod
    def of(cls, entry: str) -> _Listed:
        """Read ``host``, ``host:port``, ``[v6]:port`` or a network such as ``10.20.0.0/16``."""
        text = entry.strip().lower()
        if (network := _network_or_none(text)) is not None:
            return cls("", network, None)
        host, colon, port = text.rpartition(":")
        if not colon:
            host, port = text, ""
        if (colon and not port.isdecimal()) or int(port or 1) not in range(1, 65536):
            raise ValueError(f"{entry!r} has no port between 1 and 65535 behind its colon")
        at = int(port) if port else None
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if (network := _network_or_none(bare)) is not None and "/" not in bare:
            return cls("", network, at)
        name = host.removesuffix(".")
        labels = name.split(".")
        if not all(_LABEL.fullmatch(label) for label in labels) or _NUMERIC.fullmatch(labels[-1]):
            raise ValueError(f"{entry!r} is no host: write a name, an address, either with :port, or a network (CIDR)")
        return cls(name, None, at)

    def at(self, port: int) -> bool:
        return self.port in {None, port}


def _network_or_none(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            raise ValueError(f"{text!r} is an address and not its network: {error}") from error
        return None


@dataclass(frozen=True, slots=True)
class Guard:
    """What the service may connect to besides public addresses, and the judgement on everything else."""

    listed: tuple[_Listed, ...] = ()
    ports: frozenset[int] = WEB_PORTS
    """Where public hosts may be connected to; what is listed has ports of its own."""
    resolver: Resolver = socket.getaddrinfo

    @classmethod
    def of(cls, entries: Iterable[str]) -> Guard:
        """Return the guard with this allow-list.

        Raises:
            ValueError: an entry is neither a host nor a network.
        """
        return cls(tuple(_Listed.of(entry) for entry in entries))

    def check_url(self, url: str, who: str, *, resolved_here: bool = True) -> None:
        """Judge what an address says by itself; a name that is resolved here is judged again by :meth:`resolve`.

        Args:
            url: http or https.
            who: begins the message.
            resolved_here: False when a proxy will resolve the name, out of our sight.

        Raises:
            FixConfigError: it holds an account, is spelled oddly, or leads where it may not.
        """
        if any(character.isspace() or character in "\\\0" or not character.isprintable() for character in url):
            raise FixConfigError(
                f"{who}: the address {without_query(url)!r} holds a character that no address has: retype it"
            )
        parts = split(url)
        if parts.username is not None or parts.password is not None:
            raise FixConfigError(f"{who}: the address of {parts.hostname} holds an account: take it out of url")
        if parts.scheme not in PORTS or not parts.hostname:
            raise FixConfigError(f"{who}: {without_query(url)!r} is no http or https address: correct url")
        port = PORTS[parts.scheme] if parts.port is None else parts.port
        self.check(parts.hostname, port, who, resolved_here=resolved_here)

    def check(self, host: str, port: int, who: str, *, resolved_here: bool = True) -> None:
        """Judge a host by its name or literal address, and its port; nothing is resolved.

        Raises:
            FixConfigError: it may not be connected to; the message says why, and how to allow it.
        """
        name = _plain_name(host, who)
        address = _literal(name, who)
        if address is not None:
            self._judge(name, [address], port, who)
            return
        if self.lists_name(name, port):
            return
        perhaps = resolved_here and any(entry.network is not None and entry.at(port) for entry in self.listed)
        if perhaps:  # its addresses may be in a network that is listed: they decide
            return
        if "." not in name or any(name == end or name.endswith(f".{end}") for end in _INSIDE):
            raise _refused(who, name, port, "a name that is known inside a network only")
        self._check_port(name, port, who)

    async def resolve(self, host: str, port: int, who: str) -> tuple[Address, ...]:
        """Return the addresses of a host, each of which may be connected to, in the system's order of preference.

        Raises:
            FixConfigError: one of them may not.
            OSError: the name cannot be resolved.
        """
        return await asyncio.to_thread(self.resolve_now, host, port, who)

    def resolve_now(self, host: str, port: int, who: str) -> tuple[Address, ...]:
        """As :meth:`resolve`, in this thread."""
        self.check(host, port, who)
        name = _plain_name(host, who)
        if (literal := _literal(name, who)) is not None:
            return (literal,)
        found = self.resolver(host, port, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(ip_address(each[4][0]) for each in found))
        if not addresses:
            raise OSError(f"{name} has no address")
        self._judge(name, addresses, port, who)
        return addresses

    def _judge(self, name: str, addresses: Sequence[Address], port: int, who: str) -> None:
        """Refuse a host when a single one of its addresses is refused: no honest name is half public, half inside."""
        by_name = self.lists_name(name, port)
        for address in addresses:
            if self._lists(address, port):
                continue
            kind = kind_of(address)
            if kind is not None and not (by_name and kind.of_hosts):
                if str(address) == name:
                    raise _refused(who, name, port, kind.what)
                # A name may be the attacker's own: what is listed is the address.
                raise _refused(who, f"{name} leads to {address}, which", port, kind.what, lists=str(address))
            if not by_name:
                self._check_port(name, port, who)

    def _check_port(self, name: str, port: int, who: str) -> None:
        if port not in self.ports:
            usual = ", ".join(str(each) for each in sorted(self.ports))
            raise _refused(who, f"port {port} of {name}", port, f"none of the usual ports ({usual})", lists=name)

    def lists_name(self, name: str, port: int) -> bool:
        """Return whether a name is listed itself, and not by the network it leads to."""
        name = name.lower().removesuffix(".")
        return any(entry.name == name and entry.at(port) for entry in self.listed if entry.name)

    def _lists(self, address: Address, port: int) -> bool:
        return any(entry.network is not None and address in entry.network and entry.at(port) for entry in self.listed)


PUBLIC_ONLY = Guard()
"""The guard of a service that lists no host."""


def kind_of(address: Address) -> _Kind | None:
    """Return what kind of address this is when it is not a public one; IPv4 inside IPv6 is judged as IPv4.

    >>> kind_of(ip_address("::ffff:10.0.0.1")).what
    'a private address'
    >>> kind_of(ip_address("93.184.215.14")) is None
    True
    """
    inner = _embedded(address) if isinstance(address, IPv6Address) else ()
    for each in inner:
        if (kind := kind_of(each)) is not None:
            return kind
    if isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64):
        return None
    if address.version == 6 and inner and address in _TEREDO:
        return None
    for kind in _KINDS:
        if address in kind.network:
            return kind
    return _ELSEWHERE if address.version == 6 and address not in _GLOBAL else None


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that a router may unwrap from this one: mapped, NAT64, 6to4, Teredo, ISATAP."""
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.teredo is not None:
        return address.teredo
    if address.sixtofour is not None:
        return (address.sixtofour,)
    low = int(address) & 0xFFFF_FFFF
    if address in _NAT64 or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return (IPv4Address(low),)
    return ()


def _plain_name(host: str, who: str) -> str:
    """Return a host in lower case, without brackets and final dot; its compatibility characters must be no trick.

    Raises:
        FixConfigError: it holds what no name holds, or turns into another name when it is normalised.
    """
    text = host.lower().removeprefix("[").removesuffix("]")
    # ① and １ turn into 1 on the way to the resolver, 。 into a dot.
    normal = unicodedata.normalize("NFKC", text).replace("。", ".").removesuffix(".")
    if (
        normal != text.removesuffix(".")
        or re.search(r"[\s%/\\@#?<>^|,;\x00-\x20\x7f]", normal)
        or not all(normal.split("."))
    ):
        raise FixConfigError(f"{who}: {host[:80]!r} is an odd spelling of a host: write its plain name")
    return normal


def _literal(name: str, who: str) -> Address | None:
    """Return the address that a host is written as; None when it is a name.

    Raises:
        FixConfigError: it is written in decimal, octal, hexadecimal or short: 2130706433, 0177.0.0.1, 0x7f.1, 127.1.
    """
    try:
        return ip_address(name)
    except ValueError:
        if ":" not in name and not _NUMERIC.fullmatch(name.rpartition(".")[2]):
            return None
    try:
        meant = f": write {socket.inet_ntoa(socket.inet_aton(name))} if that is meant"
    except OSError:
        meant = ": write it as four numbers, or as a name"
    raise FixConfigError(f"{who}: {name[:80]!r} is an odd spelling of an address{meant}")


def _refused(who: str, what: str, port: int, why: str, *, lists: str = "") -> FixConfigError:
    host = lists or what
    entry = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return FixConfigError(
        f"{who}: {what} is {why}, and okrsync connects to public hosts only: correct the address, "
        f"or have whoever runs the service allow it with {SETTING}={entry}"
    )

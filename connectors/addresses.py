"""Addresses: what belongs to the same origin, and how they are shown."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from mapping.errors import FixConfigError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Spellings of this machine itself."""
PORTS = {"http": 80, "https": 443}


def split(url: str) -> SplitResult:
    """Return the parts of an address; of one that is none at all, empty parts."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # reading it is what finds a port that is no number
    except ValueError:
        return urlsplit("")
    return parts


def checked_base(address: str, who: str) -> str:
    """Return a base address without a slash at its end.

    Raises:
        FixConfigError: it is no http address, or holds an account.
    """
    parts = split(address)
    if parts.username or parts.password:
        raise FixConfigError(f"{who}: the address of {parts.hostname} holds an account: take it out of url")
    if parts.scheme not in PORTS or not parts.hostname:
        raise FixConfigError(f"{who}: {without_query(address)!r} is no http or https address: correct url")
    return without_query(address).rstrip("/")


def plain_address(value: str, such_as: str, *, sends: str, query: bool = False) -> str:
    """Return an address as options take it; for validators of options.

    Args:
        value: as written.
        such_as: one that would do.
        sends: what would go over the wire in clear.
        query: whether it may have one.

    Raises:
        ValueError: it is no http address, holds more than it may (an account, a fragment, a query), or is not
            encrypted on its way elsewhere.
    """
    parts = split(value)
    more = parts.username or parts.fragment or (parts.query and not query)
    if parts.scheme not in PORTS or not parts.hostname or more:
        raise ValueError(f"{value!r} is no plain address: write it like {such_as}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(f"{value!r} would send {sends} in clear: use https")
    return value.strip()


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port: what a credential is meant for."""
    parts = split(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def without_query(url: str) -> str:
    """Return an address as it may be shown: no query, no account, no fragment."""
    parts = split(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else f"{host}{parts.path}"


def proxy_for(url: str) -> str | None:
    """Return the proxy that the surroundings name for an address (HTTPS_PROXY, NO_PROXY); None for a direct way.

    Companies need them; no proxy leads to ourselves.
    """
    parts = split(url)
    if parts.hostname in LOOPBACK or proxy_bypass(parts.netloc):
        return None
    named = getproxies()
    found = named.get(parts.scheme) or named.get("all")
    return found if not found or "://" in found else f"http://{found}"

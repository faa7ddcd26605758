"""The jira library's connections, opened by the guard: it speaks through requests and not through the shared client.

urllib3 lets a pool say what class its connections are of, and requests lets an adapter say what pools there are:
https://urllib3.readthedocs.io/en/stable/reference/urllib3.connectionpool.html
"""

from __future__ import annotations

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from connectors.guard import Guard


class GuardedAdapter(HTTPAdapter):
    """Sends requests of one connection; each redirect comes by here again.

    Raises:
        FixConfigError: the guard refuses the address, or one that its name resolves to.
    """

    def __init__(self, guard: Guard, who: str) -> None:
        self._guard = guard
        self._who = who
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools for direct connections; those for a proxy are made elsewhere, and lead to the proxy."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._guard, self._who)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> requests.Response:
        """Send, if the address is fit."""
        direct = requests.utils.select_proxy(request.url or "", proxies) is None
        self._guard.check_url(request.url or "", self._who, resolved_here=direct)
        return super().send(request, stream, timeout, verify, cert, proxies)


def _pools(guard: Guard, who: str) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, guard, who)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, guard, who)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


def _connect(connection: HTTPConnection, guard: Guard, who: str) -> socket.socket:
    """Return a socket to the first of the host's addresses that answers; TLS still speaks of the name."""
    host = connection.host
    try:
        addresses = guard.resolve_now(host, connection.port or connection.default_port, who)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    failure: Exception = OSError(f"{host} has no address")
    for address in addresses:
        try:
            return create_connection(
                (str(address), connection.port or connection.default_port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except TimeoutError as error:
            failure = ConnectTimeoutError(connection, f"no answer within {connection.timeout} s")
            failure.__cause__ = error
        except OSError as error:
            failure = NewConnectionError(connection, str(error))
            failure.__cause__ = error
    raise failure

"""What was asked of a sandbox server, in order of arrival: tests look here to see how a connector behaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, and the status it was answered with (0: the connection was dropped without an answer)."""

    method: str
    path: str
    """Without the server's prefix: ``/rest/api/3/search/jql``."""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; ``authorization`` keeps only its scheme."""
    body: bytes = b""
    status: int = 0
    fault: str = ""
    """The fault that was played, by its name."""

    def params(self) -> dict[str, str]:
        """Return the query's parameters; of a repeated one the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> Any:  # the request's own JSON: any shape a client may send
        """Return the body read as JSON; None when it is empty."""
        return json.loads(self.body) if self.body else None


@dataclass(slots=True)
class Ledger:
    """All requests of a server, oldest first."""

    entries: list[Asked] = field(default_factory=list)

    def matching(self, path: str = "*", method: str = "*") -> list[Asked]:
        """Return the requests whose path matches a shell pattern (``/rest/api/*/search/jql``)."""
        return [asked for asked in self.entries if fnmatchcase(asked.path, path) and fnmatchcase(asked.method, method)]

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Asked]:
        return iter(list(self.entries))

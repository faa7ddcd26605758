"""A Prometheus that knows some queries; answers as its API page writes them, times checked as the real one does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.served import Answer, Asked

Value = Callable[[float], str | None]
"""The number at a time, as text; None for a gap."""


@dataclass
class Prometheus:
    queries: Mapping[str, Value]
    token: str | None = None
    warnings: list[str] = field(default_factory=list)
    labels: list[dict[str, str]] = field(default_factory=lambda: [{}])
    """Of the series that every query gives."""
    always: Callable[[Asked], Answer] | None = None
    """Answers all that may ask, in place of the queries."""

    def reply(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(b"Unauthorized\n", 401, {"content-type": "text/plain"})
        if self.always is not None:
            return self.always(asked)
        query = asked.query.get("query", "")
        if query == "vector(1)":
            return self.success("vector", [{"metric": {}, "value": [float(asked.query["time"]), "1"]}])
        if query == "slow":
            return error(422, "execution", "query processing would load too many samples into memory")
        if query not in self.queries:
            return error(400, "bad_data", f'invalid parameter "query": 1:5: parse error: unexpected {query!r}')
        value = self.queries[query]
        return self._range(asked, value) if asked.path.endswith("query_range") else self._instant(asked, value)

    def _instant(self, asked: Asked, value: Value) -> Answer:
        at = float(asked.query["time"])
        found = value(at)
        elements = [] if found is None else [{"metric": one, "value": [at, found]} for one in self.labels]
        return self.success("vector", elements)

    def _range(self, asked: Asked, value: Value) -> Answer:
        start, end, step = (float(asked.query[name]) for name in ("start", "end", "step"))
        if end < start or (end - start) / step > 11_000:
            return error(400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries")
        times = [start + number * step for number in range(int((end - start) / step) + 1)]
        values = [[at, found] for at in times if (found := value(at)) is not None]
        return self.success("matrix", [{"metric": one, "values": values} for one in self.labels] if values else [])

    def success(self, kind: str, result: Any) -> Answer:
        body: dict[str, Any] = {"status": "success", "data": {"resultType": kind, "result": result}}
        if self.warnings:
            body["warnings"] = self.warnings
        return Answer(json.dumps(body).encode())


def error(status: int, kind: str, said: str) -> Answer:
    return Answer({"status": "error", "errorType": kind, "error": said}, status)

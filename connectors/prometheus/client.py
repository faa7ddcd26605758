"""Prometheus' wire: instant and range queries.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from connectors.http import HttpClient, Params, Reply
from connectors.plain import number_of
from connectors.port import Surroundings
from connectors.prometheus.options import PrometheusOptions
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError

T = TypeVar("T")
SHOWN = 3


class Stamped(msgspec.Struct, frozen=True, array_like=True):
    """A number with its time: ``[1435781451.781, "1"]``."""

    seconds: Decimal
    text: str


class Element(msgspec.Struct, frozen=True):
    """One series of a vector or matrix."""

    metric: dict[str, str] = {}
    value: Stamped | None = None
    values: list[Stamped] | None = None
    histogram: object = None
    histograms: object = None

    def __str__(self) -> str:
        return "{" + ", ".join(f'{name}="{value}"' for name, value in self.metric.items()) + "}"


class _Data(msgspec.Struct, frozen=True, rename="camel"):
    result_type: Literal["vector", "matrix", "scalar", "string"]
    result: msgspec.Raw


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    status: str
    data: _Data | None = None
    error_type: str = ""
    error: str = ""
    warnings: list[str] = []


class PrometheusClient:
    """Asks one server for one connection."""

    def __init__(self, options: PrometheusOptions, surroundings: Surroundings) -> None:
        self._connection = surroundings.connection
        self.http = HttpClient(
            base_url=options.url,
            vendor="Prometheus",
            headers=options.sent_headers(),
            surroundings=surroundings,
            classify=self._refusal,
        )

    async def now(self, query: str, at: datetime) -> list[Stamped]:
        """Return the number that a query gives at an instant; nothing when it matches no series.

        Raises:
            FixConfigError: the query is wrong, or gives more than one number.
            PartialReadError: the answer was given with warnings.
        """
        params = {"query": query, "time": _seconds(at)}
        data = await self._ask("api/v1/query", params, query)
        if data.result_type == "scalar":
            return [self._decoded(data, Stamped)]
        if data.result_type != "vector":
            raise FixConfigError(
                f"{self._connection}: {query} gives a {data.result_type}, one number was expected: "
                "leave out the [range] at its end, or aggregate over it"
            )
        element = self._only(data, query)
        return [element.value] if element is not None and element.value is not None else []

    async def over(self, query: str, start: datetime, end: datetime, step: timedelta) -> list[Stamped]:
        """Return the numbers that a query gives from start to end, both included.

        Raises:
            FixConfigError, PartialReadError: as ``now``.
        """
        params = {"query": query, "start": _seconds(start), "end": _seconds(end), "step": _seconds(step)}
        element = self._only(await self._ask("api/v1/query_range", params, query), query)
        return list(element.values or ()) if element is not None else []

    def _only(self, data: _Data, query: str) -> Element | None:
        found = self._decoded(data, list[Element])
        if len(found) > 1:
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            shown = ", ".join(map(str, found[:SHOWN]))
            raise FixConfigError(
                f"{self._connection}: {query} gives {len(found)} series, one was expected ({shown}{more}): "
                "aggregate them, as in sum(…) or max(…), or choose one by its labels"
            )
        if found and (found[0].histogram or found[0].histograms):
            raise FixConfigError(
                f"{self._connection}: {query} gives a histogram, a number was expected: "
                "take histogram_quantile, histogram_count or histogram_sum of it"
            )
        return found[0] if found else None

    def _decoded(self, data: _Data, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(data.result, type=shape)
        except msgspec.MsgspecError as error:
            raise PartialReadError(
                f"{self._connection}: Prometheus answered in a shape that okrsync cannot read ({error})"
            ) from error

    async def _ask(self, path: str, params: Params, query: str) -> _Data:
        reply = await self.http.get(path, params=params)
        answer = reply.decode(_Answer)
        if answer.status != "success" or answer.data is None:
            raise FixConfigError(f"{self._connection}: Prometheus refuses {query} ({answer.error or answer.status})")
        if answer.warnings:
            raise PartialReadError(
                f"{self._connection}: Prometheus answers {query} with a warning ({'; '.join(answer.warnings)[:200]}): "
                "the number may lack a part"
            )
        return answer.data

    def _refusal(self, reply: Reply) -> OkrsyncError | None:
        """Return the error for a query that is refused: 400 for a wrong one, 422 for one that cannot be executed."""
        if reply.status not in {400, 422}:
            return None
        try:
            said = msgspec.json.decode(reply.body, type=_Answer).error or reply.says()
        except msgspec.MsgspecError:
            said = reply.says()
        return FixConfigError(f"{self._connection}: Prometheus refuses the query ({said[:300]}): correct it")


def number(stamped: Stamped) -> Decimal | None:
    """Return the number exactly; None for NaN, the infinities and whatever else is no number."""
    try:
        return number_of(stamped.text)
    except ValueError:
        return None


def instant(stamped: Stamped) -> datetime:
    """Return the instant, exact to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(stamped.seconds * 1_000_000))


def _seconds(value: datetime | timedelta) -> str:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value.timestamp()
    return f"{seconds:.3f}".rstrip("0").rstrip(".")

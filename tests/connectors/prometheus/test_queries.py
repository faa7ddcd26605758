"""What queries give, and what of it is no number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.prometheus import CONNECTOR, PrometheusSelection, PrometheusSource
from connectors.prometheus.options import duration
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError
from mapping.words import Sample, Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import fail
from tests.connectors.prometheus.server import Prometheus, Value
from tests.connectors.served import Answer, Served, serving

DAY = 86400.0
TOKEN = "made-up"


@asynccontextmanager
async def prometheus(
    server: Prometheus, clock: FakeClock | None = None
) -> AsyncIterator[tuple[PrometheusSource, Served]]:
    server.token = TOKEN
    with serving(Served(server.reply)) as served:
        options = CONNECTOR.options.model_validate({"url": served.url, "token": TOKEN})
        source = CONNECTOR.open(options, surroundings(clock=clock or FakeClock(), connection="prod"))
        assert isinstance(source, PrometheusSource)
        try:
            yield source, served
        finally:
            await source.aclose()


async def samples(source: PrometheusSource, **terms: Any) -> list[Sample]:
    wanted = Selection.of("prod", terms)
    return [sample async for batch in source.series(wanted, fail) for sample in batch]


async def refusal(value: Value, kind: type[OkrsyncError], server: Prometheus | None = None, **terms: Any) -> str:
    async with prometheus(server or Prometheus({"up": value})) as (source, _):
        with pytest.raises(kind) as caught:
            await samples(source, **{"query": "up", **terms})
    return str(caught.value)


async def test_a_number_is_exact_and_of_now() -> None:
    async with prometheus(Prometheus({"up": lambda _at: "1234567890123456.123456789"})) as (source, served):
        (sample,) = await samples(source, query="up")
    assert sample.value == Decimal("1234567890123456.123456789")
    assert sample.at == FakeClock().now()
    assert sample.origin == "PromQL up"
    assert served.asked[0].path == "/api/v1/query"


async def test_exponents_and_percentages_are_read() -> None:
    async with prometheus(Prometheus({"up": lambda _at: "4.25e+01"})) as (source, _):
        (sample,) = await samples(source, query="up", unit="percent")
    assert (sample.value, sample.unit) == (Decimal("0.425"), "percent")


async def test_a_scalar_is_a_number_and_a_matrix_is_not() -> None:
    server = Prometheus({})
    server.always = lambda asked: server.success(
        *(("scalar", [1790841600.5, "3"]) if asked.query["query"] == "scalar(x)" else ("matrix", []))
    )
    async with prometheus(server) as (source, _):
        (sample,) = await samples(source, query="scalar(x)")
        assert (sample.at, sample.value) == (datetime(2026, 10, 1, 8, 0, 0, 500000, tzinfo=UTC), Decimal(3))
        with pytest.raises(FixConfigError, match=r"x\[5m\] gives a matrix, one number was expected"):
            await samples(source, query="x[5m]")


@pytest.mark.parametrize(
    ("found", "said"), [("NaN", "NaN"), ("+Inf", "+Inf"), ("-Inf", "-Inf"), (None, "no series at all")]
)
@pytest.mark.parametrize("terms", [{}, {"range": "3d"}])
async def test_what_is_no_number_is_no_data_with_its_reason(
    found: str | None, said: str, terms: dict[str, Any]
) -> None:
    told = await refusal(lambda _at: found, PartialReadError, **terms)
    assert told.startswith(f"prod: up gives {said}")
    assert "a number was expected: no data, which is not 0" in told


async def test_several_series_are_an_error_that_shows_their_labels() -> None:
    labels = [{"__name__": "up", "job": name} for name in ("shop", "api", "mail", "db")]
    for terms in ({}, {"range": "2d"}):
        server = Prometheus({"up": lambda _at: "1"}, labels=labels)
        said = await refusal(lambda _at: "1", FixConfigError, server, **terms)
        assert 'up gives 4 series, one was expected ({__name__="up", job="shop"}' in said
        assert "and 1 more): aggregate them" in said


async def test_a_warning_makes_the_read_partial() -> None:
    server = Prometheus({"up": lambda _at: "1"}, warnings=["store 10.2: deadline exceeded"])
    said = await refusal(lambda _at: "1", PartialReadError, server)
    assert "with a warning (store 10.2: deadline exceeded)" in said


async def test_a_histogram_is_no_number() -> None:
    server = Prometheus({})
    server.always = lambda _asked: server.success(
        "vector", [{"metric": {}, "histogram": [1790841600, {"count": "3", "sum": "2"}]}]
    )
    assert "gives a histogram" in await refusal(lambda _at: "1", FixConfigError, server)


async def test_a_wrong_query_is_told_in_prometheus_own_words() -> None:
    said = await refusal(lambda _at: "1", FixConfigError, query="sum(")
    assert "parse error: unexpected 'sum('" in said
    assert "too many samples" in await refusal(lambda _at: "1", FixConfigError, query="slow")


async def test_an_answer_that_is_no_success_is_none() -> None:
    server = Prometheus({})
    server.always = lambda _asked: Answer({"status": "error", "error": "tsdb not ready"})
    assert "refuses up (tsdb not ready)" in await refusal(lambda _at: "1", FixConfigError, server)


async def test_each_sync_reads_the_same_steps_again() -> None:
    clock = FakeClock()
    server = Prometheus({"up": lambda at: str(int(at // DAY))})
    async with prometheus(server, clock) as (source, served):
        first = await samples(source, query="up", range="3d")
        clock.instant += timedelta(hours=9)
        assert await samples(source, query="up", range="3d") == first
        clock.instant += timedelta(hours=9)
        assert (await samples(source, query="up", range="3d"))[:-1] == first[1:]
    assert [each.at for each in first] == [datetime(2026, 10, 30, tzinfo=UTC) + timedelta(days=n) for n in range(4)]
    assert served.asked[0].query["step"] == "86400"


async def test_gaps_before_the_last_step_stay_gaps() -> None:
    server = Prometheus({"up": lambda at: "NaN" if at // DAY % 2 else "5"})
    clock = FakeClock(instant=datetime(2026, 11, 3, 9, tzinfo=UTC))
    async with prometheus(server, clock) as (source, _):
        found = await samples(source, query="up", range="5d")
    assert [each.at.day for each in found] == [30, 1, 3]


async def test_what_was_good_before_the_last_step_is_not_what_holds_now() -> None:
    ends = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    said = await refusal(lambda at: "5" if at < ends else None, PartialReadError, range="10d")
    assert "gives no series at all at 2026-11-02T00:00:00+00:00" in said


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"query": ""}, "at least 1 character"),
        ({"query": "up", "step": "1d"}, "step goes with range"),
        ({"query": "up", "range": "90 days"}, "is no duration"),
        ({"query": "up", "range": "1d", "step": "2d"}, "between 1 and 11000"),
        ({"query": "up", "range": "1y", "step": "1m"}, "525600 numbers, between 1 and 11000"),
        ({"query": "up", "range": "1d", "step": "0s"}, "is no duration"),
        ({"query": "up", "unit": "bugs"}, "is no unit"),
    ],
)
def test_terms_that_do_not_fit_are_told(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PrometheusSelection.model_validate(terms)
    assert said in str(caught.value)


def test_durations_are_read_as_prometheus_writes_them() -> None:
    assert duration("1h30m") == timedelta(minutes=90)
    assert duration("2w1d") == timedelta(days=15)
    assert duration("1y") == timedelta(days=365)

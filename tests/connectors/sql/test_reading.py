"""What rows become, on both engines, and what is never taken for a number."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from connectors.sql import CONNECTOR, SqlSelection, SqlSource
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, SkipRecordError
from mapping.words import ItemState, Sample, Selection, WorkItem
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import fail
from tests.engines import NewDatabase

DEALS = (
    "CREATE TABLE deals (id integer, name text, won boolean, amount numeric(12, 2), closed date, made timestamp)",
    "INSERT INTO deals VALUES (1, 'Acme', true, 120.10, '2026-10-03', '2026-10-01 10:00:00')",
    "INSERT INTO deals VALUES (2, 'Borealis', false, 0, '2026-11-04', '2026-10-01 10:00:00')",
    "INSERT INTO deals VALUES (3, 'Cumulus', NULL, NULL, NULL, NULL)",
)
Opened = Callable[..., Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Open a source on a database of deals, with further options."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "crm.db")) as made, made:
            for statement in DEALS:
                made.execute(statement)
        return lambda **options: source_on(tmp_path, file="crm.db", **options)
    new: NewDatabase = request.getfixturevalue("postgres")
    url = new()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in DEALS:
            connection.execute(statement.encode())
    return lambda **options: source_on(tmp_path, url=url, **options)


@asynccontextmanager
async def source_on(folder: Path, **options: Any) -> AsyncIterator[SqlSource]:
    around = surroundings(clock=FakeClock(), connection="crm", folder=folder)
    source = CONNECTOR.open(CONNECTOR.options.model_validate(options), around)
    assert isinstance(source, SqlSource)
    yield source
    await source.aclose()


def selected(query: str, **terms: Any) -> Selection:
    model = SqlSelection.model_validate({"query": query, **terms})
    return Selection.of("crm", model.model_dump(mode="json", by_alias=True, exclude_defaults=True))


async def samples(source: SqlSource, query: str, on_skip: Any = fail, **terms: Any) -> list[Sample]:
    return [sample async for batch in source.series(selected(query, **terms), on_skip) for sample in batch]


async def items(
    source: SqlSource, query: str, on_skip: Any = fail, fields: frozenset[str] = frozenset(), **terms: Any
) -> list[WorkItem]:
    pages = source.census(selected(query, id="id", **terms), fields, on_skip)
    return [item async for page in pages for item in page.items]


async def refusal(opened: Opened, query: str, kind: type[OkrsyncError] = FixConfigError, **terms: Any) -> str:
    async with opened() as source:
        with pytest.raises(kind) as caught:
            await (items if "title" in terms else samples)(source, query, **terms)
    return str(caught.value)


async def test_a_number_is_exact_and_says_where_it_stood(opened: Opened) -> None:
    async with opened() as source:
        (sample,) = await samples(source, "SELECT amount AS total FROM deals WHERE id = 1", unit="EUR")
        (percent,) = await samples(source, "SELECT 42.5", unit="percent")
    assert (sample.value, sample.unit, sample.at) == (Decimal("120.1"), "EUR", FakeClock().now())
    assert sample.origin.endswith(", column total")
    assert (percent.value, percent.unit) == (Decimal("0.425"), "percent")


async def test_more_digits_than_a_float_holds_are_kept(tmp_path: Path, postgres: NewDatabase) -> None:
    async with source_on(tmp_path, url=postgres()) as source:
        (sample,) = await samples(source, "SELECT 12345678901234567890.123456789012345678::numeric")
        assert sample.value == Decimal("12345678901234567890.123456789012345678")
        for nothing in ("'NaN'::numeric", "'NaN'::float8", "'Infinity'::float8"):
            with pytest.raises(FixConfigError, match="no data: a number was expected"):
                await samples(source, f"SELECT {nothing}")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT sum(amount) AS total FROM deals WHERE id > 99", "gives NULL in total"),
        ("SELECT amount FROM deals WHERE id = 3", "gives NULL in amount"),
        ("SELECT amount FROM deals WHERE id = 99", "gives no row"),
    ],
)
async def test_nothing_is_no_data_and_never_0(opened: Opened, query: str, said: str) -> None:
    told = await refusal(opened, query, PartialReadError)
    assert told.startswith(f"crm: the query {said}, a number was expected: no data, which is not 0")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT name FROM deals WHERE id = 1", "name is 'Acme', a number was expected"),
        ("SELECT amount FROM deals", "gives 3 rows, one number was expected"),
        ("SELECT id, amount FROM deals WHERE id = 1", "gives the columns id, amount: one column with the number"),
        ("SELECT id AS a, id AS a FROM deals", "gives a column a twice"),
        ("SELECT nonsense FROM deals", "nonsense"),
    ],
)
async def test_what_is_no_number_is_told(opened: Opened, query: str, said: str) -> None:
    assert said in await refusal(opened, query)


async def test_columns_at_and_value_are_a_series_in_order_of_time(opened: Opened) -> None:
    query = "SELECT closed AS at, amount AS value FROM deals WHERE amount IS NOT NULL ORDER BY id DESC"
    async with opened(timezone="Europe/Paris") as source:
        found = await samples(source, query)
        glimpse = await source.glimpse(selected(query))
    assert [(each.at, each.value) for each in found] == [
        (datetime(2026, 10, 2, 22, tzinfo=UTC), Decimal("120.10")),
        (datetime(2026, 11, 3, 23, tzinfo=UTC), Decimal(0)),
    ]
    assert (glimpse.matches, glimpse.example is not None) == (2, True)


async def test_a_row_without_a_number_or_time_is_named(opened: Opened) -> None:
    skipped: list[SkipRecordError] = []
    async with opened() as source:
        found = await samples(source, "SELECT closed AS at, amount AS value FROM deals ORDER BY id", skipped.append)
    assert len(found) == 2
    (told,) = skipped
    assert "crm: row 3: at is nothing, a time such as" in str(told)


async def test_rows_become_work_items(opened: Opened) -> None:
    async with opened() as source:
        found = await items(
            source,
            "SELECT * FROM deals ORDER BY id",
            fields=frozenset({"amount", "Name", "nowhere"}),
            title="NAME",
            kind="deal",
            done={"field": "won"},
            date="closed",
            created_at="made",
            numbers={"worth": "amount"},
        )
    first, second, third = found
    assert (first.key, first.title, first.state) == ("deal 1", "Acme", ItemState.DONE)
    assert first.numbers == {"amount": Decimal("120.10"), "worth": Decimal("120.10")}
    assert first.fields == {"Name": "Acme"}
    assert first.on == datetime(2026, 10, 3, tzinfo=UTC)
    assert first.updated_at == first.created_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert second.numbers == {"amount": Decimal(0), "worth": Decimal(0)}
    assert second.state is third.state is ItemState.TODO
    assert third.numbers == {}


async def test_an_id_twice_is_a_join_that_multiplies_rows(opened: Opened) -> None:
    said = await refusal(opened, "SELECT 1 AS id, name FROM deals", title="name")
    assert "id is the same in rows 1 and 2: a join may have multiplied rows" in said


async def test_a_column_that_is_missing_is_told_with_those_there_are(opened: Opened) -> None:
    said = await refusal(opened, "SELECT id, won FROM deals", title="name")
    assert "gives no column name: it gives the columns id, won" in said


async def test_parameters_are_bound_and_keep_their_kind(opened: Opened) -> None:
    query = "SELECT count(*) FROM deals WHERE amount > :least AND name <> :name AND id < :most AND closed >= :since"
    params = {"least": Decimal("100.5"), "name": "x'; DROP TABLE deals; --", "most": 9, "since": "2026-10-01"}
    async with opened() as source:
        (sample,) = await samples(source, query, params=params)
        (all_,) = await samples(source, "SELECT count(*) FROM deals")
    assert [sample.value, all_.value] == [Decimal(1), Decimal(3)]


async def test_more_rows_than_allowed_are_partial(opened: Opened) -> None:
    async with opened(rows=2) as source:
        with pytest.raises(PartialReadError, match="gives more than 2 rows"):
            await items(source, "SELECT id FROM deals")
        assert len(await items(source, "SELECT id FROM deals WHERE id < 3")) == 2


async def test_many_rows_come_in_pages(opened: Opened) -> None:
    query = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 1203) SELECT id FROM n"
    async with opened() as source:
        pages = [page async for page in source.census(selected(query, id="id"), frozenset(), fail)]
    assert [len(page.ids) for page in pages] == [500, 500, 203]
    assert len(set(itertools.chain.from_iterable(page.ids for page in pages))) == 1203


async def test_rows_of_rules_that_ask_or_read_differently_are_not_mixed_up(opened: Opened) -> None:
    async with opened() as source:
        (one,) = await items(source, "SELECT id, won FROM deals WHERE id = 1", kind="deal")
        (other,) = await items(source, "SELECT id, won FROM deals WHERE id < 2", kind="deal")
        (done,) = await items(source, "SELECT id, won FROM deals WHERE id = 1", kind="deal", done={"field": "won"})
        assert await items(source, "SELECT id, won FROM deals WHERE id = 1", kind="deal") == [one]
    assert len({one.id, other.id, done.id}) == 3
    assert one.key == other.key == "deal 1"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"query": "DELETE FROM t"}, "query begins with DELETE"),
        ({"query": "SELECT 1", "title": "a"}, "title goes with id"),
        ({"query": "SELECT 1", "id": "a", "unit": "EUR"}, "unit goes with a number"),
        ({"query": "SELECT :a"}, "params has no a"),
        ({"query": "SELECT 1", "params": {"a": 1}}, "binds no :a"),
    ],
)
def test_terms_that_do_not_fit_are_told(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SqlSelection.model_validate(terms)
    assert said in str(caught.value)

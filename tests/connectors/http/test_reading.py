"""What is read of JSON answers, and what is refused: exact numbers, whole pages, nothing guessed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.web import CONNECTOR, HttpSelection, HttpSource
from connectors.web.exact import PathError, decode, search
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, SkipRecordError
from mapping.words import ItemState, Sample, Selection, WorkItem
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import fail
from tests.connectors.served import Answer, Asked, Served, serving

Body = object
PLACE = {"path": "/x"}


@asynccontextmanager
async def api(reply: Callable[[Asked], Answer] | Body, **options: Any) -> AsyncIterator[tuple[HttpSource, Served]]:
    served = Served(reply if callable(reply) else lambda _asked: Answer(reply))
    with serving(served):
        chosen = CONNECTOR.options.model_validate({"url": served.url, **options})
        source = CONNECTOR.open(chosen, surroundings(clock=FakeClock(), connection="crm"))
        assert isinstance(source, HttpSource)
        try:
            yield source, served
        finally:
            await source.aclose()


async def samples(source: HttpSource, terms: dict[str, Any], on_skip: Any = fail) -> list[Sample]:
    wanted = Selection.of("crm", {**PLACE, **terms})
    return [sample async for batch in source.series(wanted, on_skip) for sample in batch]


async def items(
    source: HttpSource, terms: dict[str, Any], on_skip: Any = fail, fields: frozenset[str] = frozenset()
) -> list[WorkItem]:
    wanted = Selection.of("crm", {**PLACE, **terms})
    return [item async for page in source.census(wanted, fields, on_skip) for item in page.items]


async def refusal(body: Body, terms: dict[str, Any], kind: type[OkrsyncError] = FixConfigError) -> str:
    async with api(body) as (source, _):
        with pytest.raises(kind) as caught:
            await (items if "items" in terms else samples)(source, terms)
    return str(caught.value)


class TestOneNumber:
    async def test_it_is_exact_and_says_where_it_stood(self) -> None:
        body = b'{"data": {"total": 12345678901234567890.12345678901234567890}}'
        async with api(lambda _asked: Answer(body)) as (source, served):
            (sample,) = await samples(source, {"value": "data.total", "unit": "EUR"})
            glimpse = await source.glimpse(Selection.of("crm", {**PLACE, "value": "data.total"}))
        assert sample.value == Decimal("12345678901234567890.12345678901234567890")
        assert sample.unit == "EUR"
        assert sample.at == FakeClock().now()
        assert sample.origin == f"{served.url}/x, data.total"
        assert glimpse.example == f"{sample.value} ({sample.origin})"

    @pytest.mark.parametrize(
        ("written", "at"),
        [
            ('"2026-10-01T10:00:00+02:00"', datetime(2026, 10, 1, 8, tzinfo=UTC)),
            ('"2026-10-01"', datetime(2026, 9, 30, 22, tzinfo=UTC)),
            ('"2026-10-01T10:00:00"', datetime(2026, 10, 1, 8, tzinfo=UTC)),
            ("1790841600", datetime(2026, 10, 1, 8, tzinfo=UTC)),
            ("1790841600000", datetime(2026, 10, 1, 8, tzinfo=UTC)),
            ("1790841600.5", datetime(2026, 10, 1, 8, 0, 0, 500000, tzinfo=UTC)),
        ],
    )
    async def test_its_time_is_taken_as_it_is_written(self, written: str, at: datetime) -> None:
        body = f'{{"v": "7.10", "at": {written}}}'.encode()
        async with api(lambda _asked: Answer(body), timezone="Europe/Paris") as (source, _):
            (sample,) = await samples(source, {"value": "v", "at": "at"})
        assert (sample.value, sample.at) == (Decimal("7.10"), at)

    async def test_a_percentage_is_a_fraction_exactly(self) -> None:
        async with api({"v": 42.5}) as (source, _):
            (sample,) = await samples(source, {"value": "v", "unit": "percent"})
        assert (sample.value, sample.unit) == (Decimal("0.425"), "percent")

    @pytest.mark.parametrize("body", [{"v": None}, {}, {"w": {"v": 1}}, []])
    async def test_nothing_is_no_data_and_never_0(self, body: Body) -> None:
        said = await refusal(body, {"value": "v"}, PartialReadError)
        assert "crm: http://127.0.0.1" in said
        assert "/x has nothing at v, a number was expected" in said
        assert "which is not 0" in said

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (True, "True"),
            ("12,5", "'12,5'"),
            ("", "''"),
            ("NaN", "'NaN'"),
            ("7 bugs", "'7 bugs'"),
            ([1], "a list of 1"),
            ({"n": 1}, "an object with n"),
        ],
    )
    async def test_what_is_no_number_is_told_with_its_place(self, found: Body, said: str) -> None:
        assert f"/x: v is {said}, a number was expected" in await refusal({"v": found}, {"value": "v"})

    async def test_a_time_that_is_none_is_told(self) -> None:
        assert "at is 'soon', a time such as" in await refusal({"v": 1, "at": "soon"}, {"value": "v", "at": "at"})
        assert "at is 20261001, a time" in await refusal({"v": 1, "at": 20261001}, {"value": "v", "at": "at"})

    async def test_a_function_that_cannot_take_what_it_finds_is_told(self) -> None:
        said = await refusal({"v": "many"}, {"value": "sum(v)"})
        assert "/x: sum(v) cannot be read there" in said
        assert "correct the path" in said

    async def test_a_query_by_post_sends_its_body(self) -> None:
        async with api({"v": 1}) as (source, served):
            body = {"query": {"since": 7, "share": Decimal("0.5")}}
            await samples(source, {"value": "v", "method": "POST", "body": {"query": {"since": 7, "share": 0.5}}})
        assert served.asked[0].method == "POST"
        assert served.asked[0].body == {"query": {"since": 7, "share": 0.5}}
        assert HttpSelection(path="/x", value="v", method="POST", body=body).body == served.asked[0].body

    async def test_logins_and_headers_are_sent(self) -> None:
        async with api({"v": 1}, username="ana", password="pass-word", headers={"X-Api-Key": "k-123"}) as (
            source,
            served,
        ):
            await samples(source, {"value": "v", "params": {"from": 7, "all": True, "q": "a&b"}})
            assert (await source.identify()).account == "ana"
        asked = served.asked[0]
        assert asked.headers["authorization"] == "Basic YW5hOnBhc3Mtd29yZA=="
        assert asked.headers["x-api-key"] == "k-123"
        assert asked.query == {"from": "7", "all": "true", "q": "a&b"}


class TestSeries:
    TERMS: ClassVar = {"samples": "rows[*]", "value": "v", "at": "d"}

    async def test_samples_come_in_order_of_time(self) -> None:
        rows = [{"d": "2026-10-02", "v": 2}, {"d": "2026-10-01", "v": "1.5"}, {"d": "2026-10-02", "v": 2}]
        async with api({"rows": rows}) as (source, _):
            found = await samples(source, self.TERMS)
        assert [(each.at.day, each.value) for each in found] == [(1, Decimal("1.5")), (2, Decimal(2))]

    async def test_a_row_without_a_number_is_named_and_the_rest_is_read(self) -> None:
        rows = [{"d": "2026-10-01", "v": None}, {"d": "2026-10-02", "v": 2}, {"v": 3}]
        skipped: list[SkipRecordError] = []
        async with api({"rows": rows}) as (source, _):
            found = await samples(source, self.TERMS, skipped.append)
        assert [each.value for each in found] == [Decimal(2)]
        assert "rows[*], entry 1: v or d is nothing, a number was expected" in str(skipped[0])
        assert "entry 3: v or d is nothing, a time" in str(skipped[1])

    async def test_an_instant_with_two_values_has_none(self) -> None:
        rows = [{"d": "2026-10-01", "v": 1}, {"d": "2026-10-01", "v": 2}, {"d": "2026-10-01", "v": 3}]
        skipped: list[SkipRecordError] = []
        async with api({"rows": rows}) as (source, _):
            assert await samples(source, self.TERMS, skipped.append) == []
        (told,) = skipped
        assert "has two values, 1 (" in str(told)

    async def test_no_list_is_told_with_what_is_there(self) -> None:
        said = await refusal({"result": {}}, self.TERMS)
        assert "rows[*] is nothing, a list was expected; the answer is an object with result" in said

    async def test_many_pages_by_cursor_are_one_series(self) -> None:
        def reply(asked: Asked) -> Answer:
            day = int(asked.query.get("token", 1))
            return Answer({"rows": [{"d": f"2026-10-{day:02}", "v": day}], "more": day + 1 if day < 4 else None})

        async with api(reply) as (source, served):
            terms = {**self.TERMS, "params": {"size": 1}, "pages": {"cursor": "more", "parameter": "token"}}
            found = await samples(source, terms)
        assert [each.value for each in found] == [1, 2, 3, 4]
        assert [asked.query for asked in served.asked][1:] == [{"size": "1", "token": str(day)} for day in (2, 3, 4)]


class TestItems:
    TERMS: ClassVar = {"items": "rows", "id": "id"}

    async def test_parts_become_those_of_a_work_item(self) -> None:
        row = {
            "id": 7,
            "t": "Ship  it",
            "s": {"name": "Closed"},
            "c": "2026-10-01T00:00:00Z",
            "u": 1790841600,
            "e": {"points": "3.50"},
            "story points": 5,
            "team": "shop",
            "open": False,
            "web": "https://crm.example/7",
        }
        terms = {
            **self.TERMS,
            "kind": "deal",
            "title": "t",
            "status": "s.name",
            "done": {"field": "s.name", "is": "closed"},
            "created_at": "c",
            "updated_at": "u",
            "done_at": "u",
            "date": "c",
            "link": "web",
            "numbers": {"points": "e.points", "effort": "e.effort"},
            "texts": {"owner": "team"},
        }
        async with api({"rows": [row]}) as (source, _):
            (item,) = await items(source, terms, fields=frozenset({"points", "story points", "open", "none", "team"}))
        assert item.id.endswith("#7")
        assert (item.key, item.title, item.status, item.url) == (
            "deal 7",
            "Ship it",
            "Closed",
            "https://crm.example/7",
        )
        assert item.state is ItemState.DONE
        assert item.done_at == item.updated_at == datetime(2026, 10, 1, 8, tzinfo=UTC)
        assert item.on == item.created_at == datetime(2026, 10, 1, tzinfo=UTC)
        assert item.numbers == {"points": Decimal("3.50"), "story points": Decimal(5)}
        assert item.fields == {"owner": "shop", "open": "false", "team": "shop"}

    async def test_a_state_that_is_neither_true_nor_false_is_told(self) -> None:
        skipped: list[SkipRecordError] = []
        rows = [{"id": 1, "s": True}, {"id": 2, "s": None}, {"id": 3, "s": "yes"}]
        async with api({"rows": rows}) as (source, _):
            found = await items(source, {**self.TERMS, "done": {"field": "s"}}, skipped.append)
        assert [item.state for item in found] == [ItemState.DONE, ItemState.TODO]
        assert "entry 3: s is 'yes', true or false was expected" in str(skipped[0])

    async def test_a_number_that_is_none_and_a_missing_id_leave_their_item_out(self) -> None:
        skipped: list[SkipRecordError] = []
        rows = [{"id": 1, "n": "many"}, {"n": 1}, {"id": 3, "n": 0}]
        async with api({"rows": rows}) as (source, _):
            found = await items(source, {**self.TERMS, "numbers": {"n": "n"}}, skipped.append)
        assert [item.numbers for item in found] == [{"n": Decimal(0)}]
        assert ["a number was expected" in str(each) for each in skipped] == [True, False]
        assert "entry 2: id is nothing, the id of the item was expected" in str(skipped[1])

    async def test_an_id_twice_on_a_page_names_both_entries(self) -> None:
        said = await refusal({"rows": [{"id": 1}, {"id": 2}, {"id": 1}]}, self.TERMS)
        assert "id is the same in" in said
        assert "entry 1 and entry 3" in said

    async def test_items_of_rules_that_ask_or_read_differently_are_not_mixed_up(self) -> None:
        terms = {**self.TERMS, "kind": "deal"}
        others = ({"params": {"table": "leads"}}, {"done": {"field": "s"}}, {"numbers": {"n": "m"}}, {"kind": "lead"})
        async with api({"rows": [{"id": 1, "s": True}]}) as (source, _):
            (one,) = await items(source, terms)
            assert await items(source, terms) == [one]
            ids = {(await items(source, {**terms, **other}))[0].id for other in others}
        assert len(ids | {one.id}) == 5

    async def test_links_in_the_header_and_in_the_body_are_followed(self) -> None:
        def reply(asked: Asked) -> Answer:
            page = int(asked.query.get("page", 1))
            link = {"link": f'<{served.url}/x?page=1>; rel="first", <?page={page + 1}>; rel="next"'} if page < 3 else {}
            return Answer({"rows": [{"id": page}], "n": 3}, headers=link)

        async with api(reply) as (source, served):
            found = await items(source, {**self.TERMS, "pages": {"header": "link"}, "total": "n"})
            assert [item.id.rpartition("#")[2] for item in found] == ["1", "2", "3"]
            with pytest.raises(PartialReadError, match=r"has further pages .*: add pages: {header: link}"):
                await items(source, self.TERMS)

    async def test_fewer_than_the_answer_tells_is_partial(self) -> None:
        said = await refusal({"rows": [{"id": 1}], "n": 2}, {**self.TERMS, "total": "n"}, PartialReadError)
        assert "tells of 2 in all (n), and its pages held 1" in said

    async def test_a_page_link_elsewhere_is_not_followed(self) -> None:
        body = {"rows": [], "next": "http://127.0.0.2/x"}
        assert "links to http://127.0.0.2/x" in await refusal(body, {**self.TERMS, "pages": {"next": "next"}})

    async def test_a_walk_that_never_ends_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connectors.web.client.MOST_PAGES", 5)

        def reply(asked: Asked) -> Answer:
            page = int(asked.body.get("after", 0)) if asked.body else 0
            return Answer({"rows": [], "next": page + 1})

        terms = {**self.TERMS, "method": "POST", "pages": {"cursor": "next", "parameter": "after"}}
        async with api(reply) as (source, served):
            with pytest.raises(PartialReadError, match="leads through 5 pages"):
                await items(source, terms)
            assert len(served.asked) == 6


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "say either value"),
        ({"value": "a", "items": "b", "id": "c"}, "say either value"),
        ({"items": "b"}, "items and id go together"),
        ({"value": "a", "samples": "b"}, "samples need at"),
        ({"value": "a", "title": "b", "numbers": {"x": "y"}}, "numbers, title goes with items"),
        ({"items": "b", "id": "c", "unit": "EUR"}, "go with value"),
        ({"value": "a", "unit": "bugs"}, "'bugs' is no unit"),
        ({"value": "a", "total": "b"}, "pages and total go with items and samples"),
        ({"value": "a[", }, "'a[' is no JMESPath"),
        ({"items": "b", "id": "c", "done": {"field": "d["}}, "'d[' is no JMESPath"),
        ({"items": "b", "id": "c", "numbers": {"x": "y["}}, "'y[' is no JMESPath"),
        ({"value": "a", "body": {}}, "body goes with method: POST"),
        ({"value": "a", "path": "/x?y=1"}, "is no path"),
        ({"value": "a", "path": "//evil.test/x"}, "is no path"),
        ({"value": "a", "path": "/../x"}, "is no path"),
        ({"value": "a", "path": "https://evil.test"}, "is no path"),
        ({"items": "b", "id": "c", "pages": {}}, "exactly one of next, header and cursor"),
        ({"items": "b", "id": "c", "pages": {"cursor": "d"}}, "cursor and parameter go together"),
    ],
)  # fmt: skip
def test_terms_that_do_not_fit_are_told(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HttpSelection.model_validate({**PLACE, **terms})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "ftp://api.test"}, "is no address"),
        ({"url": "https://ana@api.test"}, "holds more than"),
        ({"url": "https://api.test?key=1"}, "holds more than"),
        ({"url": "http://api.test", "token": "t"}, "in clear"),
        ({"token": "t", "username": "a", "password": "p"}, "two logins"),
        ({"username": "a"}, "go together"),
        ({"headers": {"Host": "x"}}, "is no header that can be set"),
        ({"headers": {"a b": "x"}}, "is no header that can be set"),
        ({"timezone": "Mars"}, "unknown time zone"),
        ({"check": "https://x"}, "is no path"),
    ],
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CONNECTOR.options.model_validate({"url": "https://api.test", **options})
    assert said in str(caught.value)


class TestPaths:
    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("sum(a[*].n)", Decimal("0.3")),
            ("avg(a[*].n)", Decimal("0.15")),
            ("max(a[*].n)", Decimal("0.2")),
            ("max_by(a, &n).k", "y"),
            ("length(a)", 2),
            ("a[?n > `0.1`].k | [0]", "y"),
            ("a[?n == `0.1`].k | [0]", "x"),
            ("to_number('0.10')", Decimal("0.10")),
            ("to_number('no')", None),
            ("type(a[0].n)", "number"),
            ("ceil(a[0].n)", 1),
            ("avg(b)", None),
            ("nothing.at.all", None),
        ],
    )
    def test_functions_keep_numbers_exact(self, path: str, found: object) -> None:
        answer = decode(b'{"a": [{"n": 0.1, "k": "x"}, {"n": 0.2, "k": "y"}], "b": []}')
        assert search(path, answer) == found

    @pytest.mark.parametrize("path", ["sum(a)", "nope(a)", "length(a[0].n)", "sort(a)"])
    def test_what_a_function_cannot_take_is_an_error(self, path: str) -> None:
        with pytest.raises(PathError):
            search(path, decode(b'{"a": [{"n": 1}]}'))

    @given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=6), min_size=1, max_size=20))
    def test_a_sum_over_decimals_loses_no_digit(self, numbers: list[Decimal]) -> None:
        body = ('{"a": [' + ", ".join(f"{each:f}" for each in numbers) + "]}").encode()
        assert Fraction(str(search("sum(a)", decode(body)))) == sum(map(Fraction, numbers))

"""The sandbox's JQL: what parses, what it means, and how it is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okrsync.sandbox import company
from okrsync.sandbox.jira_search import compiled, matching
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.jql import Clause, JqlError, Literal, Query, parse
from okrsync.sandbox.jql_match import SortKey, before
from okrsync.sandbox.wire import RefusedError
from okrsync.sandbox.world_jira import empty_jira

NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
MILLISECONDS = int((NOW - timedelta(days=3)).timestamp() * 1000)


def small_site() -> JiraSite:
    """Seven issues; the account that asks lives in Paris, an hour ahead of UTC in November."""
    site = empty_jira("http://jira.test")
    days = iter(range(9, 2, -1))

    def add(key: str, type_: str, summary: str, **more: object) -> None:
        at = NOW - timedelta(days=next(days))
        by = company.INES
        site.create(id_=str(100 + len(site.issues)), key=key, type_=type_, summary=summary, at=at, by=by, **more)  # type: ignore[arg-type]

    add("SHOP-1", "Epic", "One-page checkout")
    add("SHOP-2", "Story", "Pay without an account", parent="SHOP-1", labels=("checkout", "web"), points=5.0)
    add("SHOP-3", "Story", "Pay by invoice", parent="SHOP-1", points=3.0, assignee=company.SYNC)
    add("SHOP-4", "Sub-task", "API: Pay by invoice", parent="SHOP-3")
    add("SHOP-10", "Bug", 'Voucher "summer" is lost', labels=("checkout",), assignee=company.AGNES)
    add("GROW-1", "Task", "Refill week in stores")
    add("GROW-2", "Task", "Newsletter in Dutch", labels=("press",))
    for key, day, resolution in (("SHOP-2", 2, None), ("GROW-1", 1, "Won't Do")):
        site.transition(key, "Done", at=NOW - timedelta(days=day), by=company.INES, resolution=resolution)
    site.transition("SHOP-3", "In Progress", at=NOW - timedelta(hours=3), by=company.INES)
    return site


@pytest.fixture(scope="module")
def site() -> JiraSite:
    return small_site()


SHOP = ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4", "SHOP-10"]
TABLE: list[tuple[str, Sequence[str]]] = [
    ("project = SHOP", SHOP),
    ('project = "web shop"', SHOP),
    ("project = 10001", SHOP),
    ("project != SHOP", ["GROW-1", "GROW-2"]),
    ("project in (SHOP, GROW) AND issuetype = Task", ["GROW-1", "GROW-2"]),
    ("key = shop-2", ["SHOP-2"]),
    ("issuekey in (SHOP-2, GROW-2)", ["SHOP-2", "GROW-2"]),
    ("key >= SHOP-4", ["SHOP-4", "SHOP-10"]),
    ("id in (101, 102)", ["SHOP-2", "SHOP-3"]),
    ("type = Bug", ["SHOP-10"]),
    ("type not in (Bug, Epic, Sub-task) and project = SHOP", ["SHOP-2", "SHOP-3"]),
    ('status = "In Progress"', ["SHOP-3"]),
    ("statusCategory = Done", ["SHOP-2", "GROW-1"]),
    ("statusCategory = done AND resolution = Done", ["SHOP-2"]),
    ('statusCategory != "To Do"', ["SHOP-2", "SHOP-3", "GROW-1"]),
    ("resolution is EMPTY AND project = GROW", ["GROW-2"]),
    ("resolution = Unresolved AND project = GROW", ["GROW-2"]),
    ("resolution is not null", ["SHOP-2", "GROW-1"]),
    ("resolution != \"Won't Do\"", ["SHOP-2"]),
    ("resolution = 'Won\\'t Do'", ["GROW-1"]),
    ("labels = checkout", ["SHOP-2", "SHOP-10"]),
    ("labels not in (web)", ["SHOP-10", "GROW-2"]),
    ("labels is EMPTY and project = SHOP", ["SHOP-1", "SHOP-3", "SHOP-4"]),
    ("labels in (web, EMPTY) and project = GROW", ["GROW-1"]),
    ("parent = SHOP-1", ["SHOP-2", "SHOP-3"]),
    ('"Epic Link" = SHOP-1', ["SHOP-2", "SHOP-3"]),
    ("parent in (SHOP-1, SHOP-3)", ["SHOP-2", "SHOP-3", "SHOP-4"]),
    ("parentEpic = SHOP-1 AND key != SHOP-1", ["SHOP-2", "SHOP-3", "SHOP-4"]),
    ("assignee = currentUser()", ["SHOP-3"]),
    ("assignee is EMPTY and type = Story", ["SHOP-2"]),
    ("assignee = 'agnes@rivelle.test'", ["SHOP-10"]),
    ("summary ~ pay", ["SHOP-2", "SHOP-3", "SHOP-4"]),
    ('summary ~ "invoice pay"', ["SHOP-3", "SHOP-4"]),
    ('summary ~ "\\"by invoice\\""', ["SHOP-3", "SHOP-4"]),
    ('summary ~ "check*"', ["SHOP-1"]),
    ("summary ~ check", []),
    ('summary !~ pay and type = Bug', ["SHOP-10"]),
    ('"Story Points" >= 5', ["SHOP-2"]),
    ("cf[10028] = 3", ["SHOP-3"]),
    ('"Story Points" is EMPTY and project = SHOP', ["SHOP-1", "SHOP-4", "SHOP-10"]),
    ("filter = 10100", ["SHOP-10"]),
    ('filter = "Open checkout bugs"', ["SHOP-10"]),
    ("filter != 10100 AND project = SHOP", ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4"]),
    ("NOT project = SHOP AND type = Task", ["GROW-1", "GROW-2"]),
    ("project = GROW OR project = SHOP AND type = Bug", ["SHOP-10", "GROW-1", "GROW-2"]),
    ("(project = GROW OR project = SHOP) AND type = Bug", ["SHOP-10"]),
    ("not (type = Epic or type = Sub-task) && project = SHOP", ["SHOP-2", "SHOP-3", "SHOP-10"]),
    ("project = SHOP || labels = press", [*SHOP, "GROW-2"]),
    ("updated >= -4h", ["SHOP-3"]),
    ("updated >= startOfDay() AND project = SHOP", ["SHOP-3"]),
    ("updated <= now() and type = Bug", ["SHOP-10"]),
    (f"updated >= {MILLISECONDS}", ["SHOP-2", "SHOP-3", "GROW-1", "GROW-2"]),
    (f"updated > {MILLISECONDS}", ["SHOP-2", "SHOP-3", "GROW-1"]),
    ("created < '2026-11-09'", ["SHOP-1"]),
    ("created >= '2026/11/13 11:00' AND project = GROW", ["GROW-1", "GROW-2"]),
    ("created >= '2026-11-13 11:01' AND project = GROW", ["GROW-2"]),
    ("resolved >= -36h", ["GROW-1"]),
    ("due is EMPTY and type = Bug", ["SHOP-10"]),
]  # fmt: skip


@pytest.mark.parametrize(("jql", "keys"), TABLE, ids=[jql for jql, _ in TABLE])
def test_a_query_matches(site: JiraSite, jql: str, keys: list[str]) -> None:
    _, found = matching(site, f"({jql}) ORDER BY id", NOW)
    assert [facts.key for facts in found] == keys


def test_a_date_text_is_read_in_the_time_zone_of_the_account(site: JiraSite) -> None:
    moved = site.get("SHOP-3")["fields"]["updated"]
    assert moved.startswith("2026-11-17T07:00"), "three hours before ten o'clock in UTC"
    in_paris = [facts.key for facts in matching(site, "updated >= '2026-11-17 08:00'", NOW)[1]]
    assert in_paris == ["SHOP-3"], "eight in Paris is seven in UTC"
    assert matching(site, "updated >= '2026-11-17 08:01'", NOW)[1] == []


REFUSED = [
    ("", "Unbounded JQL queries are not allowed here"),
    ("order by created", "Unbounded JQL queries are not allowed here"),
    ("universe = 42", "Field 'universe' does not exist or you do not have permission to view it."),
    ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
    ("status = Nearly", "The value 'Nearly' does not exist for the field 'status'."),
    ("key = SHOP-999", "An issue with key 'SHOP-999' does not exist for field 'key'."),
    ("parent = whatever", "The issue key 'whatever' for field 'parent' is invalid."),
    ("id = 99999", "A value with ID '99999' does not exist for the field 'id'."),
    ("filter = 4711", "The value '4711' does not exist for the field 'filter'."),
    ("summary = pay", "The operator '=' is not supported by the 'summary' field."),
    ("labels > a", "The operator '>' is not supported by the 'labels' field."),
    ("project in SHOP", "Operator 'in' does not support the non-list value '\"SHOP\"' for field 'project'."),
    ("project SHOP", "Expecting operator but got 'SHOP'"),
    ("project = SHOP status = Done", "Expecting either 'OR' or 'AND' but got 'status'"),
    ("(project = SHOP", "Expecting ')' before the end of the query."),
    ("project =", "Expecting either a value, list or function before the end of the query."),
    ('summary ~ "pay', "The quoted string 'pay' has not been completed."),
    ("summary ~ a?b", "The character '?' is a reserved JQL character."),
    ("assignee = agnes@rivelle.test", "The character '@' is a reserved JQL character."),
    ("created > 2026/11/01", "The character '/' is a reserved JQL character."),
    ("summary ~ 'a\\qb'", "'\\q' is an illegal JQL escape sequence."),
    ("updated >= yesterday", "Date value 'yesterday' for field 'updated' is invalid."),
    ("updated >= '2026-11-17 10:00:30'", "Date value '2026-11-17 10:00:30' for field 'updated' is invalid."),
    ("updated >= '2026-13-01'", "Date value '2026-13-01' for field 'updated' is invalid."),
    ("assignee = membersOf(x)", "Unable to find JQL function 'membersOf(x)'."),
    ("project = SHOP ORDER BY universe", "Field 'universe' does not exist"),
    ("project = SHOP ORDER BY a,b,c,d,e,f,g,h", "The ORDER BY clause may contain at most 7 fields"),
]


@pytest.mark.parametrize(("jql", "message"), REFUSED, ids=[jql or "(empty)" for jql, _ in REFUSED])
def test_a_faulty_query_is_refused_in_jiras_words(site: JiraSite, jql: str, message: str) -> None:
    with pytest.raises(RefusedError) as refused:
        matching(site, jql, NOW)
    assert refused.value.status == 400
    assert message in refused.value.body["errorMessages"][0]


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("", ["GROW-2", "GROW-1", "SHOP-10", "SHOP-4", "SHOP-3", "SHOP-2", "SHOP-1"]),
        ("ORDER BY key", ["GROW-1", "GROW-2", "SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4", "SHOP-10"]),
        ("ORDER BY key DESC", ["SHOP-10", "SHOP-4", "SHOP-3", "SHOP-2", "SHOP-1", "GROW-2", "GROW-1"]),
        ("ORDER BY created ASC, key ASC", [*SHOP, "GROW-1", "GROW-2"]),
        ("ORDER BY updated DESC", ["SHOP-3", "GROW-1", "SHOP-2", "GROW-2", "SHOP-10", "SHOP-4", "SHOP-1"]),
        ("ORDER BY rank", [*SHOP, "GROW-1", "GROW-2"]),
    ],
)
def test_the_order_is_the_one_asked_for(site: JiraSite, order: str, keys: list[str]) -> None:
    _, found = matching(site, f"created <= now() {order}", NOW)
    assert [facts.key for facts in found] == keys


def test_an_epic_with_a_new_parent_takes_its_sub_tasks_along() -> None:
    site = small_site()
    assert [facts.key for facts in matching(site, "parentEpic = SHOP-1 AND type = Sub-task", NOW)[1]] == ["SHOP-4"]
    site.reparent("SHOP-3", None, at=NOW, by=company.INES)
    assert matching(site, "parentEpic = SHOP-1 AND type = Sub-task", NOW)[1] == []


@given(text=st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    with contextlib.suppress(JqlError):  # any other error, an endless loop or a crash would show here
        assert isinstance(parse(text), Query)


@given(text=st.text(min_size=1, max_size=30, alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_quoted_value_is_read_back_as_it_was(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse(f'labels = "{escaped}"').where == Clause("labels", "=", (Literal(text, quoted=True),))


values = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8)


@given(pairs=values, descending=st.booleans())
def test_comparing_gives_one_order_whatever_came_first(pairs: list[tuple[int, int]], descending: bool) -> None:
    order = parse("project = A ORDER BY created" + (" DESC" if descending else "")).order

    def compare(one: SortKey, other: SortKey) -> int:
        return before(one, other, order)

    keys: list[SortKey] = [[first, number * 10 + second] for number, (first, second) in enumerate(pairs)]
    backwards = list(reversed(keys))
    assert sorted(keys, key=cmp_to_key(compare)) == sorted(backwards, key=cmp_to_key(compare))


def test_a_filter_that_names_itself_ends_in_an_error() -> None:
    site = small_site()
    site.filters[0]["jql"] = "filter = 10100"
    with pytest.raises(JqlError, match="refers to itself"):
        compiled(site, "filter = 10100", NOW)

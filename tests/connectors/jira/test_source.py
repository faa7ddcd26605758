from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.jira import JiraOptions, JiraSource
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError
from mapping.words import ItemState, Selection, WorkItem
from tests.connectors.clock import surroundings
from tests.connectors.jira.replay import (
    BULK,
    COUNT,
    DONE,
    POINTS,
    SEARCH,
    TODO,
    Fault,
    Record,
    Site,
    error,
    issue,
    status,
)
from tests.connectors.served import Answer, Asked

PROJECT = Selection.of("jira", {"project": "CHK"})
NONE: frozenset[str] = frozenset()
SINCE = datetime(2026, 10, 20, 12, tzinfo=UTC)


def fail(skipped: SkipRecordError) -> None:
    raise AssertionError(f"nothing here is unreadable: {skipped}")


async def census(source: JiraSource, selection: Selection = PROJECT) -> list[str]:
    return [id_ async for page in source.census(selection, NONE, fail) for id_ in page.ids]


async def by_ids(source: JiraSource, ids: list[str], fields: frozenset[str] = NONE) -> dict[str, WorkItem]:
    return {item.id: item async for items in source.by_ids(ids, fields, fail) for item in items}


async def changed(source: JiraSource, fields: frozenset[str] = NONE) -> dict[str, WorkItem]:
    return {item.id: item async for items in source.changed(PROJECT, SINCE, fields, fail) for item in items}


def pages(*answers: Record) -> Fault:
    """Play these answers to a search one after the other."""
    left = iter(answers)
    return lambda asked: Answer(next(left)) if asked.path == SEARCH else None


class TestCensus:
    async def test_reads_ids_only_five_thousand_a_page_until_there_is_no_token(
        self, source: JiraSource, site: Site
    ) -> None:
        site.issues, site.id_page = [issue(number) for number in range(7)], 3
        assert await census(source) == [str(10000 + number) for number in range(7)]
        bodies = [asked.body for asked in site.to(SEARCH)]
        assert [body.get("nextPageToken") for body in bodies] == [None, "3", "6"]
        assert {(tuple(body["fields"]), body["maxResults"]) for body in bodies} == {(("id",), 5000)}
        assert {body["jql"] for body in bodies} == {'(project = "CHK") ORDER BY created ASC, key ASC'}

    async def test_an_empty_page_need_not_be_the_last(self, source: JiraSource, site: Site) -> None:
        site.faults.append(
            pages({"issues": [], "nextPageToken": "a"}, {"issues": [{"id": "1"}], "nextPageToken": "b"}, {"issues": []})
        )
        assert await census(source) == ["1"]

    async def test_a_walk_of_empty_pages_ends(self, source: JiraSource, site: Site) -> None:
        site.faults.append(pages(*({"issues": [], "nextPageToken": str(number)} for number in range(100))))
        with pytest.raises(PartialReadError, match="did not end after 20 pages"):
            await census(source)

    async def test_a_circle_of_two_pages_is_left_as_soon_as_it_closes(self, source: JiraSource, site: Site) -> None:
        tokens = iter("abababab")
        site.faults.append(
            lambda asked: Answer({"issues": [{"id": "1"}], "nextPageToken": next(tokens)}) if asked.body else None
        )
        with pytest.raises(PartialReadError, match="in a circle"):
            await census(source)
        assert len(site.to(SEARCH)) == 3

    async def test_the_last_page_may_say_so_and_name_a_token_all_the_same(self, source: JiraSource, site: Site) -> None:
        site.faults.append(pages({"issues": [{"id": "1"}], "isLast": True, "nextPageToken": "x"}))
        assert await census(source) == ["1"]

    @pytest.mark.parametrize(
        ("page", "said"),
        [
            ({"issues": [{"id": "1"}], "isLast": False}, "more issues follow, but not where"),
            ({"isLast": True}, "without issues"),
            ({}, "without issues"),
            ({"issues": None}, "without issues"),
            ({"total": 0, "values": []}, "without issues"),
            ({"issues": [{"key": "CHK-1"}]}, "shape"),
            ({"issues": [], "warnings": [{"type": "JQL_FUNCTION_LIMIT_EXCEEDED", "details": {"limit": 1000}}]}, "1000"),
        ],
    )
    async def test_an_answer_that_may_lack_something_is_partial(
        self, source: JiraSource, site: Site, page: Record, said: str
    ) -> None:
        site.faults.append(pages(page))
        with pytest.raises(PartialReadError, match=said):
            await census(source)

    async def test_a_token_that_jira_forgot_is_a_partial_read_and_no_fault_of_the_rule(
        self, source: JiraSource, site: Site
    ) -> None:
        site.issues, site.id_page = [issue(1), issue(2)], 1
        refused = error("The provided nextPageToken is invalid.")
        site.faults.append(lambda asked: refused if asked.body and "nextPageToken" in asked.body else None)
        with pytest.raises(PartialReadError, match="nextPageToken is invalid"):
            await census(source)

    async def test_a_query_jira_does_not_accept_is_told_in_its_own_words(self, source: JiraSource, site: Site) -> None:
        site.faults.append(lambda asked: error("Field 'sevrity' does not exist.") if asked.body else None)
        with pytest.raises(FixConfigError, match=r"Field 'sevrity' does not exist\..*its query is \(sevrity = 1\)"):
            await census(source, Selection.of("jira", {"jql": "sevrity = 1 ORDER BY rank"}))

    async def test_a_census_needs_to_know_only_which_kind_of_jira_it_is(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1)]
        await census(source)
        assert [asked.path for asked in site.asked] == ["/rest/api/2/serverInfo", SEARCH]


class TestChanged:
    async def test_one_request_brings_what_fits_a_page_with_its_fields(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1, customfield_10016=5), issue(2)]
        items = await changed(source, frozenset({"story_points"}))
        assert {id_: dict(item.numbers) for id_, item in items.items()} == {
            "10001": {"story_points": Decimal(5)},
            "10002": {},
        }
        (asked,) = site.to(SEARCH)
        assert asked.body["jql"] == '((project = "CHK") AND updated >= 1792497300000) ORDER BY created ASC, key ASC'
        assert set(asked.body["fields"]) == {
            "summary", "status", "issuetype", "parent", "labels", "assignee", "resolution", "created", "updated",
            "resolutiondate", "statuscategorychangedate", "customfield_10016",
        }  # fmt: skip
        assert site.to(BULK) == []

    async def test_a_few_pages_are_read_as_they_come(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(number) for number in range(600)]
        assert len(await changed(source)) == 600
        assert [asked.body["fields"] == ["id"] for asked in site.to(SEARCH)] == [False] * 6
        assert site.to(BULK) == []

    async def test_more_than_that_is_listed_by_ids_and_the_rest_read_in_bulk(
        self, source: JiraSource, site: Site
    ) -> None:
        site.issues = [issue(number) for number in range(850)]
        assert len(await changed(source)) == 850
        assert [asked.body["fields"] == ["id"] for asked in site.to(SEARCH)] == [False] * 6 + [True]
        assert sorted(len(asked.body["issueIdsOrKeys"]) for asked in site.to(BULK)) == [50, 100, 100]

    async def test_nothing_changed_is_nothing_read(self, source: JiraSource) -> None:
        assert await changed(source) == {}


class TestByIds:
    async def test_reads_a_hundred_a_call_each_once(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(number) for number in range(230)]
        ids = [one["id"] for one in site.issues]
        items = await by_ids(source, ids + ids[:10])
        assert set(items) == set(ids)
        assert sorted(len(asked.body["issueIdsOrKeys"]) for asked in site.to(BULK)) == [30, 100, 100]

    async def test_an_issue_that_moved_keeps_its_id_under_a_new_key(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1, key="PAY-9") | {"formerKey": "CHK-1"}]
        (item,) = (await by_ids(source, ["10001"])).values()
        assert (item.id, item.key) == ("10001", "PAY-9")

    async def test_what_is_gone_or_hidden_is_silently_absent(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1)]
        assert set(await by_ids(source, ["10001", "10002"])) == {"10001"}
        assert await by_ids(source, ["10002"]) == {}

    async def test_no_ids_are_no_request(self, source: JiraSource, site: Site) -> None:
        assert await by_ids(source, []) == {}
        assert site.to(BULK) == []

    async def test_an_issue_jira_could_not_give_is_asked_for_again(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1), issue(2)]
        site.faults.append(withheld("10002", times=1))
        assert set(await by_ids(source, ["10001", "10002"])) == {"10001", "10002"}
        assert [asked.body["issueIdsOrKeys"] for asked in site.to(BULK)] == [["10001", "10002"], ["10002"]]

    async def test_an_issue_jira_cannot_give_at_all_makes_the_pull_partial(
        self, source: JiraSource, site: Site
    ) -> None:
        site.issues = [issue(1), issue(2)]
        site.faults.append(withheld("10002", times=2))
        skipped: list[SkipRecordError] = []
        read = [item.id async for items in source.by_ids(["10001", "10002"], NONE, skipped.append) for item in items]
        assert read == ["10001"]
        assert [str(one) for one in skipped] == [
            "jira: Jira could not give the issue 10002, twice: The issue is too large."
        ]

    async def test_several_reads_are_in_flight_but_never_more_than_allowed(
        self, options: JiraOptions, site: Site
    ) -> None:
        site.issues = [issue(number) for number in range(600)]
        site.faults.append(together := Together(parties=3))
        source = JiraSource(options, surroundings(connection="jira", in_flight=3))
        assert len(await by_ids(source, [one["id"] for one in site.issues])) == 600
        await source.aclose()
        assert together.most == 3

    async def test_stopping_early_leaves_no_read_behind(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(number) for number in range(900)]
        never = threading.Event()
        site.faults.append(lambda asked: slow(never) if "10000" not in str(asked.body) and asked.body else None)
        batches = source.by_ids([one["id"] for one in site.issues], NONE, fail)
        await anext(batches)
        try:
            await asyncio.wait_for(batches.aclose(), timeout=10)
        finally:
            never.set()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_one_failed_read_fails_the_whole_and_leaves_none_behind(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(number) for number in range(900)]
        site.faults.append(lambda asked: error("no", status=403) if "10450" in str(asked.body) else None)
        with pytest.raises(FixConfigError, match=r"does not let sync@acme\.test read"):
            await by_ids(source, [one["id"] for one in site.issues])
        assert asyncio.all_tasks() == {asyncio.current_task()}


class TestFingerprint:
    async def test_a_status_that_moves_to_another_category_changes_it(self, source: JiraSource, site: Site) -> None:
        before = await source.fingerprint(NONE)
        site.statuses = [TODO, status("2", "Doing", "done"), DONE]
        assert await source.fingerprint(NONE) != before

    async def test_a_new_name_for_a_status_does_not(self, source: JiraSource, site: Site) -> None:
        before = await source.fingerprint(NONE)
        site.statuses = [TODO, status("2", "In arbeit", "indeterminate"), DONE]
        assert await source.fingerprint(NONE) == before

    async def test_another_field_for_story_points_changes_it(self, source: JiraSource, site: Site) -> None:
        before = await source.fingerprint(frozenset({"story_points"}))
        site.fields = [POINTS | {"id": "customfield_10099"}]
        assert await source.fingerprint(frozenset({"story_points"})) != before

    async def test_another_list_of_resolutions_changes_it(self, options: JiraOptions, source: JiraSource) -> None:
        other = JiraSource(options.model_copy(update={"wont_do": ("Parked",)}), surroundings(connection="jira"))
        assert await other.fingerprint(NONE) != await source.fingerprint(NONE)
        await other.aclose()

    async def test_it_costs_two_requests_and_one_more_for_fields(self, source: JiraSource, site: Site) -> None:
        await source.fingerprint(NONE)
        assert [asked.path for asked in site.asked] == ["/rest/api/2/serverInfo", "/rest/api/3/status"]
        await source.fingerprint(frozenset({"story_points"}))
        assert [asked.path for asked in site.asked[2:]] == ["/rest/api/3/status", "/rest/api/3/field"]
        assert source.requests() == 4

    async def test_reads_after_it_ask_for_no_metadata_again(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1)]
        await source.fingerprint(NONE)
        await by_ids(source, ["10001"])
        await changed(source)
        assert len(site.to("/rest/api/3/status")) == 1

    async def test_reads_that_begin_together_share_one_look_at_the_metadata(
        self, source: JiraSource, site: Site
    ) -> None:
        site.issues = [issue(1), issue(2)]
        await asyncio.gather(by_ids(source, ["10001"]), by_ids(source, ["10002"]), changed(source))
        assert len(site.to("/rest/api/3/status")) == 1


class TestGlimpse:
    async def test_shows_an_estimate_and_an_example(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1), issue(2)]
        glimpse = await source.glimpse(PROJECT)
        assert (glimpse.matches, glimpse.example) == (2, "CHK-1 Issue 1")
        assert site.to(COUNT)[0].body == {"jql": 'project = "CHK"'}

    async def test_an_epic_that_is_not_there_is_named_with_the_account(self, source: JiraSource) -> None:
        with pytest.raises(FixConfigError, match=r"jira: no issue CHK-99 visible to sync@acme\.test: deleted"):
            await source.glimpse(Selection.of("jira", {"epic": "CHK-99"}))

    async def test_what_is_no_epic_is_told_with_its_level(self, source: JiraSource, site: Site) -> None:
        site.issues = [issue(1, issuetype={"name": "Initiative", "hierarchyLevel": 2})]
        with pytest.raises(FixConfigError, match=r"CHK-1 is a Initiative \(level 2\), not an epic"):
            await source.glimpse(Selection.of("jira", {"epics": ["CHK-1"]}))

    async def test_a_project_nobody_shows_us_is_named(self, source: JiraSource) -> None:
        with pytest.raises(FixConfigError, match=r"no project NOPE visible to sync@acme\.test"):
            await source.glimpse(Selection.of("jira", {"project": "NOPE"}))

    @pytest.mark.parametrize("code", [400, 404])
    async def test_a_filter_that_is_not_shared_is_named(self, source: JiraSource, site: Site, code: int) -> None:
        site.faults.append(lambda asked: error("not available", status=code) if "filter" in asked.path else None)
        with pytest.raises(FixConfigError, match=r"no filter 123 visible to sync@acme\.test"):
            await source.glimpse(Selection.of("jira", {"filter": 123}))

    async def test_a_query_jira_cannot_parse_is_told_in_its_words(self, source: JiraSource, site: Site) -> None:
        site.faults.append(lambda asked: error("Error in the JQL Query: 'in' is reserved.") if asked.body else None)
        with pytest.raises(FixConfigError, match="'in' is reserved"):
            await source.glimpse(Selection.of("jira", {"jql": "in = 3"}))


async def test_there_are_no_series(source: JiraSource) -> None:
    with pytest.raises(FixConfigError, match="Jira has no series"):
        source.series(PROJECT, fail)


async def test_a_mark_on_the_board_is_not_a_category(source: JiraSource, site: Site) -> None:
    site.issues = [issue(1, now=status("3", "Done", "indeterminate"))]
    await source.fingerprint(NONE)  # here the list of statuses still has 3 in the category done
    (item,) = (await by_ids(source, ["10001"])).values()
    assert item.state is ItemState.IN_PROGRESS


def slow(until: threading.Event) -> None:
    """Answer rightly, but not before it is too late for anybody who waits."""
    until.wait(timeout=30)


def withheld(id_: str, times: int) -> Fault:
    """Play Jira's answer for an issue that is there but cannot be given."""
    left = iter(range(times))

    def fault(asked: Asked) -> Answer | None:
        if asked.path != BULK or id_ not in asked.body["issueIdsOrKeys"] or next(left, None) is None:
            return None
        others = [issue(int(other) - 10000) for other in asked.body["issueIdsOrKeys"] if other != id_]
        return Answer({"issues": others, "issueErrors": [{"id": id_, "errorMessage": "The issue is too large."}]})

    return fault


class Together:
    """A fault that is none: it lets bulk reads pass only in parties, and counts how many are inside at once."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties)
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def __call__(self, asked: Asked) -> Answer | None:
        if asked.path == BULK:
            with self._lock:
                self._inside += 1
                self.most = max(self.most, self._inside)
            self._barrier.wait(timeout=20)
            with self._lock:
                self._inside -= 1
        return None

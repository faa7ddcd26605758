from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors.github import CONNECTOR
from connectors.github.options import GitHubOptions
from connectors.github.selection import GitHubSelection
from connectors.port import Glimpse, Identity, Source
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError, TryAgainError
from mapping.words import ItemState, Selection, WorkItem
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.github.server import API, Json, Server, closed, failed, issue, label, pull_request, refused

Via = Literal["rest", "graphql"]
NOTHING: frozenset[str] = frozenset()


def source(server: Callable[[httpx.Request], httpx.Response], via: Via = "rest", *, token: bool = True) -> Source:
    options = GitHubOptions(token=SecretStr("ghp_made-up-token") if token else None, via=via)
    return CONNECTOR.open(options, surroundings(server, FakeClock(), connection="hub"))


async def read(
    server: Server, via: Via = "rest", skipped: list[SkipRecordError] | None = None, **terms: object
) -> dict[str, WorkItem]:
    """Return the items of a selection by key."""
    opened = source(server, via)
    spec = terms if "repos" in terms else {"repo": "acme/shop", **terms}
    errors: list[SkipRecordError] = [] if skipped is None else skipped
    pages = opened.census(Selection.of("hub", spec), frozenset({"comments", "milestone", "repository"}), errors.append)
    items = [item async for page in pages for item in page.items]
    await opened.aclose()
    assert len({item.id for item in items}) == len(items)
    if skipped is None:
        assert errors == []
    return {item.key: item for item in items}


async def glimpse(server: Server, **terms: object) -> Glimpse:
    opened = source(server)
    try:
        return await opened.glimpse(Selection.of("hub", {"repo": "acme/shop", **terms}))
    finally:
        await opened.aclose()


async def identify(server: Server, *, token: bool = True) -> Identity:
    opened = source(server, token=token)
    try:
        return await opened.identify()
    finally:
        await opened.aclose()


@pytest.mark.parametrize("via", ["rest", "graphql"])
@pytest.mark.parametrize(
    ("record", "state", "done_at"),
    [
        (issue(1), ItemState.TODO, None),
        (issue(1, state_reason="reopened"), ItemState.TODO, None),
        (closed(1, "completed"), ItemState.DONE, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (closed(1, None), ItemState.DONE, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (closed(1, "not_planned"), ItemState.WONT_DO, None),
        (closed(1, "duplicate"), ItemState.WONT_DO, None),
    ],
)
async def test_an_issue_is_done_only_when_it_was_completed(
    via: Via, record: Json, state: ItemState, done_at: datetime | None
) -> None:
    (item,) = (await read(Server(issues=[record]), via)).values()
    assert (item.state, item.done_at) == (state, done_at)


@pytest.mark.parametrize(
    ("record", "state", "status"),
    [
        (pull_request(1), ItemState.IN_PROGRESS, "open"),
        (pull_request(1) | {"draft": True}, ItemState.IN_PROGRESS, "draft"),
        (
            pull_request(1, merged_at="2026-03-01T10:00:00Z", state="closed", closed_at="2026-03-01T10:00:00Z"),
            ItemState.DONE,
            "merged",
        ),
        (pull_request(1, state="closed", closed_at="2026-03-01T10:00:00Z"), ItemState.WONT_DO, "closed"),
    ],
)
async def test_a_pull_request_is_done_only_when_it_was_merged(record: Json, state: ItemState, status: str) -> None:
    (item,) = (await read(Server(issues=[record]), kind="pull_requests")).values()
    assert (item.state, item.status, item.kind) == (state, status, "pull_request")
    assert (item.done_at is not None) == (state is ItemState.DONE)


async def test_an_old_server_that_hides_whether_a_pull_request_was_merged_is_not_guessed_at() -> None:
    server = Server(issues=[closed(1, pull_request={"url": "x"}), issue(2)])
    skipped: list[SkipRecordError] = []
    assert list(await read(server, kind="both", skipped=skipped)) == ["acme/shop#2"]
    assert "acme/shop#1" in str(skipped[0])
    assert "merged_at" in str(skipped[0])


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_a_reason_that_nobody_knows_yet_makes_the_record_unreadable(via: Via) -> None:
    skipped: list[SkipRecordError] = []
    assert await read(Server(issues=[closed(1, "superseded")]), via, skipped) == {}
    assert "acme/shop#1 is closed as 'superseded'" in str(skipped[0])


async def test_an_unreadable_pull_request_is_no_matter_for_a_selection_of_issues() -> None:
    server = Server(issues=[pull_request(1, title=None), issue(2)])
    assert list(await read(server)) == ["acme/shop#2"]


async def test_a_time_without_zone_is_not_read() -> None:
    skipped: list[SkipRecordError] = []
    await read(Server(issues=[issue(1, created_at="2026-01-01T00:00:00")]), skipped=skipped)
    assert "#1" in str(skipped[0])


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("issues", {"acme/shop#1"}), ("pull_requests", {"acme/shop#2"}), ("both", {"acme/shop#1", "acme/shop#2"})],
)
async def test_issues_and_pull_requests_share_a_list_and_are_told_apart(kind: str, keys: set[str]) -> None:
    assert set(await read(Server(issues=[issue(1), pull_request(2)]), kind=kind)) == keys


@pytest.mark.parametrize("kind", ["pull_requests", "both"])
async def test_pull_requests_that_we_may_not_read_are_no_empty_list(kind: str) -> None:
    """GitHub leaves them out of the list of issues without a word when the token lacks that right."""
    server = Server(issues=[issue(1)], shows_pulls=False)
    with pytest.raises(FixConfigError, match=r"no pull requests of acme/shop \(403\): give the token"):
        await read(server, kind=kind)
    assert list(await read(server, kind="issues")) == ["acme/shop#1"]


async def test_everything_of_a_record_arrives() -> None:
    record = closed(
        7,
        labels=[label("b"), label("a"), label("b")],
        assignee={"login": "ana"},
        milestone={"number": 3, "title": "v1"},
        type={"name": "Bug"},
        comments=12,
        updated_at="2026-02-01T08:00:00+02:00",
    )
    (item,) = (await read(Server(issues=[record]))).values()
    assert item == WorkItem(
        connection="hub",
        id="I_acme/shop_7",
        key="acme/shop#7",
        title="Issue 7",
        state=ItemState.DONE,
        updated_at=datetime(2026, 2, 1, 6, tzinfo=UTC),
        kind="bug",
        status="closed",
        status_id="closed",
        resolution="completed",
        url="https://github.com/acme/shop/issues/7",
        labels=("a", "b"),
        assignee="ana",
        created_at=datetime(2026, 1, 8, 8, tzinfo=UTC),
        done_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        numbers={"comments": Decimal(12)},
        fields={"milestone": "v1", "repository": "acme/shop"},
    )


async def test_both_ways_to_list_give_equal_items() -> None:
    parent = "https://api.github.com/repos/acme/shop/issues/9"
    records = [
        issue(1, parent_issue_url=parent, parent_node_id="I_acme/shop_9"),
        closed(2, "duplicate", labels=[label("x"), label("A")], comments=3),
        pull_request(3),
        closed(4, None, milestone={"number": 1, "title": "v1"}, assignee={"login": "ana"}),
        issue(9, type={"name": "Epic"}),
    ]
    server = Server(issues=records, page=2)
    assert await read(server, "rest") == await read(server, "graphql")


async def test_a_parent_in_another_repository_is_asked_for_once() -> None:
    far = issue(5) | {"url": f"{API}/repos/acme/plans/issues/5", "node_id": "I_far"}
    children = [issue(number, parent_issue_url=far["url"]) for number in (1, 2)]
    server = Server(issues=children, elsewhere=[far])
    assert {item.parent for item in (await read(server)).values()} == {"I_far"}
    assert [request.url.path for request in server.asked].count("/repos/acme/plans/issues/5") == 1


async def test_a_parent_that_is_hidden_from_us_is_none() -> None:
    server = Server(issues=[issue(1, parent_issue_url=f"{API}/repos/secret/plans/issues/5")])
    (item,) = (await read(server)).values()
    assert item.parent is None


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_all_labels_must_match_whatever_their_case(via: Via) -> None:
    both = issue(1, labels=[label("Bug"), label("checkout")])
    server = Server(issues=[both, issue(2, labels=[label("bug")]), issue(3, labels=[label("checkout")])])
    assert list(await read(server, via, labels=["bug", "Checkout"])) == ["acme/shop#1"]


async def test_a_label_with_a_comma_is_sorted_out_here_for_the_list_cannot_name_it() -> None:
    server = Server(issues=[issue(1, labels=[label("now, please")]), issue(2)])
    assert list(await read(server, labels=["now, please"])) == ["acme/shop#1"]


@pytest.mark.parametrize("via", ["rest", "graphql"])
@pytest.mark.parametrize("milestone", ["v1.0", "V1.0", 4])
async def test_a_milestone_is_found_by_title_or_number(via: Via, milestone: str | int) -> None:
    there = {"number": 4, "title": "v1.0"}
    server = Server(issues=[issue(1, milestone=there), issue(2)], milestones=[{"number": 9, "title": "v2"}, there])
    assert list(await read(server, via, milestone=milestone)) == ["acme/shop#1"]


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_pitfall_7_the_counts_that_a_milestone_tells_of_itself_are_not_trusted(via: Via) -> None:
    """Pull requests and what was closed as not planned are inside of them: five of six here, and really one of two."""
    there = {"number": 4, "title": "v1.0", "open_issues": 1, "closed_issues": 5}
    records = [closed(1), issue(2), closed(3, "not_planned"), closed(4, "duplicate")]
    records += [pull_request(number, merged_at="2026-03-01T10:00:00Z", state="closed") for number in (5, 6)]
    server = Server(issues=[record | {"milestone": there} for record in records], milestones=[there])
    found = await read(server, via, milestone="v1.0")
    assert {key: item.state for key, item in found.items()} == {
        "acme/shop#1": ItemState.DONE,
        "acme/shop#2": ItemState.TODO,
        "acme/shop#3": ItemState.WONT_DO,
        "acme/shop#4": ItemState.WONT_DO,
    }


async def test_an_unknown_milestone_names_those_there_are_nearest_first() -> None:
    server = Server(milestones=[{"number": 1, "title": "backlog"}, {"number": 2, "title": "v1.0"}])
    with pytest.raises(
        FixConfigError, match=r"no milestone 'v1\.1': use one of v1\.0 \(number 2\), backlog \(number 1\)"
    ):
        await read(server, milestone="v1.1")


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_since_and_assignee_narrow_the_selection(via: Via) -> None:
    ana = {"login": "ana"}
    records = [
        issue(1, assignee=ana, updated_at="2026-03-01T00:00:00Z"),
        issue(2, assignee=ana, updated_at="2026-02-28T23:59:59Z"),
        issue(3, updated_at="2026-03-02T00:00:00Z"),
    ]
    assert list(await read(Server(issues=records), via, since="2026-03-01", assignee="ana")) == ["acme/shop#1"]


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_an_item_that_comes_on_two_pages_is_one_item(via: Via) -> None:
    server = Server(issues=[issue(1), issue(2), issue(2), issue(3)], page=2)
    assert len(await read(server, via)) == 3


async def test_more_pages_are_read_through_the_links_as_they_are() -> None:
    there = [{"number": number, "title": f"v{number}"} for number in range(1, 251)]
    server = Server(issues=[issue(1, milestone=there[249])], milestones=there)
    assert len(await read(server, milestone="v250")) == 1
    assert len([request for request in server.asked if request.url.path.endswith("/milestones")]) == 3


async def test_a_full_page_is_the_last_only_if_the_next_is_empty() -> None:
    server = Server(issues=[issue(number) for number in range(1, 101)])
    assert len(await read(server)) == 100
    server = Server(issues=[issue(number) for number in range(1, 102)], link=False)
    with pytest.raises(PartialReadError, match="Link header"):
        await read(server)


async def test_a_link_to_another_host_is_not_followed() -> None:
    answer = httpx.Response(200, json=[], headers={"link": '<https://evil.test/x?page=2>; rel="next"'})
    server = Server(before=lambda request: answer if request.url.path.endswith("/milestones") else None)
    with pytest.raises(FixConfigError, match=r"evil\.test"):
        await read(server, milestone="v1")
    assert {request.url.host for request in server.asked} == {"api.github.com"}


async def test_the_end_of_paging_that_github_sets_is_gone_around_by_slices_of_time() -> None:
    server = Server(
        issues=[issue(number) for number in range(5)],
        page=2,
        before=lambda request: (
            refused(422, "In order to keep the API fast for everyone, pagination is limited for this resource.")
            if request.url.params.get("page") == "2"
            else None
        ),
    )
    assert len(await read(server)) == 5
    assert all(request.url.params.get("sort") == "updated" for request in server.asked[2:])


async def test_a_repository_that_moved_is_read_at_its_new_place() -> None:
    def moved(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/repos/acme/old/issues":
            where = str(request.url).replace("acme/old", "acme/shop")
            return httpx.Response(301, headers={"location": where}, json={"message": "Moved Permanently"})
        return None

    assert list(await read(Server(issues=[issue(1)], before=moved), repo="acme/old")) == ["acme/shop#1"]


@pytest.mark.parametrize("via", ["rest", "graphql"])
async def test_a_repository_out_of_sight_may_be_misspelt_or_not_ours(via: Via) -> None:
    with pytest.raises(FixConfigError, match=r"hub: GitHub shows no acme/shp \(404\).*may read it"):
        await read(Server(), via, repo="acme/shp")


async def test_several_repositories_are_one_selection() -> None:
    def other(request: httpx.Request) -> httpx.Response | None:
        record = issue(1) | {"node_id": "I_other", "repository_url": f"{API}/repos/acme/app"}
        return httpx.Response(200, json=[record]) if request.url.path == "/repos/acme/app/issues" else None

    items = await read(Server(issues=[issue(1)], before=other), repos=["acme/shop", "acme/app"])
    assert set(items) == {"acme/shop#1", "acme/app#1"}


async def test_an_error_inside_a_graphql_answer_is_a_failure() -> None:
    broken = Server(before=lambda request: failed("Something is odd", "UNPROCESSABLE"))
    with pytest.raises(PartialReadError, match="Something is odd"):
        await read(broken, "graphql")
    forbidden = Server(before=lambda request: failed("Needs 'repo' scope", "INSUFFICIENT_SCOPES"))
    with pytest.raises(FixConfigError, match="Needs 'repo' scope"):
        await read(forbidden, "graphql")


@pytest.mark.parametrize(
    "heavy",
    [failed("Resource limits exceeded", "RESOURCE_LIMITS_EXCEEDED"), httpx.Response(502, text="<html>Unicorn</html>")],
)
async def test_a_page_too_heavy_for_graphql_is_asked_for_by_halves(heavy: httpx.Response) -> None:
    server = Server(issues=[issue(number) for number in range(1, 61)])
    server.before = lambda request: (
        heavy if b'"first":100' in request.content or b'"first":50' in request.content else None
    )
    assert len(await read(server, "graphql")) == 60
    server.before = lambda request: heavy
    with pytest.raises(TryAgainError):
        await read(server, "graphql")


async def test_a_server_without_the_flag_for_duplicates_is_asked_without_it() -> None:
    server = Server(issues=[closed(1, "duplicate")], knows_duplicate_flag=False)
    (item,) = (await read(server, "graphql")).values()
    assert item.state is ItemState.WONT_DO


@pytest.mark.parametrize("lacking", ["issueType", "parent"])
async def test_an_older_server_is_asked_without_what_its_schema_lacks(lacking: str) -> None:
    server = Server(issues=[closed(1)])
    server.before = lambda request: (
        failed(f"Field '{lacking}' doesn't exist on type 'Issue'") if lacking.encode() in request.content else None
    )
    assert len(await read(server, "graphql")) == 1
    assert len(server.asked) == 2


async def test_what_answers_no_graphql_at_all_is_read_over_rest_by_default() -> None:
    server = Server(issues=[issue(1)])
    server.before = lambda request: httpx.Response(200, json=[]) if request.url.path == "/graphql" else None
    opened = CONNECTOR.open(GitHubOptions(token=SecretStr("ghp_made-up")), surroundings(server, connection="hub"))
    pages = opened.census(Selection.of("hub", {"repo": "acme/shop"}), NOTHING, print)
    assert [id_ async for page in pages for id_ in page.ids] == ["I_acme/shop_1"]


async def test_issues_that_are_switched_off_are_no_empty_list() -> None:
    answer = {"hasIssuesEnabled": False, "issues": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}}
    off = Server(before=lambda request: httpx.Response(200, json={"data": {"repository": answer}}))
    with pytest.raises(FixConfigError, match="issues are switched off in acme/shop"):
        await read(off, "graphql")


async def test_a_secondary_limit_with_status_200_is_waited_for() -> None:
    answers = [failed("You have exceeded a secondary rate limit. Please wait a few minutes")]
    server = Server(issues=[issue(1)], before=lambda request: answers.pop() if answers else None)
    clock = FakeClock()
    options = GitHubOptions(token=SecretStr("ghp_made-up"), via="graphql")
    opened = CONNECTOR.open(options, surroundings(server, clock, connection="hub"))
    pages = [page async for page in opened.census(Selection.of("hub", {"repo": "acme/shop"}), NOTHING, print)]
    assert len(pages) == 1
    assert sum(clock.slept) >= 60


async def test_used_up_graphql_points_come_with_status_200_and_are_waited_for() -> None:
    answers = [failed("API rate limit already exceeded", "RATE_LIMITED")]
    server = Server(issues=[issue(1)], before=lambda request: answers.pop() if answers else None)
    clock = FakeClock()
    opened = CONNECTOR.open(
        GitHubOptions(token=SecretStr("ghp_made-up"), via="graphql"), surroundings(server, clock, connection="hub")
    )
    pages = [page async for page in opened.census(Selection.of("hub", {"repo": "acme/shop"}), NOTHING, print)]
    assert len(pages) == 1
    assert sum(clock.slept) >= 60


async def test_items_that_are_gone_are_absent_from_a_read_by_ids() -> None:
    server = Server(issues=[issue(1), pull_request(2)])
    opened = source(server)
    batches = [batch async for batch in opened.by_ids(["I_acme/shop_1", "I_gone", "PR_2"], NOTHING, print)]
    assert [item.id for batch in batches for item in batch] == ["I_acme/shop_1", "PR_2"]


async def test_ids_too_many_for_github_at_once_are_asked_for_by_halves_from_then_on() -> None:
    server = Server(issues=[issue(number) for number in range(1, 251)])
    heavy = failed("Resource limits exceeded", "RESOURCE_LIMITS_EXCEEDED")
    server.before = lambda request: heavy if request.content.count(b'"I_acme') > 50 else None
    ids = [f"I_acme/shop_{number}" for number in range(1, 251)]
    opened = CONNECTOR.open(
        GitHubOptions(token=SecretStr("ghp_made-up")), surroundings(server, connection="hub", in_flight=1)
    )
    batches = [batch async for batch in opened.by_ids(ids, NOTHING, print)]
    assert [item.id for batch in batches for item in batch] == ids
    assert len(server.asked) == 6  # one too many, then fifty each


async def test_without_an_account_items_are_read_by_id_where_the_mirror_knew_them() -> None:
    server = Server(issues=[issue(1), issue(2)])
    keys = {"I_acme/shop_1": "acme/shop#1", "I_other": "acme/shop#2", "I_gone": "acme/shop#9", "I_odd": "a draft"}
    around = replace(surroundings(server, connection="hub"), keys=lambda ids: {id_: keys[id_] for id_ in ids})
    opened = CONNECTOR.open(GitHubOptions(), around)
    batches = [batch async for batch in opened.by_ids(list(keys), NOTHING, print)]
    assert [item.key for batch in batches for item in batch] == ["acme/shop#1"]


async def test_a_field_that_github_lacks_is_named_with_those_there_are() -> None:
    pages = source(Server()).census(Selection.of("hub", {"repo": "acme/shop"}), frozenset({"story_points"}), print)
    with pytest.raises(
        FixConfigError, match="no field 'story_points': use one of comments, weight, milestone, repository"
    ):
        [page async for page in pages]


async def test_a_glimpse_counts_when_one_page_tells_all() -> None:
    few = Server(issues=[issue(1), pull_request(2)])
    assert await glimpse(few) == Glimpse(matches=1, example="acme/shop#1 Issue 1")
    many = Server(issues=[issue(number) for number in range(1, 150)])
    assert await glimpse(many) == Glimpse(matches=None, example="acme/shop#1 Issue 1")


async def test_a_glimpse_tells_an_unknown_label_from_one_that_nothing_carries() -> None:
    server = Server(labels=["bug", "checkout"])
    assert (await glimpse(server, labels=["BUG"])).matches == 0
    with pytest.raises(FixConfigError, match="label 'chekout' does not exist in acme/shop: labels are checkout, bug"):
        await glimpse(server, labels=["chekout"])


async def test_a_glimpse_says_when_issues_are_switched_off() -> None:
    off = httpx.Response(200, json={"full_name": "acme/shop", "has_issues": False})
    with pytest.raises(FixConfigError, match="issues are switched off in acme/shop"):
        await glimpse(Server(before=lambda request: off))


async def test_an_app_and_nobody_are_told_from_a_person() -> None:
    assert (await identify(Server())).account == "octo-acme"
    assert (await identify(Server(user=None))).account == "App installation"
    anonymous = await identify(Server(), token=False)
    assert anonymous.account == "anonymous"
    assert anonymous.detail["core requests left"] == "4990 of 5000"


async def test_a_token_that_lacks_single_sign_on_says_so() -> None:
    server = Server(
        before=lambda request: refused(403, "SAML", **{"x-github-sso": "required; url=https://x.test/?t=1"})
    )
    with pytest.raises(FixConfigError, match="single sign-on"):
        await read(server)


async def test_enterprise_server_has_graphql_beside_its_rest_api() -> None:
    asked: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.copy_with(query=None)))
        return failed("no", "NOT_FOUND")

    options = GitHubOptions(token=SecretStr("ghp_made-up"), via="graphql", url="https://git.acme.test/api/v3/")
    opened = CONNECTOR.open(options, surroundings(server, connection="hub"))
    with pytest.raises(FixConfigError):
        [page async for page in opened.census(Selection.of("hub", {"repo": "acme/shop"}), NOTHING, print)]
    assert asked == ["https://git.acme.test/api/graphql"]


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({}, "name one repository"),
        ({"repo": "a/b", "repos": ["c/d"]}, "name one repository"),
        ({"repo": "shop"}, "owner/name"),
        ({"repo": "acme/shop/../x"}, "owner/name"),
        ({"repos": ["a/b", "c/d"], "milestone": 3}, "write its title"),
        ({"repo": "a/b", "state": "open"}, "state"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(terms: Json, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        GitHubSelection.model_validate(terms)


def test_the_order_of_labels_and_repositories_makes_no_other_selection() -> None:
    first = GitHubSelection.model_validate({"repos": ["b/b", "a/a"], "labels": ["y", "x", "Y"]})
    second = GitHubSelection.model_validate({"repos": ["a/a", "b/b"], "labels": ["x", "Y"]})
    assert first == second


def test_graphql_without_a_token_is_refused_in_the_options() -> None:
    with pytest.raises(ValidationError, match="needs a token"):
        GitHubOptions(via="graphql")

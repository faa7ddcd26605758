"""Jira Cloud's wire: the only file that knows paths, bodies and pages of its REST API v3.

Search: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/ · reading by ids:
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from connectors.http import Reply
from connectors.jira import jql
from connectors.jira.pieces import aenumerate, chunks, relevant
from connectors.jira.shapes import Change, Issue
from connectors.jira.site import EPIC_LEVEL, IDS_A_CALL, Bulk, IssueId, Lifecycle, NamedIssue, Past, RecordPage
from connectors.jira.wire import Wire
from mapping.errors import FixConfigError, PartialReadError

IDS_A_PAGE = 5000
"""The most that Jira gives when nothing but ids is asked for."""
RECORDS_A_PAGE = 100
"""The most that it gives with fields, however many are asked for."""
RECORD_PAGES = 6
"""So many pages with fields are read one after the other; what is more than that is read by ids, many at once."""
HISTORIES_A_CALL = 1000
"""The most issues that one call for changelogs takes."""
CHANGES_A_PAGE = 1000
PROJECTS_A_CALL = 50
MOST_PAGES = 2000
"""Ten million ids: an endless walk, not a selection."""
MOST_EMPTY_PAGES = 20
"""An empty page need not be the last one, but a walk of empty pages leads nowhere."""

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Warned(msgspec.Struct, frozen=True):
    """Jira's word that a search was cut short, such as ``JQL_FUNCTION_LIMIT_EXCEEDED``."""

    type: str = "of no type"
    details: msgspec.Raw = msgspec.Raw(b"")


class SearchPage(msgspec.Struct, Generic[R], frozen=True, rename="camel"):
    """``SearchAndReconcileResults``: one page of a search."""

    issues: list[R] | None = None
    next_page_token: str | None = None
    is_last: bool | None = None
    warnings: list[Warned] | None = None

    @property
    def records(self) -> list[R]:
        """What the page holds."""
        return self.issues or []

    @property
    def more(self) -> bool:
        """Whether another page follows. The last page has no token; ``isLast`` is not always there."""
        return self.next_page_token is not None and self.is_last is not True


class IssueError(msgspec.Struct, frozen=True, rename="camel"):
    """An issue that is there but could not be given this time."""

    id: str = "without an id"
    error_message: str = "no reason given"


class BulkAnswer(msgspec.Struct, Generic[R_co], frozen=True, rename="camel"):
    """``BulkIssueResults``: the issues that could be read. What is gone or hidden is in neither list."""

    issues: Sequence[R_co]
    issue_errors: list[IssueError] = []


_AsTheyCome = BulkAnswer[msgspec.Raw]


class _Project(msgspec.Struct, frozen=True):
    key: str
    name: str = ""
    archived: bool = False
    deleted: bool = False


class _Projects(msgspec.Struct, frozen=True, rename="camel"):
    values: list[_Project] = []
    is_last: bool = True


class _Filter(msgspec.Struct, frozen=True):
    name: str


class _Count(msgspec.Struct, frozen=True):
    count: int


class _IssueLog(msgspec.Struct, frozen=True, rename="camel"):
    issue_id: str
    change_histories: list[Change] = []


class _Logs(msgspec.Struct, frozen=True, rename="camel"):
    issue_change_logs: list[_IssueLog] = []
    next_page_token: str | None = None


class CloudClient:
    """Asks one site of Jira Cloud (:class:`connectors.jira.site.Site`)."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._connection = wire.connection
        self._in_flight = max(1, wire.around.in_flight)

    async def ids(self, restriction: str) -> AsyncGenerator[list[str], None]:
        """Stream the ids of all issues that match, up to 5000 a page.

        Raises:
            PartialReadError: the end was not reached for certain.
            FixConfigError: Jira does not accept the query.
        """
        async for page in self._pages(jql.census_of(restriction), ["id"], IDS_A_PAGE, SearchPage[IssueId]):
            yield [issue.id for issue in page.records]

    async def records(self, restriction: str, fields: Sequence[str]) -> AsyncGenerator[RecordPage, None]:
        """Stream issues with their fields, a hundred a page and at most :data:`RECORD_PAGES` of these."""
        query = jql.census_of(restriction)
        async with aclosing(self._pages(query, fields, RECORDS_A_PAGE, SearchPage[msgspec.Raw])) as pages:
            async for number, page in aenumerate(pages, 1):
                last = number == RECORD_PAGES
                yield RecordPage(records=page.records, more=page.more and last)
                if last:
                    return

    async def bulk(self, ids: Sequence[str], fields: Sequence[str]) -> Bulk[msgspec.Raw]:
        """Return issues by their ids, and ask for those again that Jira could not give at once.

        "When Jira can't return an issue due to a retriable error or payload constraint": a smaller call may do.
        """
        return await self._completed((await self._bulk(ids, fields, _AsTheyCome)).decode(_AsTheyCome), fields)

    async def decoded(self, ids: Sequence[str], fields: Sequence[str], shape: type[Issue]) -> Bulk[Issue | msgspec.Raw]:
        """Return the same, decoded in one go; as they came when one of them cannot be, for then that one is named."""
        typed: type[BulkAnswer[Issue]] = BulkAnswer[shape]  # type: ignore[valid-type] # made at run time
        reply = await self._bulk(ids, fields, typed)
        answer: BulkAnswer[Issue | msgspec.Raw]
        try:
            answer = reply.decode(typed)
        except PartialReadError:
            answer = reply.decode(_AsTheyCome)
        return await self._completed(answer, fields)

    async def among(self, restriction: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[msgspec.Raw]:
        """Return the issues of ``ids`` that match, read after writing: Jira reconciles its index for them first.

        https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile
        """
        query = jql.census_of(jql.with_ids(restriction, ids))
        found: list[msgspec.Raw] = []
        async for page in self._pages(query, fields, RECORDS_A_PAGE, SearchPage[msgspec.Raw], reconcile=ids):
            found += page.records
        return found

    async def histories(self, ids: Sequence[str], fields: Sequence[str]) -> AsyncGenerator[Past, None]:
        """Stream issues with their changes: the issues first, so that a change after that is known to be one.

        Changelogs are asked for whole: filtered by field they would lose the changes of a parent, which carry no id of
        a field (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/).
        """
        for some in chunks(ids, HISTORIES_A_CALL):
            records: dict[str, msgspec.Raw] = {}
            calls = [self.bulk(few, fields) for few in chunks(some, IDS_A_CALL)]
            for bulk in await asyncio.gather(*calls):
                records |= {msgspec.json.decode(record, type=IssueId).id: record for record in bulk.records}
            changes = await self._changes([*records]) if records else {}
            for id_, record in records.items():
                yield Past(record=record, changes=changes.get(id_, ()))

    async def example(self, restriction: str) -> str | None:
        """Return the first issue that matches as people call it; None when none matches."""
        page = await self._page(
            {"jql": jql.census_of(restriction), "fields": ["summary"], "maxResults": 1}, SearchPage[NamedIssue]
        )
        return next((str(issue) for issue in page.records), None)

    async def count(self, restriction: str) -> int:
        """Return Jira's estimate of how many issues match. A hint: it lags behind, and no key result rests on it."""
        reply = await self._post("rest/api/3/search/approximate-count", {"jql": restriction}, accept=(400,))
        self._wire.check_query(reply, restriction)
        return reply.decode(_Count).count

    async def issue(self, key: str) -> NamedIssue:
        """Return an issue by its key, also one that has moved since.

        Raises:
            FixConfigError: there is none that we may see.
        """
        what = f"issue {key} {self._to_us}: deleted, mistyped, or no permission to browse it"
        path = f"rest/api/3/issue/{quote(key, safe='')}"
        return (await self._wire.visible(path, what, params={"fields": "summary,issuetype"})).decode(NamedIssue)

    async def is_epic(self, issue: NamedIssue) -> bool | None:
        """Return whether the level of an issue's type is that of epics; None on sites that tell no levels."""
        kind = issue.fields.issuetype
        return None if kind is None or kind.hierarchy_level is None else kind.hierarchy_level == EPIC_LEVEL

    async def project(self, key: str) -> str:
        """Return a project's name.

        Raises:
            FixConfigError: there is none that we may see.
        """
        what = f"project {key} {self._to_us}: archived, deleted, mistyped, or no permission"
        reply = await self._wire.visible("rest/api/3/project/search", what, params={"keys": key})
        for project in reply.decode(_Projects).values:
            if project.key.casefold() == key.casefold():
                return project.name
        raise FixConfigError(f"{self._connection}: no {what}")

    async def filter(self, number: int) -> str:
        """Return a saved filter's name.

        Raises:
            FixConfigError: there is none that is shared with us.
        """
        what = f"filter {number} {self._to_us}: deleted, mistyped, or not shared with the account"
        # Jira answers 400, not 404, for "the filter is not found or the user does not have permission to view it".
        return (await self._wire.visible(f"rest/api/3/filter/{number}", what, accept=(400,))).decode(_Filter).name

    async def projects(self, keys: Sequence[str]) -> Mapping[str, Lifecycle]:
        """Return what became of those projects that we see, in each of the three lists that Jira keeps."""
        found: dict[str, Lifecycle] = {}
        for life in Lifecycle:
            for few in chunks(keys, PROJECTS_A_CALL):
                params = {"keys": list(few), "status": life.value, "maxResults": PROJECTS_A_CALL}
                reply = await self._wire.request("GET", "rest/api/3/project/search", params=params)
                found |= {project.key.upper(): life for project in reply.decode(_Projects).values}
        return found

    def below(self, parents: Sequence[str]) -> str:
        """Return the restriction for the issues right below these."""
        return f"parent in {jql.quoted_list(parents)}"

    def subtree(self, epics: Sequence[str]) -> str:
        """Return the restriction for all below these epics."""
        return jql.subtree_of(epics)

    @property
    def _to_us(self) -> str:
        return f"visible to {self._wire.options.account}"

    async def _bulk(self, ids: Sequence[str], fields: Sequence[str], shape: type) -> Reply:
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields), "fieldsByKeys": False}
        return await self._post("rest/api/3/issue/bulkfetch", body, shape=shape)

    async def _completed(self, answer: BulkAnswer[R], fields: Sequence[str]) -> Bulk[R | msgspec.Raw]:
        """Return the answer with what it left out, which is asked for once more."""
        if not answer.issue_errors:
            return Bulk(records=answer.issues, withheld={})
        missing = [error.id for error in answer.issue_errors]
        again = (await self._bulk(missing, fields, _AsTheyCome)).decode(_AsTheyCome)
        withheld = {error.id: error.error_message for error in again.issue_errors}
        return Bulk(records=[*answer.issues, *again.issues], withheld=withheld)

    async def _changes(self, ids: Sequence[str]) -> dict[str, list[Change]]:
        """Return the changes of up to a thousand issues, which Jira gives by time over all of them."""
        found: dict[str, list[Change]] = {}
        body: dict[str, object] = {"issueIdsOrKeys": list(ids), "maxResults": CHANGES_A_PAGE}
        walk = _Walk(self._connection)
        while True:
            logs = (await self._post("rest/api/3/changelog/bulkfetch", body)).decode(_Logs)
            for log in logs.issue_change_logs:
                found.setdefault(log.issue_id, []).extend(relevant(log.change_histories))
            if logs.next_page_token is None:
                return found
            body["nextPageToken"] = walk.step(logs.next_page_token, empty=not logs.issue_change_logs)

    async def _pages(
        self,
        query: str,
        fields: Sequence[str],
        size: int,
        shape: type[SearchPage[R]],
        reconcile: Sequence[str] = (),
    ) -> AsyncGenerator[SearchPage[R], None]:
        body: dict[str, object] = {"jql": query, "fields": list(fields), "maxResults": size}
        if reconcile:
            body["reconcileIssues"] = [int(id_) for id_ in reconcile]
        walk = _Walk(self._connection)
        while True:
            page = await self._page(body, shape)
            yield page
            if not page.more:
                return
            body["nextPageToken"] = walk.step(page.next_page_token or "", empty=not page.records)

    async def _page(self, body: Mapping[str, object], shape: type[SearchPage[R]]) -> SearchPage[R]:
        reply = await self._post("rest/api/3/search/jql", body, accept=(400,))
        if "nextPageToken" in body and reply.status == 400:
            raise PartialReadError(
                f"{self._connection}: Jira refused a further page ({self._wire.says(reply)}): the next run tries again"
            )
        query = str(body["jql"])
        self._wire.check_query(reply, query)
        page = reply.decode(shape)
        self._check_whole(page, query)
        return page

    def _check_whole(self, page: SearchPage[R], query: str) -> None:
        if page.issues is None:
            raise PartialReadError(f"{self._connection}: Jira answered a search without issues, not even an empty list")
        if page.warnings:
            told = ", ".join(f"{warned.type} {bytes(warned.details).decode()}".strip() for warned in page.warnings)
            raise PartialReadError(
                f"{self._connection}: Jira cut the search short ({told}): narrow the query, it was {query}"
            )
        if page.is_last is False and page.next_page_token is None:
            raise PartialReadError(f"{self._connection}: Jira says that more issues follow, but not where")

    async def _post(
        self, path: str, body: Mapping[str, object], accept: Collection[int] = (), shape: type = msgspec.Raw
    ) -> Reply:
        # Searches change nothing, so they may be sent again.
        return await self._wire.request("POST", path, json=body, accept=accept, shape=shape)


class _Walk:
    """Where a walk through pages has been."""

    def __init__(self, connection: str) -> None:
        self._connection = connection
        self._tokens: set[str] = set()
        self._empty = 0

    def step(self, token: str, *, empty: bool) -> str:
        """Return the token of the next page.

        Raises:
            PartialReadError: we have been there, or the walk does not end.
        """
        if token in self._tokens:
            raise PartialReadError(f"{self._connection}: Jira sends a search in a circle: it repeated a page token")
        self._tokens.add(token)
        self._empty = self._empty + 1 if empty else 0
        if self._empty >= MOST_EMPTY_PAGES or len(self._tokens) >= MOST_PAGES:
            raise PartialReadError(
                f"{self._connection}: a search in Jira did not end after {len(self._tokens)} pages "
                f"({self._empty} empty ones in a row): narrow the query"
            )
        return token

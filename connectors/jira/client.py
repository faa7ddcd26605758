"""Jira Cloud's wire: the only file that knows paths, bodies and pages of its REST API v3.

Search: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/ · reading by ids:
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec
from pydantic import SecretStr

from connectors.http import HttpClient, Reply
from connectors.jira.options import JiraOptions
from connectors.jira.refusals import NotThereError, refusal, refused_login
from connectors.port import Surroundings
from connectors.redact import Redactor
from mapping.errors import FixConfigError, PartialReadError

IDS_A_PAGE = 5000
"""The most that Jira gives when nothing but ids is asked for."""
RECORDS_A_PAGE = 100
"""The most that it gives with fields, however many are asked for."""
IDS_A_CALL = 100
"""The most that one bulk read takes."""
MOST_PAGES = 2000
"""Ten million ids: an endless walk, not a selection."""
MOST_EMPTY_PAGES = 20
"""An empty page need not be the last one, but a walk of empty pages leads nowhere."""

R = TypeVar("R")


class IssueId(msgspec.Struct, frozen=True):
    """An issue of an id-only page."""

    id: str


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


class BulkAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """``BulkIssueResults``: the issues that could be read. What is gone or hidden is in neither list."""

    issues: list[msgspec.Raw]
    issue_errors: list[IssueError] = []


class Kind(msgspec.Struct, frozen=True, rename="camel"):
    """The type of an issue that a rule names."""

    name: str = ""
    hierarchy_level: int | None = None


class NamedFields(msgspec.Struct, frozen=True):
    """As much of an issue as ``check`` shows."""

    summary: str | None = None
    issuetype: Kind | None = None


class NamedIssue(msgspec.Struct, frozen=True):
    """An issue with its present key."""

    id: str
    key: str
    fields: NamedFields = NamedFields()


class _Project(msgspec.Struct, frozen=True):
    key: str
    name: str = ""


class _Projects(msgspec.Struct, frozen=True):
    values: list[_Project] = []


class _Filter(msgspec.Struct, frozen=True):
    name: str


class _Count(msgspec.Struct, frozen=True):
    count: int


class JiraClient:
    """Asks one site over the shared client."""

    def __init__(self, options: JiraOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self._redactor = Redactor([options.token, basic(options)])
        self.http = HttpClient(
            base_url=options.api_url or options.url,
            vendor="Jira",
            headers={"Authorization": basic(options)},
            surroundings=surroundings,
            classify=lambda reply: refusal(reply, options),
        )

    async def ids(self, jql: str) -> AsyncGenerator[list[str], None]:
        """Stream the ids of all issues that match, page by page.

        Raises:
            PartialReadError: the end was not reached for certain.
            FixConfigError: Jira does not accept the query.
        """
        walk = _Walk(self._connection)
        async for page in self._pages(jql, ["id"], IDS_A_PAGE, SearchPage[IssueId], walk):
            yield [issue.id for issue in page.records]

    async def example(self, jql: str) -> str | None:
        """Return the first issue that matches as people call it, ``CHK-12 Pay by card``; None when none matches.

        Raises:
            PartialReadError, FixConfigError: as for :meth:`ids`.
        """
        page = await self._page(jql, ["summary"], 1, None, SearchPage[NamedIssue])
        return next((f"{issue.key} {issue.fields.summary or ''}".strip() for issue in page.records), None)

    async def first_records(self, jql: str, fields: Sequence[str], most: int) -> SearchPage[msgspec.Raw]:
        """Return the first page of issues with their fields; ``more`` says whether it is all.

        Raises:
            PartialReadError, FixConfigError: as for :meth:`ids`.
        """
        return await self._page(jql, fields, most, None, SearchPage[msgspec.Raw])

    async def bulk(self, ids: Sequence[str], fields: Sequence[str]) -> BulkAnswer:
        """Return the issues with these ids, at most :data:`IDS_A_CALL`; issues that have moved are found too."""
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields), "fieldsByKeys": False}
        return (await self._post("rest/api/3/issue/bulkfetch", body)).decode(BulkAnswer)

    async def count(self, jql: str) -> int:
        """Return Jira's estimate of how many issues match. A hint: it lags behind, and no key result rests on it."""
        reply = await self._post("rest/api/3/search/approximate-count", {"jql": jql}, accept=(400,))
        self._check_query(reply, jql)
        return reply.decode(_Count).count

    async def issue(self, key: str) -> NamedIssue:
        """Return an issue by its key, also one that has moved since.

        Raises:
            FixConfigError: there is none that we may see.
        """
        what = f"issue {key} visible to {self._options.email}: deleted, mistyped, or no permission to browse it"
        path = f"rest/api/3/issue/{quote(key, safe='')}"
        return (await self._visible(path, what, {"fields": "summary,issuetype"})).decode(NamedIssue)

    async def project(self, key: str) -> str:
        """Return a project's name.

        Raises:
            FixConfigError: there is none that we may see.
        """
        what = f"project {key} visible to {self._options.email}: archived, deleted, mistyped, or no permission"
        reply = await self._visible("rest/api/3/project/search", what, {"keys": key})
        for project in reply.decode(_Projects).values:
            if project.key.casefold() == key.casefold():
                return project.name
        raise FixConfigError(f"{self._connection}: no {what}")

    async def filter(self, number: int) -> str:
        """Return a saved filter's name.

        Raises:
            FixConfigError: there is none that is shared with us.
        """
        what = f"filter {number} visible to {self._options.email}: deleted, mistyped, or not shared with the account"
        # Jira answers 400, not 404, for "the filter is not found or the user does not have permission to view it".
        return (await self._visible(f"rest/api/3/filter/{number}", what, accept=(400,))).decode(_Filter).name

    async def _visible(
        self, path: str, what: str, params: dict[str, str] | None = None, accept: Collection[int] = ()
    ) -> Reply:
        try:
            reply = await self.http.request("GET", path, params=params, accept=accept)
        except NotThereError as error:
            raise FixConfigError(f"{self._connection}: no {what}") from error
        if reply.status in accept:
            raise FixConfigError(f"{self._connection}: no {what}")
        return self._ours(reply)

    async def _pages(
        self, jql: str, fields: Sequence[str], size: int, shape: type[SearchPage[R]], walk: _Walk
    ) -> AsyncGenerator[SearchPage[R], None]:
        token: str | None = None
        while True:
            page = await self._page(jql, fields, size, token, shape)
            yield page
            if not page.more:
                return
            token = walk.step(page.next_page_token or "", empty=not page.records)

    async def _page(
        self, jql: str, fields: Sequence[str], size: int, token: str | None, shape: type[SearchPage[R]]
    ) -> SearchPage[R]:
        body: dict[str, object] = {"jql": jql, "fields": list(fields), "maxResults": size}
        if token is not None:
            body["nextPageToken"] = token
        reply = await self._post("rest/api/3/search/jql", body, accept=(400,))
        if token is not None and reply.status == 400:
            raise PartialReadError(
                f"{self._connection}: Jira refused a further page ({self._says(reply)}): the next run tries again"
            )
        self._check_query(reply, jql)
        page = reply.decode(shape)
        self._check_whole(page, jql)
        return page

    def _check_whole(self, page: SearchPage[R], jql: str) -> None:
        if page.issues is None:
            raise PartialReadError(f"{self._connection}: Jira answered a search without issues, not even an empty list")
        if page.warnings:
            told = ", ".join(f"{warned.type} {bytes(warned.details).decode()}".strip() for warned in page.warnings)
            raise PartialReadError(
                f"{self._connection}: Jira cut the search short ({told}): narrow the query, it was {jql}"
            )
        if page.is_last is False and page.next_page_token is None:
            raise PartialReadError(f"{self._connection}: Jira says that more issues follow, but not where")

    def _check_query(self, reply: Reply, jql: str) -> None:
        if reply.status == 400:
            raise FixConfigError(
                f"{self._connection}: Jira does not accept the query: {self._says(reply)}: "
                f"correct the rule, its query is {jql}"
            )

    def _says(self, reply: Reply) -> str:
        return self._redactor.clean(reply.says()) or "no reason given"

    async def _post(self, path: str, body: dict[str, object], accept: Collection[int] = ()) -> Reply:
        # Searches change nothing, so they may be sent again.
        return self._ours(await self.http.request("POST", path, json=body, accept=accept))

    def _ours(self, reply: Reply) -> Reply:
        """Return the reply if Jira gave it to our account and not to an anonymous one."""
        refused = refused_login(reply, self._options)
        if refused is not None:
            raise refused
        return reply


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


def basic(options: JiraOptions) -> SecretStr:
    """Return the value of the Authorization header."""
    account = f"{options.email}:{options.token.get_secret_value().strip()}"
    return SecretStr("Basic " + base64.b64encode(account.encode()).decode())

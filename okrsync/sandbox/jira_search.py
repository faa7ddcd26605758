"""Jira Cloud's enhanced search: bounded queries, opaque page tokens, id-only pages of up to 5000.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.jql import JqlError, Query, parse
from okrsync.sandbox.jql_facts import vocabulary
from okrsync.sandbox.jql_match import Asker, Compiler, Facts, SortKey, before, check_order, sort_key
from okrsync.sandbox.wire import Record, RefusedError, digest

MOST_WITH_FIELDS = 100
DEFAULT_PAGE = 50
MOST_RECONCILED = 50
MOST_CHANGELOG_ENTRIES = 40
"""``expand=changelog`` gives no more than that, newest first, and does not say that there are more."""


def jira_error(*messages: str, status: int = 400) -> RefusedError:
    """Return a refusal in Jira's shape."""
    return RefusedError(status, {"errorMessages": list(messages), "errors": {}})


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What a search asks for, from a body or from query parameters."""

    jql: str
    fields: tuple[str, ...] = ("id",)
    max_results: int = DEFAULT_PAGE
    token: str | None = None
    expand: tuple[str, ...] = ()

    @property
    def ids_only(self) -> bool:
        """Whether nothing but ids and keys is asked for."""
        return all(name in ("id", "key") for name in self.fields)


def asker(site: JiraSite, now: datetime) -> Asker:
    """Return the site's account as the one who asks."""
    return Asker(account_id=site.account.person.account_id, zone=ZoneInfo(site.account.person.zone), now=now)


def compiled(
    site: JiraSite, jql: str, now: datetime, warnings: list[str] | None = None
) -> tuple[Query, Callable[[Facts], bool]]:
    """Return a query and its test; values that do not exist are noted in ``warnings`` if given.

    Raises:
        JqlError: not JQL, or something the site does not know.
    """
    query = parse(jql)
    words = vocabulary(site, warnings)
    check_order(query, words)
    test = Compiler(words, asker(site, now)).compile(query.where) if query.where else (lambda _facts: True)
    return query, test


def matching(site: JiraSite, jql: str, now: datetime, warnings: list[str] | None = None) -> tuple[Query, list[Facts]]:
    """Return a query, on Cloud a bounded one, and the issues it matches, in its order.

    Raises:
        RefusedError: 400 for a faulty or an unbounded query.
    """
    try:
        query, test = compiled(site, jql, now, warnings)
    except JqlError as error:
        raise jira_error(str(error)) from error
    if query.where is None and not site.data_center:
        raise jira_error("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")

    def compare(one: SortKey, other: SortKey) -> int:
        return before(one, other, query.order)

    in_order = functools.cmp_to_key(compare)
    found = [facts for facts in site.facts() if test(facts)]
    return query, sorted(found, key=lambda facts: in_order(sort_key(facts, query.order)))


def search(site: JiraSite, asked: SearchRequest, now: datetime) -> Record:
    """Return one page of a search.

    Raises:
        RefusedError: 400 for a faulty query, page size or token.
    """
    if asked.max_results < 1:
        raise jira_error("The value of maxResults must be at least 1.")
    query, found = matching(site, asked.jql, now)
    seal = digest(asked.jql, *asked.fields)
    if asked.token is not None:
        last = _opened(asked.token, seal)
        found = [facts for facts in found if before(sort_key(facts, query.order), last, query.order) > 0]
    size = min(asked.max_results, site.most_ids if asked.ids_only else MOST_WITH_FIELDS)
    page: Record = {"issues": [shown(site, str(facts.id), asked.fields, asked.expand) for facts in found[:size]]}
    if "names" in asked.expand:
        page["names"] = {field["id"]: field["name"] for field in site.fields}
    page["isLast"] = len(found) <= size
    if not page["isLast"]:
        page["nextPageToken"] = _sealed(sort_key(found[size - 1], query.order), seal)
    return page


def _sealed(last: SortKey, seal: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([seal, last]).encode()).decode().rstrip("=")


def _opened(token: str, seal: str) -> SortKey:
    try:
        own, last = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if own == seal:
            return list(last)
    except (binascii.Error, ValueError, TypeError) as error:
        raise jira_error("The provided nextPageToken is invalid.") from error
    raise jira_error("The provided nextPageToken belongs to another search.")


def shown(site: JiraSite, id_: str, fields: Sequence[str], expand: Sequence[str] = ()) -> Record:
    """Return an issue with the fields asked for (``*all``, ``*navigable``, names, ``-name``)."""
    issue = site.issues[id_]
    if fields and all(name == "id" for name in fields):
        return {"id": id_}
    result: Record = {name: issue[name] for name in ("expand", "id", "self", "key") if name in issue}
    if not all(name in ("id", "key") for name in fields):
        result["fields"] = _selected(issue["fields"], fields)
    if "changelog" in expand:
        histories = site.histories.get(id_, [])
        newest = histories[::-1][:MOST_CHANGELOG_ENTRIES]
        result["changelog"] = {
            "startAt": 0, "maxResults": len(newest), "total": len(histories), "histories": newest,
        }  # fmt: skip
    return result


def _selected(fields: Record, asked: Sequence[str]) -> Record:
    hidden = {name[1:] for name in asked if name.startswith("-")}
    wanted = {name for name in asked if not name.startswith(("-", "*"))} - {"id", "key"}
    everything = "*all" in asked or "*navigable" in asked or not wanted
    return {name: value for name, value in fields.items() if (everything or name in wanted) and name not in hidden}

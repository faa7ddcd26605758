"""Changelogs as Jira Cloud gives them: of one issue by offset, of many by token, oldest first."""

from __future__ import annotations

import base64
import binascii
from itertools import groupby

from okrsync.sandbox.jira_search import jira_error
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.wire import Record, digest, instant_of

MOST_ISSUES = 1000
MOST_FIELDS = 10
MOST_ENTRIES = 10_000
DEFAULT_ENTRIES = 1000


def bulk_changelogs(site: JiraSite, body: Record) -> Record:
    """Return one page of the changelogs of many issues, ordered by time and then by issue.

    Raises:
        RefusedError: 400 for too many issues or fields, or a bad token.
    """
    wanted, field_ids = body.get("issueIdsOrKeys"), body.get("fieldIds") or []
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST_ISSUES:
        raise jira_error(f"issueIdsOrKeys must hold 1 to {MOST_ISSUES} issues.")
    if len(field_ids) > MOST_FIELDS:
        raise jira_error(f"fieldIds must hold at most {MOST_FIELDS} fields.")
    size = body.get("maxResults", DEFAULT_ENTRIES)
    if not isinstance(size, int) or not 1 <= size <= MOST_ENTRIES:
        raise jira_error(f"maxResults must be between 1 and {MOST_ENTRIES}.")
    seal = digest(*sorted(map(str, wanted)), "/", *sorted(field_ids))
    start = 0 if body.get("nextPageToken") is None else _opened(str(body["nextPageToken"]), seal)
    ids = {issue["id"] for one in wanted if (issue := site.find(str(one))) is not None}
    entries = [
        (id_, kept)
        for id_ in ids
        for entry in site.histories.get(id_, [])
        if (kept := _filtered(entry, field_ids)) is not None
    ]
    entries.sort(key=lambda pair: (instant_of(pair[1]["created"]), int(pair[0]), int(pair[1]["id"])))
    chosen = entries[start : start + size]
    page: Record = {
        "issueChangeLogs": [
            {"issueId": id_, "changeHistories": [entry for _, entry in run]}
            for id_, run in groupby(chosen, key=lambda pair: pair[0])
        ]
    }
    if start + size < len(entries):
        page["nextPageToken"] = base64.urlsafe_b64encode(f"{seal}:{start + size}".encode()).decode().rstrip("=")
    return page


def _filtered(entry: Record, field_ids: list[str]) -> Record | None:
    if not field_ids:
        return entry
    items = [item for item in entry["items"] if item.get("fieldId") in field_ids]
    return entry | {"items": items} if items else None


def _opened(token: str, seal: str) -> int:
    try:
        own, _, start = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise jira_error("The provided nextPageToken is invalid.") from error
    if own != seal or not start.isdigit():
        raise jira_error("The provided nextPageToken is invalid.")
    return int(start)

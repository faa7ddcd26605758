"""From a raw issue to what queries look at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from okrsync.sandbox.jira_words import EPIC_LINK, PARENT_LINK
from okrsync.sandbox.jql_match import Facts, Vocabulary
from okrsync.sandbox.wire import Record, instant_of

if TYPE_CHECKING:
    from okrsync.sandbox.jira_site import JiraSite

_NAMED_LISTS = {"project": "projects", "issuetype": "types", "status": "statuses", "resolution": "resolutions"}


def facts_of(issue: Record, site: JiraSite) -> Facts:
    """Return the facts of one issue."""
    fields = issue["fields"]
    parent = fields.get("parent")
    epic, cloud = fields.get(EPIC_LINK), not site.data_center
    named = {
        "project": _spellings(fields.get("project")),
        "key": _lower(issue["key"], issue["id"])
        | frozenset(key for key, id_ in site.moved.items() if id_ == issue["id"]),
        "id": _lower(issue["id"]),
        "issuetype": _spellings(fields.get("issuetype")),
        "status": _spellings(fields.get("status")),
        "statusCategory": _spellings((fields.get("status") or {}).get("statusCategory")),
        "resolution": _spellings(fields.get("resolution")),
        "labels": _lower(*(fields.get("labels") or ())),
        "parent": _parent(parent, fields, site) or _lower(*([epic] if isinstance(epic, str) and cloud else [])),
        "epicLink": _linked(epic, site) or (_spellings(parent) if cloud else frozenset()),
        "parentLink": _linked(fields.get(PARENT_LINK), site),
        "parentEpic": _epics(issue, site),
        "assignee": _spellings(fields.get("assignee")),
        "reporter": _spellings(fields.get("reporter")),
        "sprint": frozenset[str](),
    }
    summary, description = fields.get("summary") or "", fields.get("description") or ""
    return Facts(
        id=int(issue["id"]),
        key=issue["key"],
        named=named,
        dates={
            "created": _instant(fields.get("created")),
            "updated": _instant(fields.get("updated")),
            "resolved": _instant(fields.get("resolutiondate")),
            "due": _day(fields.get("duedate"), site),
        },
        texts={"summary": summary, "description": str(description), "text": f"{summary}\n{description}"},
        numbers=_numbers(fields, site),
    )


def vocabulary(site: JiraSite, warnings: list[str] | None = None) -> Vocabulary:
    """Return what a query may name on this site; values that do not exist are noted in ``warnings`` if given."""
    known = {
        name: frozenset().union(*(_spellings(one) for one in getattr(site, kind)))
        for name, kind in _NAMED_LISTS.items()
    }
    known["statusCategory"] = frozenset().union(*(_spellings(one["statusCategory"]) for one in site.statuses)) | {
        "to do", "in progress", "done", "new", "indeterminate", "2", "3", "4",
    }  # fmt: skip
    keys = [_lower(issue["key"], issue["id"]) for issue in site.issues.values()]
    # recorded issues may have a parent that was not recorded; the real site knew it
    parents = [_spellings(issue["fields"].get("parent")) for issue in site.issues.values()]
    known["key"] = frozenset().union(*keys, *parents, site.moved)
    known["id"] = _lower(*site.issues)
    numbers = [field for field in site.fields if field.get("schema", {}).get("type") == "number"]
    filters = {name.lower(): one["jql"] for one in site.filters for name in (one["id"], one["name"])}
    return Vocabulary(
        known=known,
        number_fields=_lower(*(clause for field in numbers for clause in field["clauseNames"])),
        filters=filters,
        missing=frozenset({"parentepic"}) if site.data_center else frozenset(),
        warnings=warnings,
    )


def _lower(*texts: str) -> frozenset[str]:
    return frozenset(text.lower() for text in texts)


def _spellings(named: Record | None) -> frozenset[str]:
    """Return what a person, project, status … may be called in a query."""
    if not named:
        return frozenset()
    names = ("id", "key", "name", "accountId", "displayName", "emailAddress")
    return _lower(*(str(named[name]) for name in names if named.get(name)))


def _epics(issue: Record, site: JiraSite) -> frozenset[str]:
    """Return the epic above an issue, over its parent where it is a sub-task; an epic is its own."""
    seen: list[str] = []
    at: Record | None = issue
    while at is not None and at["id"] not in seen:
        seen.append(at["id"])
        if at["fields"]["issuetype"].get("hierarchyLevel") == 1:
            return _lower(at["id"], at["key"])
        parent = at["fields"].get("parent")
        at = site.issues.get(parent["id"]) if parent else None
    return frozenset()


def _parent(parent: Record | None, fields: Record, site: JiraSite) -> frozenset[str]:
    """Return what is above an issue; to a Data Center only sub-tasks have a parent."""
    return frozenset() if site.data_center and not fields["issuetype"]["subtask"] else _spellings(parent)


def _linked(key: object, site: JiraSite) -> frozenset[str]:
    above = site.find(key) if isinstance(key, str) else None
    return _lower(above["id"], above["key"]) if above else frozenset()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant_of(text)


def _day(text: str | None, site: JiraSite) -> datetime | None:
    if text is None:
        return None
    return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(site.account.person.zone))


def _numbers(fields: Record, site: JiraSite) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for field in _number_fields(site.fields):
        value = fields.get(field["id"])
        if isinstance(value, int | float) and not isinstance(value, bool):
            found |= dict.fromkeys(_lower(*field["clauseNames"]), Decimal(repr(value)))
    return found


def _number_fields(fields: Iterable[Record]) -> list[Record]:
    return [field for field in fields if field.get("schema", {}).get("type") == "number"]

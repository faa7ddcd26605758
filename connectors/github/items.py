"""GitHub's records in our words: what counts as done, which fields rules may use, which records belong."""

from __future__ import annotations

from decimal import Decimal

from connectors.github.records import Record
from connectors.github.selection import GitHubSelection
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import ItemState, WorkItem

NUMBERS = ("comments", "weight")
TEXTS = ("milestone", "repository")
"""What rules may ask for beside what every work item has; only items of a project have a weight."""

DONE_REASONS = ("", "completed")
"""Nothing is said of issues closed before GitHub had reasons (2022); they count as done."""
WONT_DO_REASONS = ("not_planned", "duplicate")


def to_work_item(record: Record, connection: str, fields: frozenset[str]) -> WorkItem:
    """Return the work item for an issue or pull request.

    Raises:
        SkipRecordError: an issue closed for a reason that okrsync does not know.
    """
    state = state_of(record, connection)
    status = "merged" if record.merged else "closed" if record.closed else "draft" if record.draft else "open"
    item = record.item
    return WorkItem(
        connection=connection,
        id=item.id if item else record.id,
        key=key_of(record),
        title=record.title,
        state=state,
        # Whichever changed last: GitHub does not touch an issue when its place in a project changes.
        updated_at=max(record.updated_at, item.updated_at) if item else record.updated_at,
        kind=kind_of(record),
        status=(item.status if item else "") or status,
        status_id=(item.status_id if item else "") or status,
        resolution=record.reason if record.closed else "",
        url=record.url or None,
        parent=record.parent,
        labels=record.labels,
        assignee=record.assignee,
        created_at=record.created_at,
        done_at=record.closed_at if state is ItemState.DONE else None,
        numbers=_numbers(record, fields) if fields else {},
        fields=_texts(record, fields) if fields else {},
    )


def _numbers(record: Record, fields: frozenset[str]) -> dict[str, Decimal]:
    numbers = {"comments": Decimal(record.comments)} | dict(record.item.numbers if record.item else {})
    return {name: numbers[name] for name in sorted(fields) if name in numbers}


def _texts(record: Record, fields: frozenset[str]) -> dict[str, str]:
    texts = {"milestone": record.milestone, "repository": record.repo} | dict(record.item.texts if record.item else {})
    return {name: text for name in sorted(fields) if (text := texts.get(name))}


def state_of(record: Record, connection: str) -> ItemState:
    """Return how far an issue or pull request is; an open pull request is work in progress.

    Raises:
        SkipRecordError: an issue closed for a reason that okrsync does not know.
    """
    if record.pull_request:
        if not record.closed:
            return ItemState.IN_PROGRESS
        return ItemState.DONE if record.merged else ItemState.WONT_DO
    if not record.closed:
        return ItemState.TODO
    if record.reason in DONE_REASONS:
        return ItemState.DONE
    if record.reason in WONT_DO_REASONS:
        return ItemState.WONT_DO
    raise SkipRecordError(
        f"{connection}: {key_of(record)} is closed as {record.reason!r}, which okrsync does not know: "
        "look for a newer okrsync"
    )


def kind_of(record: Record) -> str:
    """Return ``pull_request``, ``draft`` (of a project), or the issue's type in lower case, or ``issue``."""
    if record.pull_request:
        return "pull_request"
    if record.item and record.item.draft:
        return "draft"
    return record.type.lower() if record.type else "issue"


def key_of(record: Record) -> str:
    """Return what people call it: ``acme/shop#4``, by the repository's name of today."""
    if record.item and record.item.draft:
        return f"{record.repo} draft {record.number}"
    return f"{record.repo}#{record.number}"


def belongs(record: Record, terms: GitHubSelection) -> bool:
    """Return whether a record that GitHub listed is what the terms ask for.

    GitHub's two APIs do not filter by several labels alike, the REST one cannot name a label with a comma, and lists
    of sub-issues and of projects cannot be filtered at all.
    """
    labels = {label.casefold() for label in record.labels}
    if not of_kind(record, terms) or not all(label.casefold() in labels for label in terms.labels):
        return False
    if terms.type is not None and (record.type or "").casefold() != terms.type.casefold():
        return False
    if terms.names_repositories:
        return True  # the rest GitHub has sorted out itself
    people = {login.casefold() for login in record.assignees}
    if terms.assignee is not None and terms.assignee.casefold() not in people:
        return False
    if terms.milestone is not None and (record.milestone or "").casefold() != str(terms.milestone).casefold():
        return False
    return terms.since is None or record.updated_at.date() >= terms.since


def of_kind(record: Record, terms: GitHubSelection) -> bool:
    """Return whether it is an issue, a pull request or a draft as the terms want it."""
    draft = record.item is not None and record.item.draft
    if terms.project is not None and terms.kind is None:
        return True
    kinds = {"issues": not record.pull_request, "pull_requests": record.pull_request, "both": True}
    return kinds[terms.kinds] and not draft


def assert_fields(fields: frozenset[str], connection: str) -> None:
    """Assert that GitHub has the fields that rules ask for.

    Raises:
        FixConfigError: it has not, and which there are.
    """
    offered = (*NUMBERS, *TEXTS)
    for name in sorted(fields.difference(offered)):
        raise FixConfigError(
            f"{connection}: GitHub's items have no field {name!r}: use one of {', '.join(offered)}, or count items; "
            "a number of a project is named by weight in its selection and used as `by: weight`"
        )

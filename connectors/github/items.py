"""GitHub's records in our words: what counts as done, which fields rules may use, which records belong."""

from __future__ import annotations

from decimal import Decimal

from connectors.github.options import GitHubSelection
from connectors.github.records import Record
from mapping.errors import FixConfigError, SkipRecordError
from mapping.words import ItemState, WorkItem

NUMBERS = ("comments",)
TEXTS = ("milestone", "repository")
"""What rules may ask for beside what every work item has."""

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
    texts = {"milestone": record.milestone, "repository": record.repo}
    return WorkItem(
        connection=connection,
        id=record.id,
        key=key_of(record),
        title=record.title,
        state=state,
        updated_at=record.updated_at,
        kind=kind_of(record),
        status=status,
        status_id=status,
        resolution=record.reason if record.closed else "",
        url=record.url,
        parent=record.parent,
        labels=record.labels,
        assignee=record.assignee,
        created_at=record.created_at,
        done_at=record.closed_at if state is ItemState.DONE else None,
        numbers={"comments": Decimal(record.comments)} if "comments" in fields else {},
        fields={name: text for name in TEXTS if name in fields and (text := texts[name])},
    )


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
    """Return ``pull_request``, or the issue's type in lower case, or ``issue`` where it has none."""
    if record.pull_request:
        return "pull_request"
    return record.type.lower() if record.type else "issue"


def key_of(record: Record) -> str:
    """Return what people call it: ``acme/shop#4``, by the repository's name of today."""
    return f"{record.repo}#{record.number}"


def belongs(record: Record, terms: GitHubSelection) -> bool:
    """Return whether a record that GitHub listed is of the kind wanted and has all the labels.

    GitHub's two APIs do not filter by several labels alike, and the REST one cannot name a label with a comma.
    """
    kinds = {"issues": not record.pull_request, "pull_requests": record.pull_request, "both": True}
    labels = {label.casefold() for label in record.labels}
    return kinds[terms.kind] and all(label.casefold() in labels for label in terms.labels)


def assert_fields(fields: frozenset[str], connection: str) -> None:
    """Assert that GitHub has the fields that rules ask for.

    Raises:
        FixConfigError: it has not, and which there are.
    """
    offered = (*NUMBERS, *TEXTS)
    for name in sorted(fields.difference(offered)):
        raise FixConfigError(
            f"{connection}: GitHub's items have no field {name!r}: use one of {', '.join(offered)}, or count items"
        )

"""From the events of an issue to its past changes: a state machine over what GitHub remembers, ending at what is.

``closed_at`` tells only of the latest closing, so the state of the past is replayed from the events. Events are not
always in pairs: an issue may be closed twice in a row (its reason was changed), or be open today without any event that
says so. https://docs.github.com/en/rest/using-the-rest-api/issue-event-types
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.github.items import DONE_REASONS, WONT_DO_REASONS, key_of, kind_of, state_of
from connectors.github.records import Record
from mapping.errors import SkipRecordError
from mapping.words import ItemState, PastChange

DRAFTS = {"converted_to_draft": "draft", "ready_for_review": "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, whichever way it came. ``kind`` is GitHub's name of it in the REST API."""

    at: datetime
    kind: str
    value: str | None = None
    """What it is about: the label, the reason of closing, the milestone, the parent's id, the new type or status."""
    old: str | None = None
    """What was there before, where GitHub says so."""


class Replay:
    """Replays the events of one item."""

    def __init__(self, record: Record, connection: str, fields: frozenset[str]) -> None:
        self._record = record
        self._connection = connection
        self._item = record.item.id if record.item else record.id
        self._fields = fields

    def changes(self, events: Iterable[Event]) -> list[PastChange]:
        """Return the changes, oldest first.

        Raises:
            SkipRecordError: it was closed for a reason that okrsync does not know.
        """
        ordered = sorted(events, key=lambda event: event.at)
        found = [*self._states(ordered), *self._labels(ordered), *self._kinds(ordered), *self._parents(ordered)]
        found += [
            self._change(event.at, "status", event.old or None, event.value)
            for event in ordered
            if event.kind == "project_v2_item_status_changed"
        ]
        if "milestone" in self._fields:
            found += self._milestones(ordered)
        if "repository" in self._fields:
            found += [
                self._change(event.at, "fields.repository", event.old, self._record.repo)
                for event in ordered
                if event.kind == "transferred"
            ]
        return sorted(found, key=lambda change: change.at)

    def _states(self, events: Sequence[Event]) -> Iterable[PastChange]:
        """Give state, status and resolution, which change together, and end at what they are now."""
        before = self._opened(events)
        for event, final in self._closings(events):
            after = self._after(before, event, final=final)
            yield from self._differences(event.at, before, after)
            before = after
        now = self._now()
        if before[0] is not now[0]:
            record = self._record
            at = (record.closed_at or record.updated_at) if record.closed else record.updated_at
            yield from self._differences(at, before, now)

    def _closings(self, events: Sequence[Event]) -> Iterable[tuple[Event, bool]]:
        """Give the events of state, each with whether it was never undone."""
        of_state = [one for one in events if one.kind in ("closed", "reopened", "merged", *DRAFTS)]
        for number, event in enumerate(of_state):
            yield event, all(one.kind != "reopened" for one in of_state[number:])

    def _opened(self, events: Sequence[Event]) -> tuple[ItemState, str, str | None]:
        if not self._record.pull_request:
            return ItemState.TODO, "open", None
        drafts = [event.kind for event in events if event.kind in DRAFTS]
        began_as_draft = drafts[0] == "ready_for_review" if drafts else self._record.draft
        return ItemState.IN_PROGRESS, "draft" if began_as_draft else "open", None

    def _after(
        self, before: tuple[ItemState, str, str | None], event: Event, *, final: bool
    ) -> tuple[ItemState, str, str | None]:
        state, status, _ = before
        if event.kind == "merged" or (event.kind == "closed" and final and self._record.merged):
            return ItemState.DONE, "merged", None  # a merge closes as well, and older lists lack the merge
        if event.kind == "reopened":
            return (ItemState.IN_PROGRESS if self._record.pull_request else ItemState.TODO), "open", None
        if event.kind in DRAFTS:
            return (state, DRAFTS[event.kind], None) if status in ("open", "draft") else before
        if self._record.pull_request:
            return ItemState.WONT_DO, "closed", None
        reason = (event.value or "").lower()
        if not reason and final and self._record.closed:
            reason = self._record.reason  # GitHub has not kept it with the event, but with the issue
        return self._closed_as(reason), "closed", reason or None

    def _closed_as(self, reason: str) -> ItemState:
        if reason in DONE_REASONS:
            return ItemState.DONE
        if reason in WONT_DO_REASONS:
            return ItemState.WONT_DO
        raise SkipRecordError(
            f"{self._connection}: {key_of(self._record)} was once closed as {reason!r}, which okrsync does not know: "
            "look for a newer okrsync"
        )

    def _now(self) -> tuple[ItemState, str, str | None]:
        record = self._record
        status = "merged" if record.merged else "closed" if record.closed else "draft" if record.draft else "open"
        reason = (record.reason or None) if record.closed else None
        return state_of(record, self._connection), status, reason

    def _differences(
        self, at: datetime, before: tuple[ItemState, str, str | None], after: tuple[ItemState, str, str | None]
    ) -> Iterable[PastChange]:
        if before[0] is not after[0]:
            yield self._change(at, "state", before[0].value, after[0].value)
        if before[1] != after[1] and not (self._record.item and self._record.item.status):
            yield self._change(at, "status", before[1], after[1])
        if before[2] != after[2]:
            yield self._change(at, "resolution", before[2], after[2])

    def _labels(self, events: Sequence[Event]) -> Iterable[PastChange]:
        """Undo from the labels of today backwards, so that they are right even where one was renamed or deleted."""
        after = set(self._record.labels)
        found = []
        for event in reversed(events):
            name = event.value or ""
            if event.kind == "labeled" and name in after:
                before = after - {name}
            elif event.kind == "unlabeled" and name not in after:
                before = after | {name}
            else:
                continue
            found.append(self._change(event.at, "labels", _joined(before), _joined(after)))
            after = before
        return reversed(found)

    def _milestones(self, events: Sequence[Event]) -> Iterable[PastChange]:
        current: str | None = None
        for event in events:
            if event.kind not in ("milestoned", "demilestoned"):
                continue
            new = event.value if event.kind == "milestoned" else None
            if new != current:
                yield self._change(event.at, "fields.milestone", current, new)
            current = new

    def _parents(self, events: Sequence[Event]) -> Iterable[PastChange]:
        current: str | None = None
        for event in events:
            if event.kind == "parent_issue_added":
                new = event.value
            elif event.kind == "parent_issue_removed" and event.value in (current, None):
                new = None
            else:
                continue
            if new != current:
                yield self._change(event.at, "parent", current, new)
            current = new

    def _kinds(self, events: Sequence[Event]) -> Iterable[PastChange]:
        usual = "issue"
        typed = [one for one in events if one.kind.startswith("issue_type_")]
        for event in typed:
            old, new = (event.old or usual).lower(), (event.value or usual).lower()
            yield self._change(event.at, "kind", old, new)
        if typed and (typed[-1].value or usual).lower() != kind_of(self._record):
            # The type has another name today; the events keep the one of their time.
            yield self._change(
                self._record.updated_at, "kind", (typed[-1].value or usual).lower(), kind_of(self._record)
            )

    def _change(self, at: datetime, field: str, old: str | None, new: str | None) -> PastChange:
        return PastChange(connection=self._connection, item=self._item, at=at, field=field, old=old, new=new)


def _joined(labels: set[str]) -> str | None:
    return ",".join(sorted(labels)) or None

"""Past changes of items, from their timelines: over GraphQL, or over REST for public repositories without a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.graphql import Connection
from connectors.github.paging import in_order
from connectors.github.projects import PREFIX
from connectors.github.readings import Readings
from connectors.github.records import Instant, Record, from_rest
from connectors.github.timeline import Event, Replay
from connectors.port import OnSkip
from mapping.errors import SkipRecordError
from mapping.words import PastChange

AT_ONCE = 20
"""Items one query asks for, each with up to a hundred events."""
STATUS_CHANGED = "project_v2_item_status_changed"
KINDS = {
    "ClosedEvent": "closed",
    "ReopenedEvent": "reopened",
    "MergedEvent": "merged",
    "LabeledEvent": "labeled",
    "UnlabeledEvent": "unlabeled",
    "MilestonedEvent": "milestoned",
    "DemilestonedEvent": "demilestoned",
    "ParentIssueAddedEvent": "parent_issue_added",
    "ParentIssueRemovedEvent": "parent_issue_removed",
    "IssueTypeAddedEvent": "issue_type_added",
    "IssueTypeChangedEvent": "issue_type_changed",
    "IssueTypeRemovedEvent": "issue_type_removed",
    "TransferredEvent": "transferred",
    "ConvertToDraftEvent": "converted_to_draft",
    "ReadyForReviewEvent": "ready_for_review",
    "ProjectV2ItemStatusChangedEvent": STATUS_CHANGED,
}
"""GraphQL's names of events to those of the REST API, which ``timeline`` uses."""


class _Named(Struct, frozen=True):
    name: str


class _Id(Struct, frozen=True):
    id: str


class _Repository(Struct, frozen=True, rename="camel"):
    name_with_owner: str


class _Node(Struct, frozen=True, rename="camel", kw_only=True):
    typename: str = msgspec.field(name="__typename")
    created_at: Instant
    state_reason: str | None = None
    label: _Named | None = None
    milestone_title: str | None = None
    previous_status: str | None = None
    status: str | None = None
    project: _Id | None = None
    parent: _Id | None = None
    issue_type: _Named | None = None
    prev_issue_type: _Named | None = None
    from_repository: _Repository | None = None


class _WithTimeline(Struct, frozen=True):
    timeline: Connection | None = None


class _Item(Struct, frozen=True):
    content: _WithTimeline | None = None


class _Title(Struct, frozen=True):
    title: str


class _NodeId(Struct, frozen=True):
    node_id: str | None = None


class _RestEvent(Struct, frozen=True):
    event: str = ""
    created_at: Instant | None = None
    state_reason: str | None = None
    label: _Named | None = None
    milestone: _Title | None = None
    issue_type: _Named | None = None
    prev_issue_type: _Named | None = None
    parent_issue: _NodeId | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """An item and the events that are about it."""

    record: Record
    nodes: Sequence[Raw]
    project: str | None
    """Id of the project whose status is the item's."""


class Histories:
    """Reads the histories of items of one connection."""

    def __init__(self, client: GitHubClient, readings: Readings) -> None:
        self._client = client
        self._readings = readings

    async def changes(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[list[PastChange]]:
        """Stream the changes, oldest first within an item; of an item that is gone there are none."""
        wanted = list(dict.fromkeys(ids))
        if not self._readings.can_graphql:
            async for changes in self._by_rest(wanted, fields, on_skip):
                yield changes
            return
        issues = [id_ for id_ in wanted if not id_.startswith(PREFIX)]
        placed = [id_ for id_ in wanted if id_.startswith(PREFIX)]
        for query, part in ((queries.TIMELINES, issues), (queries.ITEM_TIMELINES, placed)):
            groups = [part[start : start + AT_ONCE] for start in range(0, len(part), AT_ONCE)]

            async def ask(group: list[str], query: str = query) -> list[PastChange]:
                return await self._group(query, group, fields, on_skip)

            async for changes in in_order(groups, ask, self._client.in_flight):
                yield changes

    async def _group(self, query: str, group: list[str], fields: frozenset[str], on_skip: OnSkip) -> list[PastChange]:
        found: list[PastChange] = []
        nodes = await self._client.graphql.nodes(query, group)
        for id_, raw in zip(group, nodes, strict=True):
            told = await self._told(query, id_, raw, on_skip)
            if told is not None:
                events = [event for node in told.nodes if (event := _event(node, told.project))]
                found += self._replayed(told.record, events, fields, on_skip)
        return found

    async def _told(self, query: str, id_: str, raw: Raw, on_skip: OnSkip) -> _Told | None:
        if query is queries.ITEM_TIMELINES:
            placed = self._readings.projects.placed(raw, on_skip)
            if placed is None:
                return None
            content = msgspec.json.decode(raw, type=_Item).content
            timeline = content.timeline if content else None
            return _Told(placed.record, await self._whole(query, id_, timeline), placed.told)
        record = self._readings.reader.node(raw, on_skip)
        if record is None:
            return None
        timeline = msgspec.json.decode(raw, type=_WithTimeline).timeline
        return _Told(record, await self._whole(query, id_, timeline), None)

    async def _whole(self, query: str, id_: str, timeline: Connection | None) -> list[Raw]:
        """Return all the events, asking for the pages after the first one by one."""
        graphql, nodes, seen = self._client.graphql, list[Raw](), set[str]()
        while timeline is not None:
            nodes += timeline.nodes
            after = graphql.following(timeline.page_info, seen, f"the timeline of {id_}")
            if after is None:
                break
            (raw,) = await graphql.nodes(query, [id_], {"after": after})
            if bytes(raw) == b"null":
                break
            if query is queries.ITEM_TIMELINES:
                content = msgspec.json.decode(raw, type=_Item).content
                timeline = content.timeline if content else None
            else:
                timeline = msgspec.json.decode(raw, type=_WithTimeline).timeline
        return nodes

    async def _by_rest(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[list[PastChange]]:
        """Stream the changes of items whose addresses the mirror knows; the REST API knows no items by their id."""
        addresses = self._client.addresses(ids)

        async def ask(id_: str) -> list[PastChange]:
            reply = await self._client.http.request("GET", addresses[id_], accept=(404, 410))
            if reply.status in (404, 410):
                return []
            record = self._readings.reader.read(reply.decode(Raw), "item ", from_rest, on_skip)
            if record is None or record.id != id_:
                return []
            pages = self._client.pages.stream(f"{addresses[id_]}/timeline", {}, list[Raw])
            events = [event async for page in pages for raw in page if (event := rest_event(raw))]
            return self._replayed(record, events, fields, on_skip)

        async for changes in in_order(list(addresses), ask, self._client.in_flight):
            yield changes

    def _replayed(
        self, record: Record, events: Sequence[Event], fields: frozenset[str], on_skip: OnSkip
    ) -> list[PastChange]:
        try:
            return Replay(record, self._client.connection, fields).changes(events)
        except SkipRecordError as error:
            on_skip(error)
            return []


def _event(raw: Raw, project: str | None) -> Event | None:
    """Return the event of a node of GraphQL; None for one about something else, or another project's status."""
    node = msgspec.json.decode(raw, type=_Node)
    kind = KINDS.get(node.typename)
    if kind is None:
        return None
    at = node.created_at.astimezone(UTC)
    if kind == STATUS_CHANGED:
        ours = project is not None and node.project is not None and node.project.id == project
        return Event(at=at, kind=kind, value=node.status, old=node.previous_status) if ours else None
    if kind == "transferred":
        return Event(at=at, kind=kind, old=node.from_repository.name_with_owner if node.from_repository else None)
    named = node.label or node.issue_type
    value = named.name if named else node.milestone_title or node.state_reason
    if node.parent is not None:
        value = node.parent.id
    if kind == "issue_type_removed":
        value = None
    return Event(at=at, kind=kind, value=value, old=node.prev_issue_type.name if node.prev_issue_type else None)


def rest_event(raw: Raw) -> Event | None:
    """Return the event of one object of "List timeline events" or "List issue events"; None where it tells nothing."""
    event = msgspec.json.decode(raw, type=_RestEvent)
    if event.event not in KINDS.values() or event.created_at is None:
        return None
    at, old, value = event.created_at.astimezone(UTC), None, event.state_reason
    if event.label or event.issue_type:
        value = (event.label or event.issue_type or _Named("")).name
    elif event.milestone:
        value = event.milestone.title
    elif event.parent_issue:
        value = event.parent_issue.node_id
    if event.event == "issue_type_removed":
        value = None
    if event.event == "issue_type_changed" and event.prev_issue_type:
        old = event.prev_issue_type.name
    elif event.event == "issue_type_removed" and event.issue_type:
        old = event.issue_type.name
    return Event(at=at, kind=event.event, value=value, old=old)

"""Projects (Projects v2): all items of one, with a number field as their weight and a single-select as their status.

Items are keyed by their id in the project, not by the issue's: the same issue may weigh something else in another
project, and a draft is no issue yet.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import Raw, Struct

from connectors.github import queries
from connectors.github.client import GitHubClient
from connectors.github.errors import not_visible
from connectors.github.filters import nearest
from connectors.github.graphql import PAGE, Connection, TooHeavyError
from connectors.github.items import NUMBERS, TEXTS, belongs
from connectors.github.project_records import Board, Field, Placed, RedactedError, placed, project_of
from connectors.github.records import Record
from connectors.github.selection import PROJECT, GitHubSelection
from connectors.port import OnSkip
from mapping.errors import FixConfigError, PartialReadError, SkipRecordError

PREFIX = "PVTI_"
"""How GitHub's ids of project items begin."""
BUILT_IN_STATUS = "status"
SINGLE_SELECT, NUMBER = "SINGLE_SELECT", "NUMBER"


class _Fields(Struct, frozen=True):
    nodes: list[Field]


class _Project(Struct, frozen=True):
    id: str
    title: str
    fields: _Fields


class _Owner(Struct, frozen=True, rename="camel"):
    project_v2: _Project | None = msgspec.field(default=None, name="projectV2")


class _ProjectData(Struct, frozen=True, rename="camel"):
    repository_owner: _Owner | None


class _ItemsOf(Struct, frozen=True):
    items: Connection


class _ItemsData(Struct, frozen=True):
    node: _ItemsOf | None


class Projects:
    """Reads projects of one connection."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._boards: dict[str, Board] = {}
        """By node id, as they were read last."""

    async def records(
        self, terms: GitHubSelection, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[list[Record]]:
        """Stream what belongs, in the order of the project; those with a parent in the project at the end.

        Raises:
            FixConfigError: the project or a field is not there, or not for us.
            PartialReadError: the end was not reached.
        """
        board = await self.board(terms, fields)
        inside: dict[str, str] = {}
        waiting: list[Record] = []
        async for page in self._pages(board):
            found = [one for raw in page if (one := self._read(raw, board, on_skip)) is not None]
            ready: list[Record] = []
            for one in found:
                inside[one.record.id] = one.record.item.id if one.record.item else one.record.id
                if (one.archived and not terms.archived) or not belongs(one.record, terms):
                    continue
                (waiting if one.record.parent else ready).append(one.record)
            yield ready
        yield [
            msgspec.structs.replace(record, parent=inside.get(record.parent or "", record.parent)) for record in waiting
        ]

    async def by_ids(self, ids: Sequence[str], on_skip: OnSkip) -> list[Record]:
        """Return the items with these ids (100 at most); what is gone or hidden is absent."""
        nodes = await self._client.graphql.nodes(queries.ITEMS_BY_ID, ids)
        return [one.record for raw in nodes if (one := self.placed(raw, on_skip))]

    def placed(self, raw: Raw, on_skip: OnSkip) -> Placed | None:
        """Return the record of an item as its project was read last; None when it is gone or cannot be read."""
        if bytes(raw) == b"null":
            return None
        try:
            id_ = project_of(raw)
        except msgspec.MsgspecError as error:
            on_skip(self._skipped("an item of a project", error))
            return None
        board = self._boards.get(id_) or Board(id=id_, name="project", title="", weight=None, status=None)
        return self._read(raw, board, on_skip)

    async def board(self, terms: GitHubSelection, fields: frozenset[str]) -> Board:
        """Return the project with the fields that the terms and the rules name.

        Raises:
            FixConfigError: it is not there, or has no such field; or two selections read it by different fields.
        """
        named = terms.project or ""
        match = PROJECT.fullmatch(named)
        if match is None:
            raise PartialReadError(f"{self._client.connection}: {named!r} is no project: write it as acme/5")
        asked = {"owner": match["owner"], "number": int(match["number"])}
        thing = f"project {named}"
        data = await self._client.graphql.ask(queries.PROJECT, asked, _ProjectData, thing, patient=True)
        project = data.repository_owner.project_v2 if data.repository_owner else None
        if project is None:
            raise not_visible(self._client.connection, thing)
        there = [one for one in project.fields.nodes if one.id]
        weight = self._field(terms.weight, NUMBER, there, named)
        status = self._field(terms.status, SINGLE_SELECT, there, named)
        board = Board(
            id=project.id,
            name=named,
            title=project.title,
            weight=weight.id if weight else None,
            status=status.id if status else None,
            status_has_events=status is not None and status.name.casefold() == BUILT_IN_STATUS,
            wanted=self._wanted(fields, there, terms),
        )
        known = self._boards.setdefault(board.id, board)
        if (known.weight, known.status) != (board.weight, board.status):
            raise FixConfigError(
                f"{self._client.connection}: project {named} is read by different fields for weight or status: "
                "name one pair in all its selections, or make a second connection for the other"
            )
        return board

    def _field(self, wanted: str | None, kind: str, there: Sequence[Field], project: str) -> Field | None:
        if wanted is None:
            return None
        of_kind = [one for one in there if one.data_type == kind]
        for one in of_kind:
            if wanted == one.id or wanted.casefold() == one.name.casefold():
                return one
        what = "number field" if kind == NUMBER else "single-select field"
        names = nearest(wanted, (one.name for one in of_kind))
        raise FixConfigError(
            f"{self._client.connection}: project {project} has no {what} {wanted!r}: "
            + (f"use one of {names}" if names else f"it has no {what} at all")
        )

    def _wanted(self, fields: frozenset[str], there: Sequence[Field], terms: GitHubSelection) -> dict[str, str]:
        """Return the project's fields that rules ask for by name or id; a weight in the terms allows other names."""
        wanted: dict[str, str] = {}
        for name in sorted(fields.difference(NUMBERS, TEXTS)):
            found = next((one for one in there if name == one.id or name.casefold() == one.name.casefold()), None)
            if found is not None:
                wanted[found.id] = name
            elif terms.weight is None:
                names = nearest(name, [*(one.name for one in there), *NUMBERS, *TEXTS])
                raise FixConfigError(
                    f"{self._client.connection}: project {terms.project} has no field {name!r}: use one of {names}"
                )
        return wanted

    async def _pages(self, board: Board) -> AsyncIterator[list[Raw]]:
        graphql, first, after, seen = self._client.graphql, PAGE, None, set[str]()
        while True:
            asked = {"id": board.id, "first": first, "after": after}
            try:
                data = await graphql.ask(queries.PROJECT_ITEMS, asked, _ItemsData, board.name, patient=False)
            except TooHeavyError as error:
                first = graphql.smaller(first, f"items of project {board.name}", error)
                continue
            if data.node is None:
                raise PartialReadError(f"{self._client.connection}: project {board.name} went away while it was read")
            yield data.node.items.nodes
            after = graphql.following(data.node.items.page_info, seen, f"project {board.name}")
            if after is None:
                return

    def _read(self, raw: Raw, board: Board, on_skip: OnSkip) -> Placed | None:
        try:
            return placed(raw, board)
        except (msgspec.MsgspecError, RedactedError) as error:
            on_skip(self._skipped(f"an item of project {board.name}", error))
            return None

    def _skipped(self, what: str, error: Exception) -> SkipRecordError:
        skipped = SkipRecordError(f"{self._client.connection}: {what} cannot be read: {error}")
        skipped.__cause__ = error
        return skipped

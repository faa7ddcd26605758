"""In which field a team estimates: its board says so, in whatever language and under whatever name.

https://developer.atlassian.com/cloud/jira/software/rest/api-group-board/ and, the same on Data Center,
https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-board/
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from connectors.jira.refusals import NotThereError
from connectors.jira.wire import Wire
from mapping.errors import FixConfigError

ASKED = 8
"""So many boards are asked when none is named: enough to see whether teams agree."""
TIME_FIELDS = frozenset({"timeoriginalestimate", "timeestimate", "timespent"})


class _Field(msgspec.Struct, frozen=True, rename="camel"):
    field_id: str
    display_name: str = ""


class _Estimation(msgspec.Struct, frozen=True):
    type: str = "none"
    field: _Field | None = None


class _Configuration(msgspec.Struct, frozen=True):
    name: str = ""
    estimation: _Estimation = _Estimation()


class _Board(msgspec.Struct, frozen=True):
    id: int


class _Boards(msgspec.Struct, frozen=True):
    values: list[_Board] = []


class Boards:
    """Asks boards for their estimation field."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def field_of(self, board: int) -> str:
        """Return the id of the field that a board estimates in.

        Raises:
            FixConfigError: no such board, or it counts issues or hours.
        """
        options = self._wire.options
        what = f"board {board} visible to {options.account}: deleted, mistyped, or no permission"
        reply = await self._wire.visible(_configuration(board), what)
        configuration = reply.decode(_Configuration)
        field = configuration.estimation.field
        if field is None or field.field_id in TIME_FIELDS:
            by = "time" if field is not None else "the number of issues"
            raise FixConfigError(
                f"{self._wire.connection}: board {board} ({configuration.name}) estimates by {by}, not by points: "
                "name another board, or the field with story_points"
            )
        return field.field_id

    async def fields(self) -> Mapping[str, Sequence[str]]:
        """Return the fields that the first boards estimate in, by id, with the boards' names; empty without boards.

        An account that may see no board is no fault: fields are then told apart by their kinds.
        """
        try:
            params: dict[str, str | int] = {"type": "scrum", "maxResults": ASKED}
            listed = (await self._wire.request("GET", "rest/agile/1.0/board", params=params)).decode(_Boards)
        except FixConfigError:
            return {}
        asked = (self._asked(board.id) for board in listed.values[:ASKED])
        found: dict[str, list[str]] = {}
        for configuration in await asyncio.gather(*asked):
            field = configuration.estimation.field
            if field is not None and field.field_id not in TIME_FIELDS:
                found.setdefault(field.field_id, []).append(configuration.name)
        return found

    async def _asked(self, board: int) -> _Configuration:
        try:
            return (await self._wire.request("GET", _configuration(board))).decode(_Configuration)
        except NotThereError:
            return _Configuration()  # deleted since it was listed


def _configuration(board: int) -> str:
    return f"rest/agile/1.0/board/{board}/configuration"

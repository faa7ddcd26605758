"""Asana's goals to be imported: from a connection, or from a file of the API's answer.

https://developers.asana.com/reference/getgoals · https://developers.asana.com/reference/getparentgoalsforgoal
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from connectors.asana.client import AsanaClient
from connectors.asana.options import AsanaOptions
from connectors.asana.places import Places
from connectors.asana.records import Named
from connectors.port import Surroundings
from mapping.errors import FixConfigError

FIELDS = (
    "name",
    "due_on",
    "start_on",
    "owner.name",
    "team.name",
    "status",
    "time_period.display_name",
    "time_period.start_on",
    "time_period.end_on",
    "metric.unit",
    "metric.currency_code",
    "metric.initial_number_value",
    "metric.target_number_value",
    "metric.current_number_value",
    "metric.progress_source",
    "current_status_update.title",
)
"""What to ask for (``opt_fields``)."""
SAID = ("title", "text", "status_type", "created_at", "author.name")


class Span(Struct, frozen=True):
    """A time period; both days belong to it."""

    display_name: str = ""
    start_on: str | None = None
    end_on: str | None = None


class Numbers(Struct, frozen=True):
    """A goal's metric. Percentages are fractions."""

    unit: str = "none"
    currency_code: str | None = None
    progress_source: str = ""
    initial_number_value: Decimal | None = None
    target_number_value: Decimal | None = None
    current_number_value: Decimal | None = None


class Said(Struct, frozen=True):
    """The latest status update. A list of goals gives its title alone; the rest is asked for."""

    gid: str = ""
    created_at: str | None = None
    author: Named | None = None
    title: str = ""


class Goal(Struct, frozen=True):
    """A goal, as far as it is read."""

    gid: str
    name: str = ""
    due_on: str | None = None
    start_on: str | None = None
    owner: Named | None = None
    team: Named | None = None
    status: str | None = None
    time_period: Span | None = None
    metric: Numbers | None = None
    current_status_update: Said | None = None
    parents: list[Named] = []


class _Answer(Struct, frozen=True):
    data: list[Goal]


def goals_in(content: bytes, said: str) -> list[Goal]:
    """Return the goals of the API's answer ``{"data": [...]}``, or of the list alone.

    Args:
        content: JSON.
        said: where it is from, for people.

    Raises:
        FixConfigError: it is something else.
    """
    try:
        if content.lstrip().startswith(b"["):
            return msgspec.json.decode(content, type=list[Goal])
        return msgspec.json.decode(content, type=_Answer).data
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FixConfigError(f"{said} is no list of goals as Asana's API gives it: {error}") from error


async def goals_of(options: AsanaOptions, surroundings: Surroundings) -> list[Goal]:
    """Return the goals of a connection's workspace that its account may see, each with those that it supports.

    Raises:
        FixConfigError: the token is refused, or there are several workspaces and none is named.
        TryAgainError: Asana is busy or away.
        PartialReadError: the end of the list was not reached.
    """
    client = AsanaClient(options, surroundings)
    try:
        workspace = options.workspace
        found = await Places(client, None if workspace is None else str(workspace)).workspace()
        what = f"the goals of workspace {found.name or found.gid}"
        goals = await client.listed("/goals", FIELDS, Goal, what=what, params={"workspace": found.gid})
        return list(await asyncio.gather(*(_whole(client, goal) for goal in goals)))
    finally:
        await client.aclose()


async def _whole(client: AsanaClient, goal: Goal) -> Goal:
    what = f"the goals above goal {goal.gid}"
    raw = await client.one(f"/goals/{quote(goal.gid, safe='')}/parentGoals", ("name",), what=what)
    parents = client.decode(raw, list[Named], what)
    last = goal.current_status_update
    if last is not None and last.gid:
        what = f"the status of goal {goal.gid}"
        raw = await client.one(f"/status_updates/{quote(last.gid, safe='')}", SAID, what=what)
        last = client.decode(raw, Said, what)
    return replace(goal, parents=parents, current_status_update=last)

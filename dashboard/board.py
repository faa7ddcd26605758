"""The overview arranged for reading: by team, counted by status, and what moved last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.reader import Reader
from dashboard.vocabulary import SUMMARY_ORDER
from mapping.check_ins import CauseKind, CheckIn, CheckInKind
from mapping.standing import ObjectiveStanding, Overview, Standing
from mapping.status import Status

MOVES_SHOWN = 6
HISTORIES_READ = 3 * MOVES_SHOWN
"""So many of the latest changes are looked at; among first readings no move may be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many key results have a status, and where its stretch of the summary bar lies (shares of the width)."""

    status: Status
    count: int
    start: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The objectives of one team; None for those that name none."""

    name: str | None
    objectives: tuple[ObjectiveStanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A check-in and the one it followed; None for the first."""

    check_in: CheckIn
    before: CheckIn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The last change of one key result's value, with what stood before."""

    standing: Standing
    before: CheckIn
    after: CheckIn


def counts(standings: Sequence[Standing]) -> Counter[Status]:
    """Return how many key results have each status; 0 for those that none has."""
    return Counter(standing.status for standing in standings)


def tallies(standings: Sequence[Standing]) -> tuple[Tally, ...]:
    """Return the statuses that occur, from good to unknown."""
    by_status = counts(standings)
    found: list[Tally] = []
    start = Decimal(0)
    for status in SUMMARY_ORDER:
        if by_status[status]:
            share = Decimal(by_status[status]) / len(standings)
            found.append(Tally(status=status, count=by_status[status], start=start, share=share))
            start += share
    return tuple(found)


def standings_of(overview: Overview) -> list[Standing]:
    """Return all key results of a cycle, in the order of their objectives."""
    return [standing for objective in overview.objectives for standing in objective.key_results]


def teams(objectives: Sequence[ObjectiveStanding], status: Status | None = None) -> tuple[Team, ...]:
    """Return objectives by team, teams in the order of their first objective.

    Args:
        objectives: in the order of the rules.
        status: keep only objectives that have a key result of this status.
    """
    by_team: dict[str | None, list[ObjectiveStanding]] = {}
    for objective in objectives:
        if status is None or any(standing.status is status for standing in objective.key_results):
            by_team.setdefault(objective.team, []).append(objective)
    return tuple(Team(name=name, objectives=tuple(members)) for name, members in by_team.items())


def moves(overview: Overview, reader: Reader) -> tuple[Move, ...]:
    """Return the latest changes of values, newest first; a first reading moves nothing."""
    changed = sorted(
        ((standing.changed_at, standing) for standing in standings_of(overview) if standing.changed_at is not None),
        key=lambda pair: pair[0],
        reverse=True,
    )
    found: list[Move] = []
    for _at, standing in changed[:HISTORIES_READ]:
        if len(found) == MOVES_SHOWN:
            break
        move = last_move(standing, reader.history(standing.key_result))
        if move is not None:
            found.append(move)
    return tuple(found)


def last_move(standing: Standing, history: Sequence[CheckIn]) -> Move | None:
    """Return the change that the newest two check-ins make; None for a first reading or a value that was confirmed."""
    shown = _shown(standing, history)
    if len(shown) < 2 or any(cause.kind is CauseKind.FIRST for cause in shown[0].causes):
        return None
    if shown[0].value == shown[1].value:
        return None
    return Move(standing=standing, before=shown[1], after=shown[0])


def _shown(standing: Standing, history: Sequence[CheckIn]) -> Sequence[CheckIn]:
    """Return the check-ins that lead to the value shown: without people's where the automatic one counts again."""
    measured = [each for each in history if each.kind is not CheckInKind.BY_HAND]
    return measured if measured and standing.automatic is None else history

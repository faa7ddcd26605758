"""Lint: how many of everything there is, how long a cycle lasts, and who answers for what."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Hashable, Iterator
from datetime import date
from typing import TypeVar

from mapping.lint.finding import Case, Finding, Subject
from mapping.rules import Guard, KeyResult, Objective

FEWEST_KEY_RESULTS, MOST_KEY_RESULTS = 2, 5
FEWEST_COMPANY, MOST_COMPANY = 3, 5
MOST_OF_ONE = 3
SHORTEST, LONGEST = 3, 12
"""Months."""

K = TypeVar("K", bound=Hashable)


def key_results_of_an_objective(case: Case) -> Iterator[Finding]:
    """2 to 5 key results an objective."""
    for each in case.open:
        count = len(each.key_results)
        if count < FEWEST_KEY_RESULTS:
            what = f"{each.id} has {_counted(count, 'key result')}"
            fix = f"add {FEWEST_KEY_RESULTS - count} more, such as a number that keeps the first one honest"
            yield Finding("OKR010", Subject.of(each), what, fix)
        if count > MOST_KEY_RESULTS:
            fix = f"keep the {MOST_KEY_RESULTS} that say most, or make two objectives of it"
            yield Finding("OKR011", Subject.of(each), f"{each.id} has {count} key results", fix)


def company_objectives(case: Case) -> Iterator[Finding]:
    """3 to 5 company objectives a cycle, where there are any."""
    for cycle, found in _grouped((each.cycle, each) for each in case.open if each.level == "company"):
        said = f"cycle {cycle.id} has {_counted(len(found), 'company objective')}"
        if len(found) < FEWEST_COMPANY:
            fix = f"a company has {FEWEST_COMPANY} to {MOST_COMPANY}: add what else it is heading for"
            yield Finding("OKR012", Subject.of(cycle), said, fix)
        if len(found) > MOST_COMPANY:
            fix = f"keep {MOST_COMPANY}, and let teams have the others (level: team)"
            yield Finding("OKR013", Subject.of(found[MOST_COMPANY]), said, fix)


def objectives_of_one(case: Case) -> Iterator[Finding]:
    """1 to 3 objectives a team, and a person."""
    teams = _grouped(((each.cycle, each.team), each) for each in case.open if each.level == "team" and each.team)
    persons = _grouped(((each.cycle, each.owner), each) for each in case.open if each.level == "person" and each.owner)
    for code, who, groups in (("OKR014", "team", teams), ("OKR015", "person", persons)):
        for (cycle, name), found in groups:
            if len(found) > MOST_OF_ONE:
                what = f"{who} {name} has {len(found)} objectives in cycle {cycle.id}"
                fix = f"keep {MOST_OF_ONE}, and leave the others to the next cycle"
                yield Finding(code, Subject.of(found[MOST_OF_ONE]), what, fix)


def length_of_cycles(case: Case) -> Iterator[Finding]:
    """Cycles of 3 to 12 months."""
    for cycle in dict.fromkeys(each.cycle for each in case.open):
        span = f"cycle {cycle.id} lasts {(cycle.ends_on - cycle.starts_on).days} days"
        if months_later(cycle.starts_on, SHORTEST) > cycle.ends_on:
            fix = f"let it last {SHORTEST} months at least, and check in more often instead"
            yield Finding("OKR016", Subject.of(cycle, "ends_on"), span, fix)
        if months_later(cycle.starts_on, LONGEST) < cycle.ends_on:
            yield Finding("OKR017", Subject.of(cycle, "ends_on"), span, "make a year of it, or quarters")


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last.

    >>> months_later(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + year, month + 1)[1]
    return date(day.year + year, month + 1, min(day.day, last))


def owners(case: Case) -> Iterator[Finding]:
    """Somebody answers for every key result; one without an owner has its objective's."""
    for each in case.open:
        if not each.owner and not each.team:
            fix = "add owner: (a person's e-mail address) or team:"
            yield Finding("OKR021", Subject.of(each), f"{each.id} has no owner and no team", fix)
    for objective, key_result in case.key_results():
        if _owner(objective, key_result):
            continue
        what = f"neither {key_result.id} nor its objective has an owner"
        yield Finding("OKR020", Subject.of(key_result), what, "add owner: with a person's e-mail address")
        if is_off(key_result.guard):
            what = f"the guard of {key_result.id} is off, and nobody would see a wrong value"
            yield Finding("OKR022", Subject.of(key_result, "guard"), what, "add an owner, or take guard: none away")


def _owner(objective: Objective, key_result: KeyResult) -> str | None:
    return key_result.owner or objective.owner


def is_off(guard: Guard) -> bool:
    """Return whether a guard lets everything pass."""
    return guard.shrink is None and guard.jump is None and not guard.flip


def _grouped(pairs: Iterator[tuple[K, Objective]]) -> list[tuple[K, list[Objective]]]:
    found: dict[K, list[Objective]] = {}
    for key, each in pairs:
        found.setdefault(key, []).append(each)
    return list(found.items())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count or 'no'} {noun}s"

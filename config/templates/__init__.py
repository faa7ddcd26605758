"""A commented start for people who write their first rules: `okrsync init`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from connectors import registry
from mapping.draft.drafting import draft
from mapping.draft.rule import rule_lines
from mapping.errors import FixConfigError

START = ("jira", "github", "spreadsheet")
"""The connectors of a start for which none is named."""
_FOLDER = Path(__file__).parent
_MONTHS_A_QUARTER = 3
_CYCLES = """\
cycles:
  # Half-open: the second day belongs to the next cycle.
  {cycle}: {{starts_on: {starts_on}, ends_on: {ends_on}}}
"""
_TOGETHER = 2
"""So many connectors give the key results of one objective, which should have no more than five."""
_OBJECTIVES = """\
objectives:
  # Key results are addressed as objective/key-result: {address}.
"""
_OBJECTIVE = """\
  objective-{number}:
    title: What we want to reach, in a sentence
    cycle: {cycle}
    team: our-team
    # Who answers for it; a key result may have an owner of its own.
    owner: you@example.com
    # committed: 100 % is expected; aspirational: 70 % is a success.
    kind: aspirational
    key_results:
"""


def init(connectors: Sequence[str], *, today: date | None = None, sentences: Sequence[str] = ()) -> str:
    """Return a rules file for these connectors, with the quarter that ``today`` lies in as its cycle.

    Each of ``sentences`` becomes a key result after those of the templates, with a drafted metric and a borrowed
    measure.

    Raises:
        FixConfigError: a connector is unknown or has no template, or none is named; a sentence carries no measure.
    """
    chosen = [registry.connector(name) for name in dict.fromkeys(connectors)]
    if not chosen:
        raise FixConfigError(f"no connector is named: use some of {', '.join(registry.names())}")
    cycle, starts_on, ends_on = _quarter(today or datetime.now(UTC).date())
    key_results = [_part(each.name, "key_results") for each in chosen]
    first = key_results[0].split(":", 1)[0].strip()
    parts = (
        (_FOLDER / "head.yaml").read_text(encoding="utf-8"),
        "connections:\n" + "".join(_part(each.name, "connection") for each in chosen),
        _CYCLES.format(cycle=cycle, starts_on=starts_on, ends_on=ends_on),
        _OBJECTIVES.format(address=f"objective-1/{first}")
        + "".join(_objectives(key_results, cycle))
        + _drafted(sentences, key_results[-1]),
    )
    return "\n".join(parts)


def _objectives(key_results: Sequence[str], cycle: str) -> Iterator[str]:
    """Yield objectives with the key results of a few connectors each."""
    for number, start in enumerate(range(0, len(key_results), _TOGETHER), 1):
        yield _OBJECTIVE.format(number=number, cycle=cycle) + "".join(key_results[start : start + _TOGETHER])


def _drafted(sentences: Sequence[str], key_results: str) -> str:
    """Return the key results that sentences state, each with the last measure of the templates until it has its own."""
    measure = [line.strip() for line in key_results.splitlines() if line.strip().startswith("measure:")][-1]
    lines: list[str] = []
    for number, sentence in enumerate(sentences, 1):
        made = draft(sentence)
        if made.kind is None:
            raise FixConfigError(f"{sentence!r} carries no measure. Not told: {'; '.join(made.unclear)}")
        name, *rest = rule_lines(made, sentence)
        lines += [f"{name.removesuffix(':')}-{number}:", *rest, f"  # Reads: {made.sentence}"]
        lines += ["  # Write the measure that gives this number in place of the next line.", f"  {measure}"]
    return "".join(f"      {line}\n" for line in lines)


def _part(connector: str, name: str) -> str:
    path = _FOLDER / f"{connector}.{name}.yaml"
    if not path.is_file():
        raise FixConfigError(f"there is no template for connector {connector}: write its connection as its page says")
    return path.read_text(encoding="utf-8")


def _quarter(day: date) -> tuple[str, date, date]:
    """Return name, first day and first day after the quarter that a day lies in."""
    index = (day.month - 1) // _MONTHS_A_QUARTER
    starts_on = date(day.year, index * _MONTHS_A_QUARTER + 1, 1)
    ends_on = date(day.year + 1, 1, 1) if index == 3 else date(day.year, (index + 1) * _MONTHS_A_QUARTER + 1, 1)
    return f"{day.year}-q{index + 1}", starts_on, ends_on

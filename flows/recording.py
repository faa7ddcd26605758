"""Writes what a key result rests on as a test of its rule, so that a change of the rule shows what it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.load import Config
from config.yaml_nodes import Plain
from mapping.decimals import decimal_text
from mapping.errors import FixConfigError
from mapping.ledger import shared_out
from mapping.measure import leaves_of
from mapping.mirror import Mirror
from mapping.outcome import Outcome, outcome
from mapping.reads import reads
from mapping.rules import Completion, KeyResult, Objective, Series, UnitKind, inner_of, selections_of
from mapping.shares import part_of
from mapping.words import Sample, Selection, WorkItem
from store import Store

ALWAYS_TEXT = ("title", "kind", "status", "status_id", "resolution", "assignee")
INSTANTS = ("created_at", "done_at", "updated_at", "on")
MOST_ITEMS = 5000
"""More make a file that nobody reads, and that is beyond what a file of YAML may hold here."""
BEFORE = timedelta(days=400)
"""Samples older than this before the cycle move nothing; of those before it the last one is kept as well."""


def record(config: Config, store: Store, address: str, *, now: datetime) -> dict[str, Plain]:
    """Return a file of tests with one case: what the key result reads of the mirror, and what that comes to.

    The instant is that of its last measuring, so that the value is the published one where the rule has not changed.

    Raises:
        FixConfigError: no key result of that name, something it draws on was never read, or it draws on too much.
    """
    fresh = store.freshness().get(address)
    mirror: Mirror = store.mirror()
    if fresh is not None and fresh.measured_run is not None and fresh.measured_at is not None:
        mirror, now = store.mirror(fresh.measured_run), fresh.measured_at
    found = {each.id: (each, one) for one in shared_out(config.objectives, mirror, now) for each in one.key_results}
    if address not in found:
        raise FixConfigError(f"no key result {address!r}: there are {', '.join(found)}")
    key_result, objective = found[address]
    unread = [str(each) for each in selections_of(key_result.measure) if not mirror.pulled(each)]
    if unread:
        raise FixConfigError(f"{address} draws on what was never read ({', '.join(unread)}): run `okrsync sync` first")
    count = sum(1 for each in reads(key_result.measure, key_result.metric) for _ in mirror.members(each))
    if count > MOST_ITEMS:
        few = "write a test with a handful of items by hand, as docs/testing-rules.md shows"
        raise FixConfigError(f"{address} rests on {count} items, and a test holds {MOST_ITEMS} at most: {few}")
    recorder = Recorder(key_result, objective, now)
    case: dict[str, Plain] = {"key_result": address, "now": now.isoformat(), **recorder.world(mirror)}
    earlier = [each for each in recorder.earlier(mirror) if each]
    if earlier:
        case["earlier"] = list(earlier)
    case["expect"] = _expected(outcome(key_result, objective, mirror, now), key_result)
    return {"tests": [case]}


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes what one key result reads of a mirror at an instant."""

    key_result: KeyResult
    objective: Objective
    now: datetime

    def world(self, mirror: Mirror) -> dict[str, Plain]:
        """Return the sections of a mirror that are not empty."""
        needed = reads(self.key_result.measure, self.key_result.metric)
        selections = selections_of(self.key_result.measure)
        sections: dict[str, dict[str, Plain]] = {"items": {}, "samples": {}, "left": {}}
        for selection in selections:
            name = _name(selection, selections)
            if selection in needed:
                items = [self._item(each, needed[selection], mirror, selection) for each in mirror.members(selection)]
                sections["items"][name] = list(items)
                left = {} if items else mirror.departed(selection)
                if left:
                    sections["left"][name] = [{"id": id_, "how": str(how)} for id_, how in sorted(left.items())]
            else:
                sections["samples"][name] = [_sample(each) for each in self._samples(mirror, selection)]
        return {name: dict(section) for name, section in sections.items() if section}

    def earlier(self, mirror: Mirror) -> Iterator[dict[str, Plain]]:
        """Yield what runs before left, at the ends of the days at which a scope is frozen."""
        frozen = (each for each in leaves_of(self.key_result.measure) if isinstance(each, Completion))
        for day in sorted({each.frozen_on for each in frozen if each.frozen_on is not None}):
            past = mirror.as_of(_end_of(day, self.objective.cycle.timezone))
            if past is not None:
                yield {"at": day, **self.world(past)}

    def _item(self, item: WorkItem, names: frozenset[str], mirror: Mirror, selection: Selection) -> dict[str, Plain]:
        found: dict[str, Plain] = {"id": item.id}
        if "key" in names:
            found["key"] = item.key
        found["state"] = str(item.state)
        for name in ALWAYS_TEXT:
            if name in names and getattr(item, name):
                found[name] = getattr(item, name)
        for name in INSTANTS:
            at: datetime | None = getattr(item, name)
            if name in names and at is not None:
                found[name] = at.isoformat()
        if item.parent is not None and "parent" in names:
            found["parent"] = item.parent
        if "level" in names:
            found["level"] = item.level
        if "labels" in names and item.labels:
            found["labels"] = list(item.labels)
        numbers = {name: _number(each) for name, each in item.numbers.items() if names & {name, "numbers"}}
        fields: dict[str, Plain] = {name: each for name, each in item.fields.items() if names & {name, "fields"}}
        started = mirror.started(selection).get(item.id)
        part = part_of(self.key_result.shares, item.connection, item.id)
        extras: Mapping[str, Plain] = {
            "numbers": dict(numbers),
            "fields": fields,
            "started_at": None if started is None else started.isoformat(),
            "feeds": [] if part is None else list(part.feeds),
        }
        return found | {name: value for name, value in extras.items() if value}

    def _samples(self, mirror: Mirror, selection: Selection) -> Sequence[Sample]:
        """Return the samples that may matter: those of the last while, and the one before."""
        windows = [each.days for each in _series(self.key_result) if each.days is not None]
        back = max(BEFORE, *(timedelta(days=days) for days in windows)) if windows else BEFORE
        start = datetime.combine(self.objective.cycle.starts_on, time(), UTC) - back
        known = [each for each in mirror.samples(selection) if each.at <= self.now]
        before = [each for each in known if each.at < start]
        return [*before[-1:], *(each for each in known if each.at >= start)]


def _series(key_result: KeyResult) -> Iterable[Series]:
    waiting = [key_result.measure]
    while waiting:
        measure = waiting.pop()
        waiting += inner_of(measure)
        if isinstance(measure, Series):
            yield measure


def _name(selection: Selection, selections: Sequence[Selection]) -> str:
    """Return the connection where one selection alone is of it, else the selection as it is shown."""
    alone = sum(each.connection == selection.connection for each in selections) == 1
    return selection.connection if alone else str(selection)


def _sample(sample: Sample) -> Plain:
    found: dict[str, Plain] = {"at": sample.at.isoformat(), "value": _number(sample.value)}
    return found | ({"unit": sample.unit} if sample.unit is not None else {})


def _end_of(day: date, timezone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))


def _number(value: Decimal) -> Plain:
    """Return a number as YAML writes it: whole ones without a point, and none with an exponent."""
    text = decimal_text(value)
    return int(text) if value == value.to_integral_value() else Decimal(text)


def _expected(found: Outcome, key_result: KeyResult) -> dict[str, Plain]:
    if found.error is not None:
        return {"error": found.error}
    expect: dict[str, Plain] = {}
    if found.value is not None:
        percent = key_result.metric.unit.kind is UnitKind.PERCENT and abs(found.value) > 1
        expect["value"] = f"{decimal_text(found.value * 100)}%" if percent else _number(found.value)
    if found.progress is not None:
        expect["progress"] = _number(found.progress)
    expect["status"] = None if found.status is None else str(found.status)
    expect |= {"items": found.items, "done": found.done, "no_data": found.no_data}
    return {name: value for name, value in expect.items() if value is not None}

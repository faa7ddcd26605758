"""Reads the store for whoever shows it: the command line, JSON and the page get the same objects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

from config.profiles import shipped
from flows.ahead import forecast_of
from flows.earlier import earlier_statuses
from mapping.canonical import rule_from_json, rule_of
from mapping.check_ins import CheckIn, CheckInKind
from mapping.coverage import CoverageReport, coverage
from mapping.curves import Mark
from mapping.delivery import sending
from mapping.effective import Entries
from mapping.errors import OkrsyncError
from mapping.expected import line
from mapping.explanation import Explanation, Query
from mapping.forecast import Forecast
from mapping.gap import gap
from mapping.judging import judgements
from mapping.ledger import shared_out
from mapping.measure import measure_one
from mapping.metric import has_ramp, is_rate
from mapping.people import Comment, Override
from mapping.periods import local_date
from mapping.readings import Reading
from mapping.rollup import judged_by_parts, weighing
from mapping.rules import Completion, Cycle, KeyResult, Objective, Rollup, selections_of
from mapping.runs import RunRecord
from mapping.shares import DoubleCounting
from mapping.standing import Overview, Standing, earlier_of, objective_standing, standing
from mapping.steps import steps
from store import Freshness, Snapshot, Store, StoredMirror

TREND_POINTS = 30
SHOWN_CHECK_INS = 200
SHOWN_DELIVERIES = 20
BRINGING = ("sync", "report")
"""Runs that bring what was measured. A check-in by hand is a run as well, and must not make a number look fresh."""


class UnknownNameError(OkrsyncError, LookupError):
    """There is no cycle or key result of that name."""


class StoreReader:
    """Answers what people ask, from what was last published. It asks no vendor and needs no rules file.

    One question at a time: the page calls from several threads, and reads take milliseconds.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        as_of: datetime | None = None,
    ) -> None:
        """Read a store; as of an instant of the past, under the clock of then, when one is named."""
        self._opened = store
        self._store = store if as_of is None else store.as_of(as_of)
        self._now = now if as_of is None else lambda: as_of
        self._as_of = as_of
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def cycles(self) -> Sequence[Cycle]:
        """Return the cycles of the declared objectives, the latest start first."""
        with self._turn:
            return self._store.cycles()

    def overview(self, cycle: str | None = None) -> Overview:
        """Return a cycle with its objectives as they stand now; None means the running cycle, or the nearest.

        Raises:
            UnknownNameError: no such cycle, or nothing was synced yet.
        """
        now = self._now()
        with self._turn:
            chosen = _choose(self._store.cycles(), cycle, now)
            objectives = self._store.declared(chosen.id)
            key_results = [each for one in objectives for each in one.key_results]
            addresses = [each.id for each in key_results]
            entries, fresh = self._entries(key_results), self._store.freshness(addresses)
            trends = self._store.trend(addresses, TREND_POINTS)
            runs = self._store.runs(1, kinds=BRINGING)
            earlier = earlier_statuses(self._store, objectives, current=True)
            titles = self._store.titles() if any(each.parent for each in objectives) else {}
        stands = {
            each.id: standing(
                each,
                objective,
                entries=entries.get(each.id, Entries()),
                fresh=fresh.get(each.id),
                trend=trends.get(each.id, ()),
                earlier=earlier.get(each.id, ()),
                now=now,
            )
            for objective in objectives
            for each in objective.key_results
        }
        stands |= self._rolled_up(key_results, stands)
        return Overview(
            cycle=chosen,
            as_of=now,
            objectives=tuple(
                objective_standing(one, [stands[each.id] for each in one.key_results], now=now, titles=titles)
                for one in objectives
            ),
            last_run=_by(now, runs[0]) if runs else None,
        )

    def history(self, address: str) -> Sequence[CheckIn]:
        """Return the last check-ins of a key result, newest first, with those that were imported of before."""
        with self._turn:
            self._find(address)
            return self._store.history(address, SHOWN_CHECK_INS, now=self._now())

    def whole_history(self, address: str) -> Sequence[CheckIn]:
        """Return all check-ins of a key result, newest first, with those that were imported of before."""
        with self._turn:
            return self._store.history(address, now=self._now())

    def comments(self, address: str) -> Sequence[Comment]:
        """Return the comments on a key result, oldest first."""
        with self._turn:
            return self._store.comments(address)

    def overrides(self, address: str) -> Sequence[Override]:
        """Return every override of a key result, oldest first, with its check-in."""
        with self._turn:
            return self._store.overrides(address)

    def closed(self, cycle: str, by: datetime) -> Snapshot | None:
        """Return the snapshot of a cycle that had been closed by an instant, else None."""
        with self._turn:
            found = self._store.snapshots().get(cycle)
        return None if found is None or found.closed_at > by else found

    def runs(self, limit: int) -> Sequence[RunRecord]:
        """Return the last syncs and reports of other servers, newest first."""
        with self._turn:
            return [_by(self._now(), each) for each in self._store.runs(limit, kinds=BRINGING)]

    def explain(self, address: str) -> Explanation:
        """Return why a key result's number is what it is.

        Raises:
            UnknownNameError: no such key result.
        """
        now = self._now()
        with self._turn:
            key_result, objective = self._find(address)
            check_ins = self._store.history(address, SHOWN_CHECK_INS, now=now)
            entries = self._entries([key_result]).get(address, Entries())
            fresh = self._store.freshness([address]).get(address)
            last = entries.measured
            mirror, at = self._as_published(fresh, now)
            key_result = self._shared(key_result, objective, mirror, at)
            ruled = _as_ruled(key_result, last)
            reading = self._reading_of(ruled, objective.cycle, last, mirror, at)
            queries = self._queries(key_result, now)
            trend = self._store.trend([address], TREND_POINTS).get(address, ())
            comments = self._store.comments(address)
            review = self._store.reviews(only_open=True).get(address)
            rebuilt = self._store.rebuilt([address])[address]
            deliveries = self._store.deliveries(address, SHOWN_DELIVERIES)
            earlier = earlier_statuses(self._store, [objective], current=True).get(address, ())
            stands = standing(
                key_result, objective, entries=entries, fresh=fresh, trend=trend, earlier=earlier, now=now
            )
            stands = self._rolled_up([key_result], {address: stands}).get(address, stands)
            ahead = forecast_of(self._store, key_result, objective, fresh, now)
            # nothing is known of the open items of a day that was rebuilt, nor of those behind what a person said
            known = stands.automatic is None and (last is None or last.kind is not CheckInKind.REBUILT)
            open_items = gap(key_result, objective, mirror, reading, stands.pace, at) if known else None
        return Explanation(
            standing=stands,
            cycle=objective.cycle.id,
            objective_title=objective.title,
            reading=reading,
            agrees=last is None or last.kind is CheckInKind.REPORTED or reading.value == last.value,
            steps=steps(reading, stands),
            queries=queries,
            rule=ruled.rule,
            rule_version=ruled.rule_version,
            run=last.run if last else None,
            run_at=min(last.at, now) if last else None,
            check_ins=tuple(check_ins),
            comments=tuple(comments),
            review=review,
            rebuilt=tuple(rebuilt),
            expected_line=_expected_line(key_result, objective.cycle),
            forecast=ahead,
            gap=open_items,
            deliveries=tuple(sending(each) for each in deliveries),
            profiles=judgements(stands, key_result, objective, shipped().values(), now),
        )

    def coverage(self, objectives: Sequence[Objective], declared: Sequence[Completion], *, days: int) -> CoverageReport:
        """Return what of the rules and of the work in the mirror is not covered by the other; see mapping.coverage."""
        with self._turn:
            return coverage(objectives, declared, self._store.mirror(), self._now(), days=days)

    def forecasts(self, address: str | None = None) -> Sequence[Forecast]:
        """Return the forecast of one key result, or of all whose cycle is running, in the order of the rules.

        Raises:
            UnknownNameError: no such key result.
        """
        now = self._now()
        with self._turn:
            fresh = self._fresh()
            known = [(each, objective) for objective in self._store.declared() for each in objective.key_results]
            if address is not None:
                known = [self._find(address)]
            found = [forecast_of(self._store, each, objective, fresh.get(each.id), now) for each, objective in known]
        return [each for each in found if each is not None]

    def disagreements(self) -> list[str]:
        """Return the published values that do not come out again when they are measured from the mirror of then."""
        found = []
        with self._turn:
            fresh, entries = self._fresh(), self._store.entries()
            for objective in self._store.declared():
                for each in objective.key_results:
                    last = entries.get(each.id, Entries()).measured
                    if last is None or last.kind is CheckInKind.REPORTED or fresh.get(each.id) is None:
                        continue
                    mirror, at = self._as_published(fresh[each.id], last.at)
                    value = measure_one(_as_ruled(each, last), objective.cycle, mirror, at).value
                    if value != last.value:
                        found.append(f"{each.id}: published {last.value}, measured again {value}")
        return found

    def _entries(self, key_results: Sequence[KeyResult]) -> dict[str, Entries]:
        """Return what is on record of key results; as of a day before the first sync, what was rebuilt of it."""
        found = self._store.entries([each.id for each in key_results])
        if self._as_of is None:
            return found
        lacking = [each for each in key_results if found.get(each.id, Entries()).measured is None]
        rebuilt = self._store.rebuilt([each.id for each in lacking])
        for each in lacking:
            by_then = [reading for reading in rebuilt[each.id] if reading.at <= self._as_of]
            if by_then:
                entries = found.get(each.id, Entries())
                found[each.id] = replace(entries, measured=by_then[-1].as_check_in(each.metric, each.rule))
        return found

    def _reading_of(
        self, key_result: KeyResult, cycle: Cycle, last: CheckIn | None, mirror: StoredMirror, at: datetime
    ) -> Reading:
        """Measure again from the mirror of then; what was rebuilt has no mirror, only its formula and assumptions."""
        if last is None or last.kind is not CheckInKind.REBUILT:
            return measure_one(key_result, cycle, mirror, at, collect=True)
        return Reading(value=last.value, no_data=last.no_data, formula=f"rebuilt from history: {last.formula}")

    def _rolled_up(self, key_results: Iterable[KeyResult], stands: Mapping[str, Standing]) -> dict[str, Standing]:
        """Return the roll-ups among key results with the status of their worst part, which may be of another cycle."""
        found: dict[str, Standing] = {}
        for each in key_results:
            if isinstance(each.measure, Rollup):
                parts = {address: stands.get(address) or self._stand(address) for address in weighing(each.measure)}
                statuses = {address: part.status for address, part in parts.items() if part is not None}
                own = stands[each.id]
                found[each.id] = replace(own, pace=judged_by_parts(each.measure, own.pace, statuses))
        return found

    def _stand(self, address: str) -> Standing | None:
        objective = self._store.objective_of(address)
        if objective is None:
            return None
        return standing(
            objective.key_results[0],
            objective,
            entries=self._store.entries([address]).get(address, Entries()),
            fresh=self._store.freshness([address]).get(address),
            now=self._now(),
        )

    def _fresh(self) -> dict[str, Freshness]:
        return self._store.freshness()

    def _find(self, address: str) -> tuple[KeyResult, Objective]:
        objective = self._store.objective_of(address)
        if objective is not None:
            return objective.key_results[0], objective
        raise UnknownNameError(f"no key result {address!r} was ever synced: `okrsync status` lists those there are")

    def _shared(self, key_result: KeyResult, objective: Objective, mirror: StoredMirror, at: datetime) -> KeyResult:
        """Return the key result with its parts of items that feed several, where its policy asks."""
        if objective.double_counting is DoubleCounting.ALLOW:
            return key_result
        known = shared_out(self._store.declared(), mirror, at)
        return next(each for one in known for each in one.key_results if each.id == key_result.id)

    def _as_published(self, fresh: Freshness | None, now: datetime) -> tuple[StoredMirror, datetime]:
        """Return the mirror as it was when the published value was last confirmed, and when that was."""
        if fresh is None or fresh.measured_run is None:
            return self._store.mirror(None), now
        return self._store.mirror(fresh.measured_run), fresh.measured_at or now

    def _queries(self, key_result: KeyResult, now: datetime) -> tuple[Query, ...]:
        selections = selections_of(key_result.measure)
        facts = self._store.facts([each.key for each in selections])
        return tuple(
            Query(
                connection=each.connection,
                connector=facts[each.key].connector if each.key in facts else "",
                text=each.text(),
                matched=facts[each.key].matched if each.key in facts else None,
                last_complete_at=earlier_of(now, facts[each.key].last_complete_at) if each.key in facts else None,
                outcome=facts[each.key].outcome if each.key in facts else "never pulled",
                reason=facts[each.key].reason if each.key in facts else None,
            )
            for each in selections
        )


def _expected_line(key_result: KeyResult, cycle: Cycle) -> tuple[Mark, ...]:
    if not has_ramp(key_result.metric) or is_rate(key_result.metric):
        return ()
    return line(key_result.curve, cycle.starts_on, cycle.ends_on)


def _as_ruled(key_result: KeyResult, entry: CheckIn | None) -> KeyResult:
    """Return a key result under the rule that gave a check-in; of the past that may be another than today's."""
    if entry is None or entry.rule == rule_of(key_result):
        return key_result
    metric, measure = rule_from_json(entry.rule)
    return replace(key_result, metric=metric, measure=measure, rule=entry.rule, rule_version=entry.rule_version)


def _choose(cycles: Sequence[Cycle], wanted: str | None, now: datetime) -> Cycle:
    if wanted is not None:
        found = next((each for each in cycles if each.id == wanted), None)
        if found is None:
            there = ", ".join(sorted(each.id for each in cycles)) or "none"
            raise UnknownNameError(f"no cycle {wanted!r}: there are {there}")
        return found
    if not cycles:
        raise UnknownNameError("nothing was synced yet: run `okrsync sync`")
    today = {each.id: local_date(now, each.timezone) for each in cycles}
    running = [each for each in cycles if each.starts_on <= today[each.id] < each.ends_on]
    if running:
        return max(running, key=lambda each: each.starts_on)
    return min(cycles, key=lambda each: min(abs(each.starts_on - today[each.id]), abs(each.ends_on - today[each.id])))


def _by(now: datetime, run: RunRecord) -> RunRecord:
    """Return a run as of now at the latest: it was published, if by a clock ahead of ours."""
    return replace(run, started_at=min(run.started_at, now), finished_at=min(run.finished_at, now))

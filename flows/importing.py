"""Takes OKRs of another tool into the store: people own them, and their values are check-ins of the day they were made.

All that is read is looked at first; one row that cannot be taken over stops the whole import. A dry run comes to the
same report in a transaction that is rolled back. The same file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from flows.outgoing import Outlet, enqueue_after
from flows.people import Said, audited, entry_of
from mapping.check_ins import CheckIn, CheckInKind
from mapping.declared import Facts, Known, Origin, Register, facts_of
from mapping.effective import Entries
from mapping.incoming import Brought, Incoming
from mapping.people import AuditEntry
from mapping.rows import BadRowsError
from mapping.rules import Cycle, KeyResult, Objective
from mapping.show import show_value
from store import Store

EVER = 100_000
"""Check-ins of a key result that are looked at, to know those that were imported before."""
RULED = "is declared in the rules, which own it: give it another id, or leave it out"
Body = TypeVar("Body", Cycle, Objective, KeyResult)


class Taken(StrEnum):
    """What an import does to something."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    CHECK_IN = "check in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of what an import does."""

    act: Taken
    what: str
    """cycle, objective, key result or check-in."""
    id: str
    title: str = ""
    before: Facts
    after: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or would do."""

    steps: tuple[Step, ...]
    remarks: tuple[str, ...]
    dry: bool
    run: int | None
    """None where nothing was written."""

    @property
    def changes(self) -> list[Step]:
        """All but what stays as it is."""
        return [each for each in self.steps if each.act is not Taken.KEEP]


def import_okrs(
    store: Store,
    found: Incoming,
    *,
    source: str,
    actor: str,
    now: datetime,
    dry: bool = False,
    outlets: Iterable[Outlet] = (),
) -> ImportReport:
    """Take over what rows came to, in one run, or find what that would do.

    Args:
        store: where to.
        found: of ``mapping.incoming``.
        source: what it was read from, for people.
        actor: who imports; check-ins without an author are theirs.
        now: the clock; check-ins without a date are of now.
        dry: write nothing.
        outlets: the destinations of the rules.

    Raises:
        BadRowsError: something is the rules' own, in a closed cycle, or of a day to come; nothing was written.
    """
    with store.begin(started_at=now, kind="import") as run:
        run.merge()
        register = run.register()
        _refuse(found, register, store, now)
        objectives = [_merged(each, register) for each in found.objectives]
        steps = [step for each in objectives for step in _steps(each, register)]
        by_address = {each.id: (each, one) for one in objectives for each in one.key_results}
        entries: list[CheckIn] = []
        remarks = list(found.remarks)
        past = store.entries(list(by_address))
        for each in found.check_ins:
            known = store.check_ins(each.key_result, EVER)
            entry = _entry(each, *by_address[each.key_result], known, past, (run.seq, source, actor, now), remarks)
            if entry is not None:
                entries.append(entry)
                steps.append(_checked_in(entry, past.get(each.key_result, Entries())))
        report = ImportReport(steps=tuple(_once(steps)), remarks=tuple(remarks), dry=dry, run=None)
        if dry or not report.changes:
            return report
        run.publish(check_ins=entries, freshness=(), declared=None, connections=(), now=now)
        run.take_in(objectives, Origin.IMPORTED)
        run.audit([_audited(each, actor, now) for each in report.changes])
        enqueue_after(run, store, list(by_address), outlets, now=now)
        run.commit()
        return replace(report, run=run.seq)


def _refuse(found: Incoming, register: Register, store: Store, now: datetime) -> None:
    closed = store.snapshots()
    troubles = []
    for objective in found.objectives:
        if _is_ruled(register.objectives.get(objective.id)):
            troubles.append(f"objective {objective.id} {RULED}")
        else:
            ruled = [e.id for e in objective.key_results if _is_ruled(register.key_results.get(e.id))]
            troubles += [f"key result {id_} {RULED}" for id_ in ruled]
        if objective.cycle.id in closed:
            troubles.append(
                f"objective {objective.id}: cycle {objective.cycle.id} is closed: name another with --cycle"
            )
    troubles += [
        f"{each.key_result}: its check-in is of {each.at:%Y-%m-%d}, a day to come: correct the date"
        for each in found.check_ins
        if each.at is not None and each.at > now
    ]
    if troubles:
        raise BadRowsError(troubles)


def _is_ruled(known: Known[Objective] | Known[KeyResult] | None) -> bool:
    return known is not None and known.origin is Origin.FILE and not known.retired


def _merged(objective: Objective, register: Register) -> Objective:
    """Return an objective with what the store knows beside what the table says."""
    known = register.objectives.get(objective.id)
    whole = objective
    if known is not None:
        whole = replace(
            known.body,
            title=objective.title,
            cycle=objective.cycle,
            team=objective.team or known.body.team,
            parent=objective.parent or known.body.parent,
            owner=objective.owner or known.body.owner,
            kind=objective.kind,
        )
    return replace(whole, key_results=tuple(_part(each, register) for each in objective.key_results))


def _part(key_result: KeyResult, register: Register) -> KeyResult:
    known = register.key_results.get(key_result.id)
    if known is None:
        return key_result
    return replace(
        known.body,
        title=key_result.title,
        owner=key_result.owner or known.body.owner,
        team=key_result.team or known.body.team,
        weight=key_result.weight,
        metric=key_result.metric,
        measure=key_result.measure,
        mode=key_result.mode,
        rule=key_result.rule,
        rule_version=key_result.rule_version,
    )


def _steps(objective: Objective, register: Register) -> Iterator[Step]:
    yield _step("cycle", objective.cycle.id, "", objective.cycle, register.cycles)
    whole = replace(objective, key_results=())
    yield _step("objective", objective.id, objective.title, whole, register.objectives)
    for each in objective.key_results:
        yield _step("key result", each.id, each.title, each, register.key_results)


def _step(what: str, id_: str, title: str, body: Body, known: Mapping[str, Known[Body]]) -> Step:
    there: Known[Body] | None = known.get(id_)
    after: Facts = facts_of(body)
    if there is None:
        return Step(act=Taken.CREATE, what=what, id=id_, title=title, before={}, after=after)
    before: Facts = facts_of(there.body)
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    act = Taken.CHANGE if names or there.retired else Taken.KEEP
    return Step(
        act=act,
        what=what,
        id=id_,
        title=title,
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
    )


def _once(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield each step once: several objectives are in one cycle."""
    seen = set()
    for each in steps:
        if (each.what, each.id) not in seen or each.act is Taken.CHECK_IN:
            seen.add((each.what, each.id))
            yield each


def _entry(
    brought: Brought,
    key_result: KeyResult,
    objective: Objective,
    known: Sequence[CheckIn],
    past: Mapping[str, Entries],
    run: tuple[int, str, str, datetime],
    remarks: list[str],
) -> CheckIn | None:
    """Return the check-in to be written; None where it is on record, or a person has said otherwise since."""
    seq, source, actor, now = run
    imported = [each for each in known if each.kind is CheckInKind.IMPORTED]
    if brought.at is None and imported and imported[0].value == brought.value:
        return None
    if brought.at is not None and any((each.at, each.value) == (brought.at, brought.value) for each in imported):
        return None
    at = brought.at or now
    last = past.get(brought.key_result, Entries()).by_hand
    if last is not None and last.kind is CheckInKind.BY_HAND and last.at >= at:
        said = f"{last.author} checked in on {last.at:%Y-%m-%d}, after it"
        remarks.append(f"{brought.key_result}: the value of {at:%Y-%m-%d} is left out: {said}")
        return None
    said_by = Said(
        author=brought.author or actor, value=brought.value, confidence=brought.confidence, note=brought.note
    )
    entry = entry_of(key_result, objective, said_by, last, run=seq, now=at)
    shown = show_value(brought.value, key_result.metric.unit)
    return replace(entry, kind=CheckInKind.IMPORTED, formula=f"{shown}, imported from {source}")


def _checked_in(entry: CheckIn, past: Entries) -> Step:
    before: Facts = {} if past.by_hand is None else _facts(past.by_hand)
    return Step(act=Taken.CHECK_IN, what="check-in", id=entry.key_result, before=before, after=_facts(entry))


def _facts(entry: CheckIn) -> dict[str, str]:
    found = {
        "value": show_value(entry.value, entry.metric.unit),
        "on": f"{entry.at:%Y-%m-%d}",
        "by": entry.author,
        "note": entry.note,
    }
    return {name: text for name, text in found.items() if text}


def _audited(step: Step, actor: str, now: datetime) -> AuditEntry:
    action = "import check-in" if step.act is Taken.CHECK_IN else f"import: {step.act} {step.what}"
    return audited(now, actor, action, step.id, dict(step.before) or None, dict(step.after) or None)

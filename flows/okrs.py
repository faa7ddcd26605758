"""OKRs that people keep in the store: made, changed, renamed, closed. Each act is a small run, and audited.

What the file declares is changed in the file. A sync leaves alone what is done here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.model import ID
from flows.outgoing import Outlet, enqueue_after
from flows.people import audited
from mapping.alignment import circle_from
from mapping.canonical import rule_of, rule_version
from mapping.declared import Act, Declared, Known, Moves, Origin, Register, facts_of, objective_of
from mapping.errors import FixConfigError
from mapping.rules import ByHand, Cycle, KeyResult, Metric, Mode, Objective
from store import Run, Store

_ID = re.compile(ID)
Terms = Mapping[str, object]
"""Fields of an objective or key result that are said, by name."""


@dataclass(kw_only=True)
class Desk:
    """Where people keep OKRs; every act is theirs."""

    store: Store
    author: str
    now: datetime
    outlets: Sequence[Outlet] = ()
    """The destinations of the rules: they hear where a change moves progress or status."""

    def add_cycle(self, cycle: Cycle) -> None:
        """Make a cycle.

        Raises:
            FixConfigError: it is there already, ends before it begins, or its id or time zone cannot be.
        """
        _require_id(cycle.id)
        _require_span(cycle)
        with self._act("add cycle") as (run, register):
            known = register.cycles.get(cycle.id)
            if known is not None and not known.retired:
                fix = f"choose another id, or `okrsync okr edit-cycle {cycle.id}`"
                raise FixConfigError(f"cycle {cycle.id!r} is there already: {fix}")
            run.declare(cycles=[cycle])
            self._audit(run, Declared.CYCLE, known, cycle)

    def edit_cycle(self, id_: str, terms: Terms) -> Cycle | None:
        """Change the days or the time zone of a cycle; objectives in it follow. Return it where that changes anything.

        Raises:
            FixConfigError: there is none of that id, the rules declare it, it is closed, or would end before it begins.
        """
        touched: list[str] = []
        with self._act("edit cycle", touched) as (run, register):
            known = register.cycles.get(id_)
            if known is None or known.retired:
                there = ", ".join(name for name, each in register.cycles.items() if not each.retired) or "none"
                raise FixConfigError(f"no cycle {id_!r} is declared: there are {there}")
            if known.origin is Origin.FILE:
                raise FixConfigError(f"cycle {id_} is declared in the rules: change it there")
            if id_ in self.store.snapshots():
                raise FixConfigError(f"cycle {id_} is closed: nothing in it changes any more")
            changed = replace(known.body, **terms)  # type: ignore[arg-type] # terms are its fields
            _require_span(changed)
            if changed == known.body:
                return None
            run.declare(cycles=[changed])
            self._audit(run, Declared.CYCLE, known, changed)
            within = {name for name, each in register.objectives.items() if each.body.cycle.id == id_}
            touched.extend(each for each in register.key_results if objective_of(each) in within)
        return changed

    def add_objective(self, objective: Objective) -> None:
        """Make an objective, without key results at first.

        Raises:
            FixConfigError: it is there already, its cycle or parent is not, or its cycle is closed.
        """
        _require_id(objective.id)
        with self._act("add objective") as (run, register):
            known = register.objectives.get(objective.id)
            _require_free(known, "objective", objective.id)
            self._require_open(register, objective)
            _require_parent(register, objective)
            run.declare(objectives=[objective])
            self._audit(run, Declared.OBJECTIVE, known, objective)

    def add_key_result(self, address: str, *, metric: Metric, terms: Terms) -> KeyResult:
        """Make a key result that people check in, also below an objective of the file.

        Raises:
            FixConfigError: it is there already, or its objective is not.
        """
        objective, _, name = address.partition("/")
        _require_id(name)
        made = ruled(KeyResult(id=address, title="", metric=metric, measure=ByHand(), mode=Mode.MANUAL), terms)
        with self._act("add key result") as (run, register):
            known = register.key_results.get(address)
            _require_free(known, "key result", address)
            whole = register.objectives.get(objective)
            if whole is None or whole.retired:
                hint = f"make it first: okrsync okr add {objective} 'TITLE' --cycle CYCLE"
                raise FixConfigError(f"no objective {objective!r} is declared: {hint}")
            self._require_open(register, whole.body)
            run.declare(key_results=[made])
            self._audit(run, Declared.KEY_RESULT, known, made)
        return made

    def edit(self, address: str, terms: Terms, *, name: str | None = None) -> bool:
        """Change what is said of an objective or key result, and its id where a new name is given.

        Returns:
            Whether that changes anything.

        Raises:
            FixConfigError: people do not own it, the new id is taken, its cycle or parent is not there.
        """
        touched: list[str] = []
        with self._act("edit", touched) as (run, register):
            known = _owned(register, address)
            body = known.body
            changed: Objective | KeyResult
            if isinstance(body, Objective):
                changed = replace(body, id=name or body.id, **terms)  # type: ignore[arg-type] # terms are its fields
                self._require_open(register, body)
                self._require_open(register, changed)
                _require_parent(register, changed)
            else:
                new = f"{objective_of(address)}/{name}" if name else address
                changed = ruled(replace(body, id=new), terms)
                self._require_open(register, register.objectives[objective_of(address)].body)
            if changed == body:
                return False
            if changed.id != address:
                _require_id(name or "")
                _require_free(_find(register, changed.id), "id", changed.id, ever=True)
                run.rename(_moves(register, address, changed.id))
            if isinstance(changed, Objective):
                run.declare(objectives=[changed])
                kind = Declared.OBJECTIVE
            else:
                run.declare(key_results=[changed])
                kind = Declared.KEY_RESULT
            self._audit(run, kind, known, changed)
            touched.extend(each for each in run.register().key_results if changed.id in (each, objective_of(each)))
        return True

    def close(self, address: str) -> list[str]:
        """Retire an objective with its key results, or one key result; history stays. Return what was retired.

        Raises:
            FixConfigError: people do not own it.
        """
        gone: list[str] = []
        with self._act("close", gone) as (run, register):
            _owned(register, address)
            below = [
                each
                for each, known in register.key_results.items()
                if objective_of(each) == address and not known.retired
            ]
            gone += [*below, address]
            run.retire(gone)
            run.audit(
                [
                    audited(self.now, self.author, f"{Act.RETIRE} {kind}", each, dict(facts_of(known.body)), None)
                    for each in gone
                    for kind, known in ((_kind(each), _owned(register, each)),)
                ]
            )
        return gone

    def declare(self, objectives: Sequence[Objective], key_results: Sequence[KeyResult]) -> None:
        """Make several objectives, without key results, and key results of these or others, all or none.

        Raises:
            FixConfigError: one of them is there already, or its cycle is not, or is closed.
        """
        with self._act("declare") as (run, register):
            for each in objectives:
                _require_id(each.id)
                _require_free(register.objectives.get(each.id), "objective", each.id)
                self._require_open(register, each)
            for part in key_results:
                _require_free(register.key_results.get(part.id), "key result", part.id)
            run.declare(objectives=objectives, key_results=key_results)
            for each in objectives:
                self._audit(run, Declared.OBJECTIVE, register.objectives.get(each.id), each)
            for part in key_results:
                self._audit(run, Declared.KEY_RESULT, register.key_results.get(part.id), part)

    @contextmanager
    def _act(self, kind: str, touched: Collection[str] = ()) -> Iterator[tuple[Run, Register]]:
        with self.store.begin(started_at=self.now, kind=kind) as run:
            run.merge()
            yield run, run.register()
            run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=self.now)
            enqueue_after(run, self.store, touched, self.outlets, now=self.now)
            run.commit()

    def _audit(
        self,
        run: Run,
        kind: Declared,
        known: Known[Cycle] | Known[Objective] | Known[KeyResult] | None,
        body: Cycle | Objective | KeyResult,
    ) -> None:
        act = Act.CREATE if known is None else Act.REVIVE if known.retired else Act.CHANGE
        before, after = ({} if known is None else dict(facts_of(known.body))), dict(facts_of(body))
        if act is Act.CHANGE and known is not None:
            differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
            before, after = ({n: v for n, v in side.items() if n in differing} for side in (before, after))
            if known.body.id != body.id:
                act, before, after = Act.RENAME, {"id": known.body.id, **before}, {"id": body.id, **after}
        run.audit([audited(self.now, self.author, f"{act} {kind}", body.id, before or None, after or None)])

    def _require_open(self, register: Register, objective: Objective) -> None:
        cycle = register.cycles.get(objective.cycle.id)
        if cycle is None or cycle.retired:
            there = ", ".join(sorted(id_ for id_, each in register.cycles.items() if not each.retired)) or "none"
            raise FixConfigError(f"no cycle {objective.cycle.id!r}: there are {there}, okrsync okr add-cycle makes one")
        if objective.cycle.id in self.store.snapshots():
            raise FixConfigError(f"cycle {objective.cycle.id} is closed: nothing in it changes any more")


def ruled(key_result: KeyResult, terms: Terms) -> KeyResult:
    """Return a key result with other terms, and the rule that follows from them."""
    changed = replace(key_result, **terms)  # type: ignore[arg-type] # terms are its fields
    rule = rule_of(changed)
    return replace(changed, rule=rule, rule_version=rule_version(rule))


def _require_id(name: str) -> None:
    if _ID.fullmatch(name) is None:
        fix = "use letters without accents, digits, - _ and ., at most 64, beginning with a letter or digit"
        raise FixConfigError(f"{name[:70]!r} cannot be an id: {fix}")


def _require_span(cycle: Cycle) -> None:
    if cycle.ends_on <= cycle.starts_on:
        raise FixConfigError(f"cycle {cycle.id} ends on {cycle.ends_on}, not after it starts: name the day after it")
    try:
        ZoneInfo(cycle.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FixConfigError(f"unknown time zone {cycle.timezone!r}: use an IANA name such as UTC") from error


def _require_free(
    known: Known[Cycle] | Known[Objective] | Known[KeyResult] | None, what: str, id_: str, *, ever: bool = False
) -> None:
    if known is not None and (ever or not known.retired):
        state = "was there before" if known.retired else "is there already"
        raise FixConfigError(f"{what} {id_!r} {state}: choose another id, or `okrsync okr edit` it")


def _require_parent(register: Register, objective: Objective) -> None:
    if objective.parent is None:
        return
    parent = register.objectives.get(objective.parent)
    if parent is None or parent.retired:
        raise FixConfigError(f"no objective {objective.parent!r} is declared: `okrsync okr list` lists those there are")
    serves = {id_: each.body.parent for id_, each in register.objectives.items()} | {objective.id: objective.parent}
    circle = circle_from(objective.id, {id_: each for id_, each in serves.items() if each is not None})
    if circle:
        raise FixConfigError(f"the parents would go round in a circle: {' → '.join([*circle, circle[0]])}")


def _find(register: Register, address: str) -> Known[Objective] | Known[KeyResult] | None:
    return register.key_results.get(address) if "/" in address else register.objectives.get(address)


def _kind(address: str) -> Declared:
    return Declared.KEY_RESULT if "/" in address else Declared.OBJECTIVE


def _owned(register: Register, address: str) -> Known[Objective] | Known[KeyResult]:
    """Return what people own at an address.

    Raises:
        FixConfigError: nothing is there, or the file's, or another server's.
    """
    known = _find(register, address)
    if known is None or known.retired:
        raise FixConfigError(f"no {_kind(address)} {address!r} is declared: `okrsync okr list` lists those there are")
    if known.origin is Origin.FILE:
        raise FixConfigError(f"{address} is declared in the rules: change it there")
    return known


def _moves(register: Register, old: str, new: str) -> Moves:
    if "/" in old:
        return Moves(key_results={old: new})
    below = [each for each in register.key_results if objective_of(each) == old]
    return Moves(objectives={old: new}, key_results={each: f"{new}/{each.partition('/')[2]}" for each in below})

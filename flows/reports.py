"""Taking reports of other okrsync servers into this store: each once, told apart by its id.

A reported check-in is a small run under the id that it was reported with, so that a repetition is known by the run
that is there already. What is reported may exist here by nothing else; it never changes what the rules declare here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.outgoing import Outlet, enqueue_after
from flows.tokens import WRITE, digest_of
from mapping.canonical import rule_of, rule_version
from mapping.check_ins import CauseKind, CausePart, CheckIn, CheckInKind
from mapping.decimals import difference, tidy
from mapping.effective import Entries
from mapping.errors import FixConfigError
from mapping.metric import clamp, raw_progress
from mapping.pace import pace
from mapping.report import ConflictError, ForbiddenError, Report, Taken, Trial
from mapping.rules import ByHand, KeyResult, Mode, Objective
from mapping.show import show_value
from store import Claims, Freshness, Store, Token
from store.columns import exact_text

FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where other servers report: the store behind the REST API."""

    store: Store
    now: Callable[[], datetime]
    outlets: Sequence[Outlet] = ()
    """The destinations of the rules here."""

    def token(self, secret: str) -> Token | None:
        """Return whose token this is, None when it is nobody's."""
        return self.store.token_of(digest_of(secret))

    def report(self, token: Token, address: str, report_id: str, report: Report) -> Taken:
        """Take a report; see ``take``."""
        return take(self.store, token, address, report_id, report, now=self.now(), outlets=self.outlets)

    def try_out(self, token: Token, address: str, report: Report) -> Trial:
        """Return what would become of a report; see ``try_out``."""
        return try_out(self.store, token, address, report, now=self.now())


def take(
    store: Store,
    token: Token,
    address: str,
    report_id: str,
    report: Report,
    *,
    now: datetime,
    outlets: Iterable[Outlet] = (),
) -> Taken:
    """Take a report into the store, once.

    Args:
        store: this server's.
        token: with which it came.
        address: of the key result.
        report_id: the same for every repetition.
        report: what is reported.
        now: the clock.
        outlets: the destinations of the rules here, which hear of it with the next delivery.

    Raises:
        ForbiddenError: the token may not write here.
        ConflictError: the rules here measure that key result, another token reports it, its cycle is closed, or the
            id was used for something else.
        FixConfigError: what is reported makes no sense.
    """
    _permit(token, address)
    objective = _objective(address, report)
    with store.begin(started_at=now, kind="report", run_id=report_id) as run:
        run.merge()
        last = run.entries([address]).get(address, Entries()).measured
        if (seq := run.repeats()) is not None:
            return _repetition(store, address, seq, report)
        _refuse_strangers(run.claims(address), store, token, address, objective, last)
        if last is not None and last.at > report.at:
            entry, fresh = None, None
        else:
            run.adopt(objective)
            entry = _entry(objective, report, token, last, run=run.seq, now=now)
            fresh = _freshness(address, report, token, run.seq, now)
        run.publish(
            check_ins=[] if entry is None else [entry],
            freshness=[] if fresh is None else [fresh],
            declared=None,
            connections=(),
            now=now,
        )
        enqueue_after(run, store, [address], outlets, now=now)
        run.commit()
        return Taken(run=run.seq, created=True, check_in=entry)


def try_out(store: Store, token: Token, address: str, report: Report, *, now: datetime) -> Trial:
    """Return what would become of a report, and write nothing.

    Raises:
        ForbiddenError: as ``take``.
        ConflictError: as ``take``, but for the id.
        FixConfigError: as ``take``.
    """
    _permit(token, address)
    objective = _objective(address, report)
    last = store.entries([address]).get(address, Entries()).measured
    claims = store.claims(address)
    _refuse_strangers(claims, store, token, address, objective, last)
    _entry(objective, report, token, last, run=0, now=now)
    return Trial(known=claims.key_result is not None, value=None if last is None else last.value)


def _permit(token: Token, address: str) -> None:
    if token.scope != WRITE:
        raise ForbiddenError(f"token {token.name} may only read: make one with --scope write")
    objective = address.partition("/")[0]
    if token.objectives and objective not in token.objectives:
        raise ForbiddenError(f"token {token.name} may not write to objective {objective}")


def _objective(address: str, report: Report) -> Objective:
    """Return the objective as reported, with its one key result.

    Raises:
        FixConfigError: a cycle that is none, an unknown time zone, a value of too many digits.
    """
    cycle, metric = report.cycle, report.metric
    if report.at.tzinfo is None:
        raise FixConfigError(f"at is {report.at.isoformat()}, without a time zone: write it like 2026-11-27T02:00:00Z")
    if not report.title.strip() or not report.objective.title.strip():
        raise FixConfigError("a title is empty: key result and objective need one")
    if cycle.starts_on >= cycle.ends_on:
        raise FixConfigError("the cycle ends before it begins: ends_on is the first day after it")
    try:
        ZoneInfo(cycle.timezone)
        ends = (metric.target, metric.baseline, metric.upper, metric.commit, metric.stretch)
        for value in (report.value, report.confidence, *ends):
            if value is not None:
                exact_text(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FixConfigError(f"the report cannot be used: {error}") from error
    if report.confidence is not None and not 0 <= report.confidence <= 1:
        raise FixConfigError("the confidence is none: it goes from 0 to 1")
    key_result = KeyResult(
        id=address,
        title=report.title,
        metric=report.metric,
        measure=ByHand(),
        owner=report.owner,
        mode=Mode.AUTO,
    )
    rule = rule_of(key_result)
    told = report.objective
    return Objective(
        id=address.partition("/")[0],
        title=told.title,
        cycle=cycle,
        team=told.team,
        owner=told.owner,
        kind=told.kind,
        key_results=(replace(key_result, rule=rule, rule_version=rule_version(rule)),),
    )


def _repetition(store: Store, address: str, seq: int, report: Report) -> Taken:
    there = next((each for each in store.check_ins(address) if each.run == seq), None)
    if there is not None and (there.value, there.metric) != (report.value, report.metric):
        raise ConflictError("this id was used for another check-in: each check-in needs an id of its own")
    return Taken(run=seq, created=False, check_in=there)


def _refuse_strangers(
    claims: Claims, store: Store, token: Token, address: str, objective: Objective, last: CheckIn | None
) -> None:
    if claims.key_result == FILE:
        raise ConflictError(f"{address} is declared by the rules of this server: take it out there, or report another")
    if last is not None and last.kind is CheckInKind.REPORTED and last.author != token.name:
        raise ConflictError(f"{address} is reported by {last.author}: a key result has one reporter")
    if claims.cycle is not None and claims.cycle != objective.cycle.id:
        raise ConflictError(f"{objective.id} is of cycle {claims.cycle} here, not of {objective.cycle.id}")
    if objective.cycle.id in store.snapshots():
        raise ConflictError(f"cycle {objective.cycle.id} is closed: nothing in it changes any more")


def _entry(
    objective: Objective, report: Report, token: Token, last: CheckIn | None, *, run: int, now: datetime
) -> CheckIn | None:
    """Return the check-in to write, None where value and metric are what they were."""
    key_result = objective.key_results[0]
    if last is not None and (last.value, last.metric) == (report.value, report.metric):
        return None
    value, metric = report.value, report.metric
    try:
        raw = None if value is None else raw_progress(metric, value, objective.cycle)
    except (ArithmeticError, TypeError) as error:
        raise FixConfigError(f"progress cannot be computed from that metric ({error!r}): check its amounts") from error
    judged = pace(raw, metric=metric, objective_kind=objective.kind, cycle=objective.cycle, now=now)
    said = f", {report.author}" if report.author not in ("", "okrsync") else ""
    return CheckIn(
        key_result=key_result.id,
        run=run,
        at=min(report.at, now),
        value=value,
        metric=metric,
        raw_progress=raw,
        progress=None if raw is None else clamp(raw),
        items=None,
        done=None,
        formula="" if value is None else f"{show_value(value, metric.unit)}, reported by {token.name}{said}",
        no_data=(report.no_data or "no value was reported") if value is None else None,
        rule=key_result.rule,
        rule_version=key_result.rule_version,
        causes=_causes(last, report, token),
        author=token.name,
        kind=CheckInKind.REPORTED,
        status=judged.status,
        confidence=report.confidence,
        note=report.note,
    )


def _causes(last: CheckIn | None, report: Report, token: Token) -> tuple[CausePart, ...]:
    if report.value is None:
        return ()
    if last is None or last.value is None:
        return (CausePart(kind=CauseKind.FIRST, amount=report.value),)
    moved = tidy(difference(report.value, last.value))
    detail = ": ".join(each for each in (f"reported by {token.name}", report.note) if each)
    return (CausePart(kind=CauseKind.SOURCE_CHANGED, amount=moved, detail=detail),) if moved else ()


def _freshness(address: str, report: Report, token: Token, run: int, now: datetime) -> Freshness:
    reason = None if report.stale_reason is None else f"{token.name}: {report.stale_reason}"
    at = min(report.at, now)
    return Freshness(
        key_result=address,
        measured_at=at,
        measured_run=run,
        stale_reason=reason,
        stale_since=None if reason is None else at,
        no_data=report.no_data if report.value is None else None,
    )

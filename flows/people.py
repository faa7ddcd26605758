"""What people do to key results: check-ins by hand, resuming the automatic value, comments. Each is audited.

A check-in by hand is a small run of its own, published in one transaction like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flows.outgoing import Outlet, enqueue_after
from mapping.canonical import rule_of, rule_version
from mapping.check_ins import CauseKind, CausePart, CheckIn, CheckInKind
from mapping.decimals import decimal_text, difference, tidy
from mapping.effective import Entries, effective
from mapping.errors import FixConfigError
from mapping.metric import clamp, raw_progress
from mapping.pace import pace
from mapping.people import AuditEntry, Comment, Override
from mapping.plain import plain
from mapping.rules import KeyResult, Mode, Objective
from mapping.show import show_value
from store import Store

CONFIDENCE = (Decimal(0), Decimal(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person checks in."""

    author: str
    value: Decimal | None = None
    """In the metric's unit; None leaves the value as it stands and adds a confidence or a note."""
    confidence: Decimal | None = None
    note: str = ""
    sticky: bool = False
    expires_at: datetime | None = None
    reason: str = ""


def check_in(store: Store, address: str, said: Said, *, now: datetime, outlets: Iterable[Outlet] = ()) -> CheckIn:
    """Publish what a person says of a key result, and let it stand above the automatic value.

    Raises:
        FixConfigError: no such key result, nothing was said, a confidence that is none, an expiry in the past, or
            one of what only people keep.
    """
    _check(said, now)
    key_result, objective = declared(store, address)
    if key_result.mode is Mode.MANUAL and said.sticky:
        raise FixConfigError(
            f"{address} is kept by people: what one says stands until another does, so it cannot expire"
        )
    stands = effective(key_result.mode, store.entries([address]).get(address, Entries()), now)
    with store.begin(started_at=now, kind="check-in") as run:
        run.merge()
        entry = entry_of(key_result, objective, said, stands.shown, run=run.seq, now=now)
        run.publish(check_ins=[entry], freshness=(), declared=None, connections=(), now=now)
        if said.value is not None and key_result.mode is not Mode.MANUAL:
            run.override(Override(check_in=entry, sticky=said.sticky, expires_at=said.expires_at, reason=said.reason))
        before = None if stands.shown is None else stands.shown.value
        run.audit([audited(now, said.author, "check-in", address, {"value": before}, _facts(said, entry))])
        enqueue_after(run, store, [address], outlets, now=now)
        run.commit()
    return entry


def resume(store: Store, address: str, *, author: str, now: datetime, outlets: Iterable[Outlet] = ()) -> bool:
    """Let the automatic value count again; return whether a person's had stood above it.

    Raises:
        FixConfigError: no such key result, or one that only people keep.
    """
    key_result, _ = declared(store, address)
    if key_result.mode is Mode.MANUAL:
        raise FixConfigError(f"{address} is kept by people: there is no automatic value to go back to")
    override = store.entries([address]).get(address, Entries()).override
    if override is None or not override.in_force(now):
        return False
    with store.begin(started_at=now, kind="resume") as run:
        run.merge()
        run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
        run.resume(address, because=f"resumed by {author}", at=now)
        before = {"value": override.check_in.value, "author": override.check_in.author}
        run.audit([audited(now, author, "resume", address, before, None)])
        enqueue_after(run, store, [address], outlets, now=now)
        run.commit()
    return True


def comment(store: Store, address: str, text: str, *, author: str, now: datetime) -> None:
    """Keep what a person has to say about a key result.

    Raises:
        FixConfigError: no such key result, or an empty text.
    """
    declared(store, address)
    if not text.strip():
        raise FixConfigError("the comment is empty: say something")
    with store.begin(started_at=now, kind="comment") as run:
        run.merge()
        run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
        run.comment(Comment(key_result=address, at=now, author=author, text=text.strip()))
        run.commit()


def declared(store: Store, address: str) -> tuple[KeyResult, Objective]:
    """Return a key result that is declared now, with its objective.

    Raises:
        FixConfigError: there is none of that address.
    """
    objective = store.objective_of(address)
    if objective is not None:
        return objective.key_results[0], objective
    raise FixConfigError(f"no key result {address!r} is declared: `okrsync status` lists those there are")


def _check(said: Said, now: datetime) -> None:
    if said.value is None and said.confidence is None and not said.note:
        raise FixConfigError("the check-in says nothing: give a value, --confidence or --note")
    if said.confidence is not None and not CONFIDENCE[0] <= said.confidence <= CONFIDENCE[1]:
        raise FixConfigError(f"a confidence of {decimal_text(said.confidence)} is none: write 0 to 1, or 70%")
    if said.expires_at is not None and said.expires_at <= now:
        raise FixConfigError(
            f"the check-in would have expired at {said.expires_at:%Y-%m-%d %H:%M} UTC: name a later day"
        )
    if said.value is None and (said.sticky or said.expires_at is not None):
        raise FixConfigError("only a value can be made to last: give one, or leave the expiry out")


def entry_of(
    key_result: KeyResult, objective: Objective, said: Said, before: CheckIn | None, *, run: int, now: datetime
) -> CheckIn:
    """Return the check-in that follows from what a person said, after what was shown before."""
    old = None if before is None else before.value
    value = old if said.value is None else said.value
    metric, rule = key_result.metric, rule_of(key_result)
    raw = None if value is None else raw_progress(metric, value, objective.cycle)
    moved = _moved(old, said.value)
    judged = pace(raw, metric=metric, objective_kind=objective.kind, cycle=objective.cycle, now=now)
    return CheckIn(
        key_result=key_result.id,
        run=run,
        at=now,
        value=value,
        metric=metric,
        raw_progress=raw,
        progress=None if raw is None else clamp(raw),
        items=None,
        done=None,
        formula="" if value is None else f"{show_value(value, metric.unit)}, entered by {said.author}",
        no_data="no value has been entered yet" if value is None else None,
        rule=rule,
        rule_version=rule_version(rule),
        causes=moved,
        author=said.author,
        kind=CheckInKind.BY_HAND,
        status=judged.status,
        confidence=said.confidence,
        note=said.note,
    )


def _moved(old: Decimal | None, new: Decimal | None) -> tuple[CausePart, ...]:
    if new is None or new == old:
        return ()
    if old is None:
        return (CausePart(kind=CauseKind.FIRST, amount=new),)
    return (CausePart(kind=CauseKind.BY_HAND, amount=tidy(difference(new, old))),)


def _facts(said: Said, entry: CheckIn) -> dict[str, object]:
    return {
        "value": entry.value,
        "confidence": said.confidence,
        "note": said.note,
        "sticky": said.sticky,
        "expires_at": said.expires_at,
        "reason": said.reason,
    }


def audited(at: datetime, actor: str, action: str, subject: str, before: object, after: object) -> AuditEntry:
    """Return an entry of the audit with both sides as JSON; None for a side where there is nothing."""
    sides = [None if side is None else json.dumps(plain(side), ensure_ascii=False) for side in (before, after)]
    return AuditEntry(at=at, actor=actor, action=action, subject=subject, before=sides[0], after=sides[1])

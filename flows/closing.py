"""Closes a cycle: its scores are frozen into a signed snapshot, and syncs publish nothing into it any more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.earlier import earlier_statuses
from flows.outgoing import Outlet, enqueue
from flows.people import audited
from flows.reader import StoreReader
from flows.signing import digest, is_genuine, sign, signing_key
from mapping.decimals import decimal_text
from mapping.errors import FixConfigError
from mapping.periods import local_date
from mapping.plain import Plain, plain
from mapping.standing import ObjectiveStanding, Overview, Standing, weighted_mean
from store import Snapshot, Store

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A score that a person gives instead of the computed one."""

    score: Decimal
    reason: str


def close(
    store: Store,
    cycle: str,
    *,
    author: str,
    key_folder: Path,
    now: datetime,
    verdicts: Mapping[str, Verdict] | None = None,
    early: bool = False,
    outlets: Iterable[Outlet] = (),
) -> Snapshot:
    """Freeze a cycle as it stands, and let destinations hear how it ended: it is the last that they hear of it.

    Args:
        store: with the cycle in it.
        cycle: its id.
        author: who closes it.
        key_folder: where the installation's signing key is.
        now: the clock; values are those that stand now, the scores those of the cycle's end.
        verdicts: scores given by a person, by address of the key result.
        early: close it although it is not over.
        outlets: the destinations of the rules.

    Raises:
        FixConfigError: it is closed already, not over yet, a verdict is none or names no key result of it.
        UnknownNameError: there is no such cycle.
    """
    if cycle in store.snapshots():
        raise FixConfigError(f"cycle {cycle} is closed already: `okrsync closed {cycle}` shows it")
    at = _within(store, cycle, now, early=early)
    overview = StoreReader(store, now=lambda: at).overview(cycle)
    given = dict(verdicts or {})
    _check(given, overview)
    body = json.dumps(_body(overview, given, author, now), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    signature, public_key = sign(signing_key(key_folder), body)
    snapshot = Snapshot(
        cycle=cycle,
        closed_at=now,
        closed_by=author,
        body=body,
        digest=digest(body),
        public_key=public_key,
        signature=signature,
    )
    with store.begin(started_at=now, kind="close") as run:
        run.merge()
        run.publish(check_ins=(), freshness=(), declared=None, connections=(), now=now)
        run.freeze(snapshot)
        run.audit([audited(now, author, "close", cycle, None, {"digest": snapshot.digest, "verdicts": plain(given)})])
        ended = [each for each in run.declared() if each.cycle.id == cycle]
        earlier = earlier_statuses(store, ended, current=True)
        enqueue(run, ended, outlets, now=now, earlier=earlier, judged_at=at)
        run.commit()
    return snapshot


def why_not_genuine(snapshot: Snapshot) -> str | None:
    """Return what is wrong with a snapshot; None when it is what was signed."""
    if digest(snapshot.body) != snapshot.digest:
        return "its text was changed: the digest is another"
    if not is_genuine(snapshot.body, signature=snapshot.signature, public_key=snapshot.public_key):
        return "its signature is not of this text and this key"
    return None


def _within(store: Store, cycle: str, now: datetime, *, early: bool) -> datetime:
    """Return the moment to judge by; a cycle that is not over is closed only on demand, and judged as over."""
    found = next((each for each in store.cycles() if each.id == cycle), None)
    if found is None:
        return now  # the reader says that there is none
    if local_date(now, found.timezone) >= found.ends_on:
        return now
    if not early:
        raise FixConfigError(
            f"cycle {cycle} runs until {found.ends_on}: wait for its end, or close it early with --early"
        )
    return datetime.combine(found.ends_on, time(), ZoneInfo(found.timezone)).astimezone(UTC)


def _check(verdicts: Mapping[str, Verdict], overview: Overview) -> None:
    known = {each.key_result for objective in overview.objectives for each in objective.key_results}
    for address, verdict in verdicts.items():
        if address not in known:
            raise FixConfigError(f"{address!r} is no key result of cycle {overview.cycle.id}")
        if not 0 <= verdict.score <= 1:
            raise FixConfigError(f"{address}: a score of {decimal_text(verdict.score)} is none: write 0 to 1")
        if not verdict.reason:
            raise FixConfigError(f"{address}: a score by hand needs its reason: add --reason")


def _body(overview: Overview, verdicts: Mapping[str, Verdict], author: str, now: datetime) -> Plain:
    return {
        "okrsync_snapshot": FORMAT,
        "cycle": plain(overview.cycle),
        "closed_at": plain(now),
        "closed_by": author,
        "objectives": [_objective(each, verdicts) for each in overview.objectives],
    }


def _objective(objective: ObjectiveStanding, verdicts: Mapping[str, Verdict]) -> Plain:
    scores = [(each.weight, score) for each in objective.key_results if (score := _score(each, verdicts)) is not None]
    return {
        "id": objective.id,
        "title": objective.title,
        "team": objective.team,
        "owner": objective.owner,
        "kind": plain(objective.kind),
        "progress": plain(objective.progress),
        "score": plain(weighted_mean(scores)),
        "without_data": plain(objective.missing),
        "key_results": [_key_result(each, verdicts) for each in objective.key_results],
    }


def _score(standing: Standing, verdicts: Mapping[str, Verdict]) -> Decimal | None:
    if standing.key_result in verdicts:
        return verdicts[standing.key_result].score
    return None if standing.score is None else standing.score.value


def _key_result(standing: Standing, verdicts: Mapping[str, Verdict]) -> Plain:
    computed, verdict = standing.score, verdicts.get(standing.key_result)
    return {
        "id": standing.key_result,
        "title": standing.title,
        "owner": standing.owner,
        "weight": plain(standing.weight),
        "metric": plain(standing.metric),
        "value": plain(standing.value),
        "raw_progress": plain(standing.raw_progress),
        "progress": plain(standing.progress),
        "formula": standing.formula,
        "author": standing.author,
        "automatic": None if standing.automatic is None else plain(standing.automatic.value),
        "stale_reason": standing.stale_reason,
        "no_data": standing.no_data,
        "measured_at": plain(standing.measured_at),
        "changed_at": plain(standing.changed_at),
        "rule_version": standing.rule_version,
        "computed_score": plain(computed),
        "score": plain(_score(standing, verdicts)),
        "score_by_hand": None if verdict is None else verdict.reason,
    }

"""B5: a third of the answers is broken: 5xx, resets, cut bodies, wrong lengths, trickles, login pages, GraphQL errors.

All over real HTTP, where connections really break. A sync completes with the truth, or it ends within its budget as an
error with a name and leaves everything as it was; nothing half read is ever published. What may not be sent twice is
sent once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from pydantic import SecretStr

from connectors import http as shared
from connectors.asana import client as asana_client
from connectors.github import client as github_client
from connectors.http import HttpClient, Limits
from mapping.changes import Action
from mapping.errors import OkrsyncError
from okrsync.sandbox import faults
from okrsync.sandbox.faults import Change, Reply
from okrsync.sandbox.ledger import Asked
from tests.connectors.clock import surroundings
from tests.faults.kit import LISTS, Make, Rig, Served, of
from tests.faults.rules import ALL, DONE, OTHER
from tests.faults.test_b06_failing_pages import exactly, kept
from tests.faults.worlds import KINDS, Kind

SEEDS = int(os.environ.get("OKRSYNC_BROKEN", "2"))
"""Seeds for each kind of source; a hundred take a few minutes."""
SHARE = 0.3
PASSING: dict[str, Change] = {
    **{f"status {code}": faults.status(code, b"") for code in (500, 502, 503, 504)},
    "dropped": faults.drop(),
    "cut at once": faults.cut(0),
    "cut": faults.cut(40),
    "longer than sent": faults.content_length(10_000_000),
    "shorter than sent": faults.content_length(25),
    "half a JSON": faults.truncate(40),
    "a proxy's page": faults.status(502, b"<html>Bad gateway</html>", {"content-type": "text/html"}),
}
"""Trouble that passes."""


def chance(*of_what: object) -> float:
    """Return a number between 0 and 1 that depends on nothing else, least of all on the order of arrival."""
    digest = hashlib.sha256(repr(of_what).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def broken(seed: int, kind: Kind, changes: dict[str, Change], told: Counter[str], *, in_a_row: int) -> Change:
    """Break a share of the answers, in ways that the seed picks; at most so many in a row to the same question."""
    tries: Counter[str] = Counter()
    names = sorted(changes)

    def change(asked: Asked, reply: Reply) -> Reply:
        question = exactly(asked)
        tries[question] += 1
        told["answers"] += 1
        if tries[question] > in_a_row or chance(seed, kind, question, tries[question]) >= SHARE:
            return reply
        name = names[int(chance("which", seed, kind, question, tries[question]) * len(names))]
        told["broken"] += 1
        told[name] += 1
        return changes[name](asked, reply)

    change.__name__ = "broken"
    return change


def started(make: Make, kind: Kind) -> tuple[Rig, str]:
    """Return a rig whose world moved on since its sync, and the store as an undisturbed next sync leaves it."""
    rig = make(kind, page=5, over_http=True)
    rig.world.fill(30, done=7)
    rig.sync()
    base = rig.keep()
    for id_ in sorted(rig.world.members())[:3]:
        rig.world.finish(id_)
    rig.world.remove(max(rig.world.members()))
    rig.world.add()
    rig.sync()
    straight = rig.dump()
    rig.put_back(base)
    return rig, straight


@pytest.mark.parametrize("kind", KINDS)
def test_trouble_that_passes_is_outlasted_and_leaves_no_trace(make: Make, kind: Kind) -> None:
    rig, straight = started(make, kind)
    base, told = rig.keep(), Counter[str]()
    for seed in range(SEEDS):
        rig.put_back(base)
        rig.world.faults.clear()
        rig.world.faults.add(broken(seed, kind, PASSING, told, in_a_row=2))
        assert rig.sync().failures == (), f"seed {seed}"
        assert rig.dump() == straight, f"seed {seed}"
    print(f"B5 {kind}: {SEEDS} syncs, {told['broken']} of {told['answers']} answers broken, all complete, dumps equal")
    assert told["broken"] >= SEEDS


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_breaks_a_sync_is_whole_or_ends_by_name_and_changes_nothing(make: Make, kind: Kind) -> None:
    rig, straight = started(make, kind)
    base, before, told, ended = rig.keep(), kept(rig), Counter[str](), Counter[str]()
    changes = PASSING | {"a login page": faults.login_page()}
    if kind == "github-graphql":
        changes |= {"errors with 200": graphql_only(faults.graphql_errors())}
    for seed in range(SEEDS):
        rig.put_back(base)
        rig.world.faults.clear()
        rig.world.faults.add(broken(seed, kind, changes, told, in_a_row=99))
        began = rig.clock.monotonic()
        report = rig.sync()
        assert rig.clock.monotonic() - began <= 2 * rig.budget_seconds
        assert of(report, OTHER).action is Action.KEEP
        if report.failures:
            assert [of(report, name).action for name in (ALL, DONE)] == [Action.HOLD, Action.HOLD], f"seed {seed}"
            assert kept(rig) == before, f"seed {seed}"
            assert "unexpected" not in str(rig.stale(ALL)), f"seed {seed}"
            ended["named"] += 1
        else:
            assert rig.dump() == straight, f"seed {seed}"
            ended["whole"] += 1
    print(f"B5 {kind}: {SEEDS} syncs, {told['broken']} of {told['answers']} answers broken, {dict(ended)}")


def graphql_only(change: Change) -> Change:
    return lambda asked, reply: change(asked, reply) if asked.path == "/graphql" else reply


@pytest.mark.parametrize(
    ("kind", "page"), [*((kind, "a login page") for kind in KINDS), ("github-graphql", "errors with 200")]
)
def test_what_looks_like_an_answer_and_is_none_is_named_and_nothing_is_lost(make: Make, kind: Kind, page: str) -> None:
    rig, straight = started(make, kind)
    before = kept(rig)
    said = faults.graphql_errors("INTERNAL", "Something odd") if page == "errors with 200" else faults.login_page()
    rig.world.faults.add(said, LISTS[kind])
    report = rig.sync()
    assert of(report, ALL).action is Action.HOLD
    assert kept(rig) == before
    assert ("web page instead of JSON" if page == "a login page" else "Something odd") in str(rig.stale(ALL))
    rig.world.faults.clear()
    assert rig.sync().failures == ()
    assert rig.dump() == straight


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_trickles_is_cut_off_and_asked_for_again(
    make: Make, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, straight = started(make, kind)
    for module in (shared, asana_client, github_client):
        monkeypatch.setattr(module, "Limits", partial(Limits, whole=0.4))  # instead of three minutes
    rig.world.faults.add(faults.drip(0.05), LISTS[kind], times=1)
    assert rig.sync().failures == ()
    assert rig.dump() == straight


UNSAFE: dict[str, Callable[[], Change]] = {
    "status 503": lambda: faults.status(503, b""),
    "status 429": lambda: faults.status(429, b"{}", {"retry-after": "1"}),
    "dropped after it was done": faults.drop,
    "cut": lambda: faults.cut(3),
    "longer than sent": lambda: faults.content_length(9999),
    "half a JSON": lambda: faults.truncate(3),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_may_not_be_sent_twice_is_sent_once(where: Served, name: str) -> None:
    where.sandbox.asana_ledger.clear()
    where.sandbox.asana_faults.clear()
    where.sandbox.asana_faults.add(UNSAFE[name](), "/status_updates")

    async def write() -> None:
        http = HttpClient(
            base_url=where.sandbox.asana_url,
            vendor="Asana",
            headers={"authorization": SecretStr(f"Bearer {where.sandbox.asana.account.token}")},
            surroundings=surroundings(connection="goals"),
        )
        try:
            with pytest.raises(OkrsyncError, match="goals: Asana"):
                await http.post("/status_updates", json={"data": {"text": "On track"}}, idempotent=False)
        finally:
            await http.aclose()

    asyncio.run(write())
    assert len(where.sandbox.asana_ledger.matching("/status_updates")) == 1
    where.sandbox.asana_faults.clear()

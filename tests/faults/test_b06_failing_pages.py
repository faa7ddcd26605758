"""B6: each page fails once, which nobody notices afterwards; then each fails for good, which harms nothing but its own.

A page that fails once leaves the same store as an undisturbed run. One that fails for good leaves the cursor where it
was, the key results at their last good values and marked stale, and other sources untouched; once it comes again, the
next sync is as if nothing had been.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mapping.changes import Action
from mapping.words import Selection
from okrsync.sandbox.faults import Change, Reply
from okrsync.sandbox.ledger import Asked
from tests.faults.kit import LISTS, STRIDE, Make, Rig, of
from tests.faults.rules import ALL, DONE, OTHER
from tests.faults.worlds import KINDS, Kind

PAGES = 40
STATUSES = (500, 502, 503, 504, 429, 408)


def full(make: Make, kind: Kind) -> Rig:
    """Return a rig whose items fill forty pages; always the same items."""
    rig = make(kind, page=3, budget_seconds=3600.0)  # every request fails here, which no run has to afford
    rig.world.fill(3 * PAGES, done=17)
    return rig


def exactly(asked: Asked) -> str:
    """Return what tells one page from another."""
    return f"{asked.method} {asked.path}?{asked.query} {asked.body.decode()}"


def failing_once(kind: Kind) -> Change:
    """Fail the first answer to every question, in one way or another."""
    seen: set[str] = set()
    # With 502 and 504 GitHub says that a query was too much; asked for less it is another question, which fails too.
    ways = [status for status in STATUSES if kind != "github-graphql" or status not in (502, 504)]

    def change(asked: Asked, reply: Reply) -> Reply:
        if exactly(asked) in seen:
            return reply
        seen.add(exactly(asked))
        return replace(reply, status=ways[len(seen) % len(ways)], body=b"{}")

    change.__name__ = "fails once"
    return change


def failing_for_good(nth: int) -> Change:
    """Fail all answers to the n-th question, counted from 0."""
    seen: dict[str, int] = {}

    def change(asked: Asked, reply: Reply) -> Reply:
        number = seen.setdefault(exactly(asked), len(seen))
        return replace(reply, status=503, body=b"{}") if number == nth else reply

    change.__name__ = "fails for good"
    return change


@pytest.mark.parametrize("kind", KINDS)
def test_when_every_page_fails_once_the_store_is_that_of_an_undisturbed_run(make: Make, kind: Kind) -> None:
    straight = full(make, kind)
    straight.sync()
    undisturbed = straight.dump()
    needed = len(straight.world.ledger)
    rig = full(make, kind)
    rig.world.faults.add(failing_once(kind))
    assert not rig.sync().failures
    failed = sum(asked.fault != "" and asked.status in STATUSES for asked in rig.world.ledger)
    assert rig.dump() == undisturbed
    assert failed >= min(needed, PAGES) / 4  # GitHub's GraphQL puts several pages into one request
    print(f"B6 {kind}: {needed} requests undisturbed, {failed} failed once each, {len(rig.world.ledger)} in all")


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_fails_for_good_leaves_the_cursor_and_the_last_good_value(make: Make, kind: Kind) -> None:
    rig = full(make, kind)
    rig.sync()
    base = rig.keep()
    rig.clock.instant += timedelta(hours=3)
    rig.world.finish(sorted(rig.world.members())[50])
    rig.world.add()
    rig.world.ledger.clear()
    rig.sync()
    straight = rig.dump()
    pages = len({exactly(asked) for asked in rig.world.ledger.matching(LISTS[kind])})
    rig.put_back(base)
    before, mark = kept(rig), watermark(rig)
    struck = range(0, min(pages, PAGES), STRIDE)
    for page in struck:
        rig.world.faults.clear()
        rig.world.faults.add(failing_for_good(page), LISTS[kind])
        report = rig.sync()
        assert [of(report, name).action for name in (ALL, DONE, OTHER)] == [Action.HOLD, Action.HOLD, Action.KEEP]
        assert (kept(rig), watermark(rig)) == (before, mark)
        assert "503" in str(rig.stale(ALL))
        assert rig.stale(OTHER) is None
    rig.world.faults.clear()
    assert not rig.sync().failures
    assert rig.dump() == straight
    print(f"B6 {kind}: {len(struck)} of {pages} pages failed for good: held {len(struck)}, then equal")


def kept(rig: Rig) -> object:
    """Return what belongs and what was published; fields of items that did come may be newer."""
    with rig.store() as store:
        dump = store.dump()
    return {name: dump[name] for name in ("memberships", "samples", "check_ins")}


def watermark(rig: Rig) -> object:
    with rig.store() as store, store.begin(started_at=rig.clock.now()) as run:
        return run.watermark(Selection.of("source", rig.world.terms()))

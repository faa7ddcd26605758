"""B11: a quarter of the items vanishes at once: the sync halts before it lets go of any, and asks; told to, it goes on.

What leaves because it no longer matches is no reason to ask, a small selection may lose a few, and the share is a
setting.
"""

from __future__ import annotations

import json

import pytest

from mapping.changes import Action
from mapping.check_ins import CauseKind
from tests.faults.kit import Make, Rig, of
from tests.faults.rules import ALL, DONE, OTHER
from tests.faults.test_b06_failing_pages import kept, watermark
from tests.faults.worlds import KINDS, Kind

ITEMS = 40


def synced(make: Make, kind: Kind, items: int = ITEMS) -> Rig:
    rig = make(kind)
    rig.world.fill(items, done=items // 4)
    assert rig.sync().failures == ()
    return rig


def delete(rig: Rig, count: int) -> None:
    for id_ in sorted(rig.world.members())[-count:]:
        rig.world.remove(id_)


def lead_away(rig: Rig, count: int) -> None:
    """Let items leave the selection that are still there."""
    for id_ in sorted(rig.world.members())[-count:]:
        rig.world.lead_away(id_)


@pytest.mark.parametrize("kind", KINDS)
def test_a_quarter_gone_at_once_is_held_until_a_person_accepts_it(make: Make, kind: Kind) -> None:
    rig = synced(make, kind)
    before, mark = kept(rig), watermark(rig)
    delete(rig, ITEMS // 4)
    for _ in range(2):  # asking once is not enough: nobody may have been there
        report = rig.sync()
        assert [of(report, name).action for name in (ALL, DONE, OTHER)] == [Action.HOLD, Action.HOLD, Action.KEEP]
        assert (kept(rig), watermark(rig)) == (before, mark)
        assert "10 of 40 items vanished at once" in str(rig.stale())
        assert "okrsync sync --accept-shrink" in str(rig.stale())
        assert len(report.failures) == 1
    accepted = rig.sync(accept_shrink=True)
    assert accepted.failures == ()
    assert rig.value(ALL) == ITEMS * 3 // 4
    gone = {part.kind: part.amount for part in of(accepted, ALL).causes}
    assert gone == {CauseKind.DELETED: -10}
    assert of(rig.sync(), ALL).action is Action.KEEP
    print(f"B11 {kind}: 10 of 40 gone, held twice, memberships kept, 30 after --accept-shrink")


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_back_was_never_gone(make: Make, kind: Kind) -> None:
    rig = synced(make, kind)
    whole = rig.dump()
    place = rig.world.snapshot()
    delete(rig, ITEMS // 4)
    assert rig.sync().failures
    rig.world.restore(place)
    assert rig.sync().failures == ()
    assert json.loads(rig.dump()) == json.loads(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_selection_may_lose_a_few(make: Make, kind: Kind) -> None:
    rig = synced(make, kind, 8)
    delete(rig, 4)
    rig.sync()
    assert rig.stale() is None or "vanished at once" not in str(rig.stale())


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_longer_matches_is_no_reason_to_ask(make: Make, kind: Kind) -> None:
    rig = synced(make, kind)
    lead_away(rig, ITEMS // 4)
    assert rig.sync().failures == ()
    assert rig.value(ALL) == ITEMS * 3 // 4


def test_the_share_is_a_setting(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRSYNC_HOLD_VANISHED", "0.3")
    rig = synced(make, "asana")
    delete(rig, ITEMS // 4)
    assert rig.sync().failures == ()
    assert rig.value(ALL) == ITEMS * 3 // 4

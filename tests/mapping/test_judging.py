"""One key result as each profile sees it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mapping.curves import Curve, CurveKind
from mapping.effective import Entries
from mapping.judging import Judgement, judgements
from mapping.profiles import OKRSYNC, Basis, Profile
from mapping.rules import Latest, ObjectiveKind
from mapping.standing import standing
from mapping.status import Status
from tests.mapping.test_effective import said
from tests.mapping.test_plan import Kept, objective
from tests.mapping.worlds import SERIES, day, number, rule

HALF = day("2026-11-16")
"""46 of 92 days are over."""
STRICT = Profile(
    name="strict", title="A strict tool", basis=Basis.PROGRESS, on_track=Decimal("0.7"), at_risk=Decimal("0.5"),
    called=("green", "amber", "red"), reading="as it stands", source="its manual",
)  # fmt: skip
LOOSE = Profile(name="loose", basis=Basis.BEHIND, on_track=Decimal("0.2"), at_risk=Decimal("0.3"))
ONE = rule(Latest(selection=SERIES), number(10))


def judged(
    value: int, *profiles: Profile, fresh: Kept | None = None, own: Profile = OKRSYNC, curve: Curve | None = None
) -> tuple[Judgement, ...]:
    one = replace(ONE, curve=curve or ONE.curve)
    held = replace(objective(one), profile=own, kind=ObjectiveKind.ASPIRATIONAL)
    stands = standing(one, held, entries=Entries(measured=said(value)), fresh=fresh or Kept(), now=HALF)
    return judgements(stands, one, held, profiles, HALF)


def test_each_profile_says_what_it_sees_in_its_own_words() -> None:
    own, strict, loose = judged(4, STRICT, OKRSYNC, LOOSE)  # 40 % where 50 % is expected
    assert (own.profile, own.own, own.status, own.called) == ("okrsync", True, Status.AT_RISK, "at risk")
    assert strict == Judgement(
        profile="strict", title="A strict tool", own=False, status=Status.OFF_TRACK, called="red",
        because="40% of the way, whatever is expected: at risk from 50%", reading="as it stands", source="its manual",
    )  # fmt: skip
    assert (loose.title, loose.status) == ("loose", Status.ON_TRACK)
    assert loose.because == "40% of the way with 50% expected: 10 points behind, on track up to 20 behind"


def test_a_profile_of_the_same_name_gives_way_to_the_objectives_own() -> None:
    ours = replace(OKRSYNC, on_track=Decimal("0.8"))
    (own,) = judged(4, OKRSYNC, own=ours)
    assert (own.status, own.own) == (Status.ON_TRACK, True)


def test_ahead_is_said_as_such() -> None:
    assert judged(6, LOOSE)[1].because == "60% of the way with 50% expected: 10 points ahead, on track up to 20 behind"


def test_what_is_stale_has_no_colour_under_any_profile() -> None:
    for each in judged(4, STRICT, fresh=Kept(stale_reason="jira: 429")):
        assert (each.status, each.called, each.because) == (
            Status.STALE, "", "the last good value stands: jira: 429",
        )  # fmt: skip
    nothing = standing(ONE, objective(ONE), entries=Entries(), fresh=Kept(no_data="no sample yet"), now=HALF)
    (own,) = judgements(nothing, ONE, objective(ONE), (), HALF)
    assert (own.status, own.because) == (Status.NO_DATA, "no sample yet")


def test_the_curve_of_the_key_result_counts_under_every_profile() -> None:
    late = Curve(kind=CurveKind.S_CURVE)
    early = day("2026-10-24")  # a quarter: 15.6 % on an S-curve
    one = replace(ONE, curve=late)
    stands = standing(one, objective(one), entries=Entries(measured=said(2)), fresh=Kept(), now=early)
    assert [each.status for each in judgements(stands, one, objective(one), (LOOSE,), early)] == [Status.ON_TRACK] * 2
    assert judgements(stands, ONE, objective(ONE), (), early)[0].status is Status.AT_RISK


def test_after_the_end_the_kind_of_objective_decides() -> None:
    after = day("2027-02-01")
    for kind, status in ((ObjectiveKind.ASPIRATIONAL, Status.ACHIEVED), (ObjectiveKind.COMMITTED, Status.PARTIAL)):
        held = replace(objective(ONE), kind=kind)
        stands = standing(ONE, held, entries=Entries(measured=said(8)), fresh=Kept(), now=after)
        assert judgements(stands, ONE, held, (), after)[0].status is status

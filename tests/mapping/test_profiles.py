"""Status profiles: what each tool would say, what holds under all of them, hysteresis, and the final score."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profiles import shipped
from mapping.check_ins import CheckIn
from mapping.metric import clamp
from mapping.profiles import OKRSYNC, Basis, Level, Profile
from mapping.rules import Completion, Cycle, Objective, ObjectiveKind
from mapping.score import final_score
from mapping.settling import Moment, settled, statuses_at
from mapping.status import Pace, Status
from tests.mapping.test_pace import HUNDRED, at
from tests.mapping.worlds import WORK, day, number, rule

HALF = "2026-02-20"
"""Of the hundred days fifty are over."""
SHIPPED = list(shipped().values())
profiles = st.sampled_from(SHIPPED)
progresses = st.decimals(Decimal(-1), Decimal(2), places=4)


TABLE = [
    ("oboard", Status.ON_TRACK, "on track"),
    ("upraise", Status.AT_RISK, "lagging"),
    ("viva", Status.AT_RISK, "behind"),
    ("viva-points", Status.AT_RISK, "behind"),
    ("mooncamp", Status.AT_RISK, "progressing"),
    ("mooncamp-strict", Status.OFF_TRACK, "off track"),
    ("innovation-minds", Status.OFF_TRACK, "off track"),
    ("innovation-minds-points", Status.AT_RISK, "progressing"),
    ("burningokr", Status.ON_TRACK, "on track"),
    ("burningokr-strict", Status.AT_RISK, "in danger"),
    ("boja", Status.AT_RISK, "at risk"),
    ("servicenow", Status.OFF_TRACK, "red"),
    ("openokr", Status.OFF_TRACK, "red"),
    ("atlassian", Status.AT_RISK, "at risk"),
    ("engagedly", Status.ON_TRACK, "on track"),
    ("okrsync", Status.AT_RISK, "at risk"),
]


@pytest.mark.parametrize(("name", "status", "called"), TABLE)
def test_at_half_time_40_percent_is_what_each_tool_says(name: str, status: Status, called: str) -> None:
    profile = shipped()[name]
    assert at("0.4", HALF, profile=profile).status is status
    assert profile.called[list(Level).index(Level(status))] == called


def test_no_tool_is_left_out_of_the_table() -> None:
    assert {row[0] for row in TABLE} == set(shipped())


def test_where_a_tools_documents_leave_a_choice_the_profile_says_which_one_it_takes() -> None:
    variants = [each for each in SHIPPED if "-" in each.name.replace("innovation-minds", "")]
    assert len(variants) == 4
    for each in variants:
        base = shipped()[each.name.rpartition("-")[0]]
        assert each.reading
        assert base.reading
        assert each.reading != base.reading
    assert all(each.source for each in SHIPPED)


@pytest.mark.parametrize(
    ("name", "bound", "better", "worse"),
    [
        ("oboard", "0.35", Status.ON_TRACK, Status.AT_RISK),
        ("oboard", "0.2", Status.AT_RISK, Status.OFF_TRACK),
        ("upraise", "0.475", Status.ON_TRACK, Status.AT_RISK),
        ("viva", "0.375", Status.AT_RISK, Status.OFF_TRACK),
        ("viva-points", "0.25", Status.AT_RISK, Status.OFF_TRACK),
        ("servicenow", "0.9", Status.ON_TRACK, Status.AT_RISK),
        ("boja", "0.2", Status.AT_RISK, Status.OFF_TRACK),
        ("engagedly", "0.335", Status.ON_TRACK, Status.AT_RISK),
    ],
)
def test_bounds_are_inclusive(name: str, bound: str, better: Status, worse: Status) -> None:
    profile = shipped()[name]
    assert at(bound, HALF, profile=profile).status is better
    assert at(str(Decimal(bound) - Decimal("1e-9")), HALF, profile=profile).status is worse


@given(profiles, progresses, progresses, st.sampled_from(["2026-01-06", HALF, "2026-04-10"]))
def test_more_progress_is_never_a_worse_status(profile: Profile, first: Decimal, second: Decimal, when: str) -> None:
    less, more = sorted((first, second))
    found = [at(str(each), when, profile=profile).status for each in (less, more)]
    assert list(Level).index(Level(found[1])) <= list(Level).index(Level(found[0]))


@given(profiles, progresses, st.integers(-10, 120))
def test_every_profile_gives_every_day_one_status_and_the_same_again(
    profile: Profile, progress: Decimal, days: int
) -> None:
    when = date.fromordinal(HUNDRED.starts_on.toordinal() + days).isoformat()
    first = at(str(progress), when, profile=profile)
    assert first == at(str(progress), when, profile=profile)
    assert first.because
    if days < 0:
        assert first.status is Status.NOT_STARTED
    elif days < 5:
        assert first.status is Status.TOO_EARLY
    elif days < 100:
        assert first.status in {GREEN, YELLOW, RED}
    else:
        assert first.status in {Status.ACHIEVED, Status.PARTIAL, Status.MISSED}


@given(profiles, st.decimals("0.01", 1, places=3))
def test_what_is_needed_is_the_least_that_is_on_track(profile: Profile, expected: Decimal) -> None:
    needed = profile.needed(expected)
    assert profile.level(needed + Decimal("1e-9"), expected) is Level.ON_TRACK
    assert profile.level(needed - Decimal("1e-9"), expected) is not Level.ON_TRACK


@pytest.mark.parametrize("profile", SHIPPED, ids=lambda profile: profile.name)
def test_stale_overrides_green_under_every_profile(profile: Profile) -> None:
    assert at("1", HALF, profile=profile, stale="jira: partial").status is Status.STALE


def test_ours_as_data_is_ours_as_code() -> None:
    assert shipped()["okrsync"] == OKRSYNC


def green(status: Status) -> Pace:
    return Pace(elapsed=Decimal("0.5"), expected=Decimal("0.5"), status=status, because="the arithmetic")


GREEN, YELLOW, RED = Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK


@pytest.mark.parametrize(
    ("now", "earlier", "runs", "shown"),
    [
        (GREEN, (RED,), 1, GREEN),
        (GREEN, (RED,), 2, RED),
        (GREEN, (GREEN, RED), 3, RED),
        (GREEN, (GREEN, GREEN, RED), 3, GREEN),
        (GREEN, (YELLOW, RED), 3, RED),
        (RED, (GREEN, GREEN), 3, RED),
        (GREEN, (Status.STALE, Status.NO_DATA), 3, GREEN),
        (Status.STALE, (RED, RED), 3, Status.STALE),
        (Status.ACHIEVED, (RED, RED), 3, Status.ACHIEVED),
        (GREEN, (), 3, GREEN),
    ],
)
def test_a_status_gets_worse_at_once_and_better_only_when_runs_agree(
    now: Status, earlier: tuple[Status, ...], runs: int, shown: Status
) -> None:
    assert settled(green(now), earlier, runs).status is shown


def test_a_status_that_is_held_back_says_so() -> None:
    found = settled(green(GREEN), (GREEN, RED), 3)
    assert found.because == "still off track, 2 of 3 runs are better: the arithmetic"


@given(st.lists(st.sampled_from([GREEN, YELLOW, RED]), min_size=1, max_size=12), st.integers(1, 5))
def test_with_hysteresis_an_upgrade_needs_that_many_runs(raw: list[Status], runs: int) -> None:
    shown = [settled(green(status), tuple(reversed(raw[:place])), runs).status for place, status in enumerate(raw)]
    order = [RED, YELLOW, GREEN]
    for place, (before, after) in enumerate(pairwise(shown), start=1):
        if order.index(after) > order.index(before):
            window = raw[max(0, place - runs + 1) : place + 1]
            assert all(order.index(each) >= order.index(after) for each in window)
    assert all(order.index(show) <= order.index(status) for show, status in zip(shown, raw, strict=True))


@pytest.mark.parametrize(
    ("progress", "kind", "outcome"),
    [
        ("1.3", ObjectiveKind.COMMITTED, "achieved"),
        ("0.999", ObjectiveKind.COMMITTED, "partial"),
        ("0.7", ObjectiveKind.ASPIRATIONAL, "achieved"),
        ("0.4", ObjectiveKind.ASPIRATIONAL, "partial"),
        ("-0.2", ObjectiveKind.ASPIRATIONAL, "missed"),
    ],
)
def test_a_final_score_is_clamped_and_named_by_the_kind_of_objective(
    progress: str, kind: ObjectiveKind, outcome: str
) -> None:
    score = final_score(Decimal(progress), kind=kind, cycle=HUNDRED, now=day("2026-04-11"), profile=OKRSYNC)
    assert score is not None
    assert (score.value, score.outcome, score.band) == (clamp(Decimal(progress)), outcome, outcome)


def test_a_profile_with_bands_names_the_score_by_them() -> None:
    def band(name: str, progress: str) -> str | None:
        score = final_score(
            Decimal(progress),
            kind=ObjectiveKind.ASPIRATIONAL,
            cycle=HUNDRED,
            now=day("2026-05-01"),
            profile=shipped()[name],
        )
        return None if score is None else score.band

    assert [band("openokr", text) for text in ("0.9", "0.89", "0.5", "0")] == ["full", "strong", "partial", "missed"]
    assert [band("viva", text) for text in ("1", "0.7", "0.59")] == ["above healthy", "healthy", "below healthy"]


def test_there_is_no_score_before_the_end_and_none_without_a_value() -> None:
    def score(progress: Decimal | None, when: str, cycle: Cycle = HUNDRED) -> object:
        return final_score(progress, kind=ObjectiveKind.COMMITTED, cycle=cycle, now=day(when), profile=OKRSYNC)

    assert score(Decimal(1), "2026-04-10") is None
    assert score(None, "2026-04-11") is None
    west = replace(HUNDRED, timezone="America/New_York")
    assert score(Decimal(1), "2026-04-11", west) is None  # there it is still the evening before


def test_a_score_just_short_of_its_bound_never_reads_as_if_it_were_met() -> None:
    score = final_score(
        Decimal("0.6999"), kind=ObjectiveKind.ASPIRATIONAL, cycle=HUNDRED, now=day("2026-05-01"), profile=OKRSYNC
    )
    assert score is not None
    assert score.because == "0.69 (aspirational: 0.70 is achieved, 0.40 partial)"


def entry(value: int, run: int) -> CheckIn:
    progress = Decimal(value) / 100
    return CheckIn(
        key_result="shop/checkout",
        run=run,
        at=day(HALF),
        value=Decimal(value),
        metric=number(100),
        raw_progress=progress,
        progress=progress,
        items=None,
        done=None,
        formula="",
        no_data=None,
        rule="",
        rule_version="",
    )


def test_the_status_at_a_run_is_that_of_the_check_in_in_force_then() -> None:
    rule_of = rule(Completion(selection=WORK), number(100))
    objective = Objective(id="o", title="O", cycle=HUNDRED, key_results=(rule_of,))
    entries = [entry(90, run=4), entry(10, run=2)]
    moments = [Moment(5, day(HALF)), Moment(4, day(HALF)), Moment(3, day(HALF)), Moment(1, day(HALF))]
    assert statuses_at(rule_of, objective, entries, moments) == (GREEN, GREEN, RED, Status.NO_DATA)


def test_every_basis_is_used() -> None:
    assert {each.basis for each in SHIPPED} == set(Basis)

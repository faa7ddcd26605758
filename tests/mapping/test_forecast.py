"""Where progress will be at the end, and how such forecasts fared."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.check_ins import CauseKind, CausePart, CheckIn, CheckInKind, RebuiltReading
from mapping.decimals import quotient
from mapping.forecast import (
    DRAWN_FROM,
    HORIZON,
    LEAST_CHANGES,
    PAST_FORECASTS,
    PAST_PATHS,
    PATHS,
    Bounds,
    Day,
    back_test,
    bounds_of,
    chance,
    daily,
    forecast,
)
from mapping.rules import (
    COMPLETION_METRIC,
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Metric,
    MetricKind,
    Period,
    PeriodPolicy,
)
from tests.mapping.test_profiles import entry
from tests.mapping.worlds import CYCLE, SERIES, WORK, number

START = CYCLE.starts_on
END = CYCLE.ends_on


def walk(changes: list[Decimal]) -> list[Day]:
    progress, days = Decimal(0), [Day(START, Decimal(0))]
    for place, change in enumerate(changes, start=1):
        progress += change
        days.append(Day(START + timedelta(days=place), progress))
    return days


def straight(today: date) -> Decimal:
    return Decimal((today - START).days) / Decimal((END - START).days)


histories = st.lists(st.integers(-30, 60).map(lambda n: Decimal(n) / 1000), min_size=LEAST_CHANGES, max_size=60)


@settings(max_examples=25)
@given(histories)
def test_intervals_nest_and_chances_fall_with_the_threshold(changes: list[Decimal]) -> None:
    found = forecast("shop/checkout", walk(changes), END, straight)
    assert found.half is not None
    assert found.most is not None
    assert found.median is not None
    assert found.most[0] <= found.half[0] <= found.median <= found.half[1] <= found.most[1]
    assert all(0 <= share <= 1 for _, share in found.chances)
    assert all(before[1] >= after[1] for before, after in pairwise(found.chances))
    reach = sum(changes, start=Decimal(0))
    assert reach + min(changes) * found.days_left <= found.most[0]
    assert found.most[1] <= reach + max(changes) * found.days_left


@given(st.lists(st.integers(-10, 10), min_size=1, max_size=50).map(sorted), st.integers(-11, 11), st.integers(0, 5))
def test_the_chance_never_rises_with_the_bound(ends: list[int], bound: int, more: int) -> None:
    steps = [each * 10**12 for each in ends]
    assert chance(steps, Decimal(bound)) >= chance(steps, Decimal(bound + more))
    assert chance(steps, Decimal(bound)) == quotient(Decimal(sum(each >= bound for each in ends)), Decimal(len(ends)))


def test_the_same_history_gives_the_same_forecast_and_another_key_result_another() -> None:
    days = walk([Decimal(n % 5) / 100 for n in range(40)])
    first = forecast("shop/checkout", days, END, straight)
    assert first == forecast("shop/checkout", days, END, straight)
    assert first.most != forecast("shop/other", days, END, straight).most


def test_steady_work_is_forecast_without_any_spread() -> None:
    found = forecast("shop/checkout", walk([Decimal("0.01")] * 50), END, straight)
    assert found.days_left == 41
    assert found.median == Decimal("0.91")
    assert found.most == (Decimal("0.91"), Decimal("0.91"))
    assert found.chances == ((Decimal("0.7"), Decimal(1)), (Decimal(1), Decimal(0)))
    assert found.back_test is not None
    assert (found.back_test.inside_half, found.back_test.brier) == (Decimal(1), Decimal(0))


def test_too_little_history_is_said() -> None:
    found = forecast("shop/checkout", walk([Decimal("0.01")] * (LEAST_CHANGES - 1)), END, straight)
    assert (found.median, found.chances) == (None, ())
    assert found.why_not == "too little history: 9 daily changes, 10 are needed"
    assert forecast("shop/checkout", [], END, straight).changes == 0
    assert forecast("shop/checkout", walk([Decimal("0.01")] * LEAST_CHANGES), END, straight).median is not None


def test_on_the_last_day_the_forecast_is_what_is() -> None:
    days = walk([Decimal("0.01"), Decimal("0.005")] * 45 + [Decimal(0)])
    assert days[-1].on == END - timedelta(days=1)
    found = forecast("shop/checkout", days, END, straight)
    assert found.most == (days[-1].progress, days[-1].progress)


def test_for_changes_that_are_drawn_alike_the_intervals_cover_what_they_say() -> None:
    generator = random.Random(7)
    inside_half, inside_most, score, made = Decimal(0), Decimal(0), Decimal(0), 12
    for number_ in range(made):
        changes = [Decimal(generator.choice([0, 0, 5, 10, 20, -5])) / 1000 for _ in range(90)]
        found = back_test(f"shop/{number_}", walk(changes), straight)
        assert found is not None
        inside_half += found.inside_half / made
        inside_most += found.inside_most / made
        score += found.brier / made
    assert Decimal("0.35") < inside_half < Decimal("0.65")
    assert Decimal("0.65") < inside_most < Decimal("0.92")
    assert score < Decimal("0.25")


def test_nobody_finishes_more_than_everything_nor_counts_less_than_nothing() -> None:
    share = bounds_of(Completion(selection=WORK), COMPLETION_METRIC, CYCLE)
    assert (share.low, share.high) == (Decimal(0), Decimal(1))
    bugs = bounds_of(Aggregate(kind=AggregateKind.COUNT, selection=WORK), number(10, 40), CYCLE)
    assert (bugs.low, round(bugs.high or Decimal(0), 3)) == (None, Decimal("1.333"))
    assert bounds_of(Latest(selection=SERIES), number(10), CYCLE) == Bounds()
    found = forecast("shop/checkout", walk([Decimal("0.02"), Decimal("0.01")] * 25), END, straight, share)
    assert found.most == (Decimal(1), Decimal(1))
    assert found.chances[1] == (Decimal(1), Decimal(1))


def test_good_days_that_follow_good_days_widen_the_forecast() -> None:
    changes = ([Decimal("0.02")] * 6 + [Decimal(0)] * 6) * 4
    mixed = list(changes)
    random.Random(3).shuffle(mixed)

    def width(drawn: list[Decimal]) -> Decimal:
        found = forecast("shop/checkout", walk(drawn), END, straight)
        assert found.most is not None
        return found.most[1] - found.most[0]

    assert width(changes) > width(mixed)


def test_the_draws_number_what_the_page_says() -> None:
    found = forecast("shop/checkout", walk([Decimal(n % 5) / 100 for n in range(20)]), END, straight)
    assert all(share * PATHS == int(share * PATHS) for _, share in found.chances)


def at(text: str, value: int, *, run: int = 1, kind: CheckInKind = CheckInKind.MEASURED) -> CheckIn:
    instant = datetime.fromisoformat(text + "+00:00")
    return replace(entry(value, run=run), at=instant, kind=kind)


def test_a_value_holds_until_the_next_and_the_last_of_a_day_counts() -> None:
    entries = [at("2026-10-02T01:00", 10), at("2026-10-02T20:00", 20, run=2), at("2026-10-04T01:00", 40, run=3)]
    days = daily(entries[::-1], number(100), CYCLE, date(2026, 10, 5))
    assert [(each.on.day, each.progress) for each in days] == [
        (2, Decimal("0.2")),
        (3, Decimal("0.2")),
        (4, Decimal("0.4")),
        (5, Decimal("0.4")),
    ]


def test_days_are_local_and_what_people_said_is_no_history() -> None:
    late = at("2026-10-02T22:30", 10)  # already the third in Paris
    said = at("2026-10-04T08:00", 90, run=2, kind=CheckInKind.BY_HAND)
    days = daily([late, said], number(100), CYCLE, date(2026, 10, 4))
    assert [(each.on.day, each.progress) for each in days] == [(3, Decimal("0.1")), (4, Decimal("0.1"))]


def test_a_change_of_rule_is_no_change_of_the_work() -> None:
    ruled = replace(
        at("2026-10-20T01:00", 90, run=2), causes=(CausePart(kind=CauseKind.RULE_CHANGED, amount=Decimal(80)),)
    )
    days = daily([at("2026-10-02T01:00", 10), ruled], number(100), CYCLE, date(2026, 11, 1))
    found = forecast("shop/checkout", days, END, straight)
    assert found.median == Decimal("0.9")
    assert found.changes == len(days) - 2


def test_days_before_the_first_measurement_are_those_rebuilt() -> None:
    def rebuilt(on: str, value: int | None) -> RebuiltReading:
        return RebuiltReading(
            key_result="shop/checkout",
            day=on,
            at=datetime.fromisoformat(f"{on}T22:00+00:00"),
            value=None if value is None else Decimal(value),
            raw_progress=None,
            progress=None,
            no_data=None,
            formula="",
            rule_version="",
        )

    past = [rebuilt("2026-09-20", 1), rebuilt("2026-10-01", None), rebuilt("2026-10-02", 5), rebuilt("2026-10-04", 90)]
    days = daily([at("2026-10-04T01:00", 40)], number(100), CYCLE, date(2026, 10, 5), past)
    assert [(each.on.day, each.progress, each.break_) for each in days] == [
        (2, Decimal("0.05"), False),
        (3, Decimal("0.05"), False),
        (4, Decimal("0.4"), True),
        (5, Decimal("0.4"), False),
    ]


def test_before_anything_was_measured_there_are_no_days() -> None:
    assert daily([], number(100), CYCLE, date(2026, 10, 5)) == []
    assert daily([replace(at("2026-10-02T01:00", 1), value=None)], number(100), CYCLE, date(2026, 10, 5)) == []


def test_history_of_a_total_needs_its_cycle() -> None:
    leads = Metric(
        kind=MetricKind.INCREASE, target=Decimal(30), baseline=Decimal(0), per=Period.MONTH, over=PeriodPolicy.TOTAL
    )
    (first, *_) = daily([at("2026-10-02T01:00", 45)], leads, CYCLE, date(2026, 10, 5))
    assert first.progress == Decimal("0.5")


def test_sure_forecasts_earn_a_brier_score_of_0_where_right_and_of_1_where_wrong() -> None:
    rising = walk([Decimal("0.01")] * 40)
    perfect = back_test("k", rising, lambda day: Decimal(0))
    assert perfect is not None
    assert [perfect.brier, perfect.inside_half, perfect.inside_most] == [0, 1, 1]
    assert perfect.horizon == HORIZON
    # ten good days, then a standstill: nearly all paths go above a bound that is never met again
    stopped = walk([Decimal("0.01")] * 10 + [Decimal(0)] * 11)
    worst = back_test("k", stopped, lambda day: Decimal("0.101"))
    assert worst is not None
    assert (worst.forecasts, worst.horizon) == (7, 5)
    assert Decimal("0.9") < worst.brier <= 1


def test_a_sure_forecast_of_failure_is_as_wrong_and_a_bound_that_is_met_exactly_is_met() -> None:
    # a standstill, then a rise: nearly no path reaches what then is reached exactly
    woken = walk([Decimal(0)] * 16 + [Decimal("0.01")] * 5)
    worst = back_test("k", woken, lambda day: woken[(day - START).days - 1].progress if day > START else Decimal(0))
    assert worst is not None
    assert Decimal("0.5") < worst.brier <= 1


def test_the_track_record_is_of_the_key_results_own_draws() -> None:
    days = walk([Decimal(place % 7 - 2) / 100 for place in range(40)])
    one, again, other = (back_test(name, days, straight) for name in ("k", "k", "l"))
    assert one == again != other
    assert forecast("k", days, END, straight).back_test == one


def test_what_lies_more_than_a_year_back_says_nothing_of_what_lies_ahead() -> None:
    steady = [Decimal("0.0001")] * (DRAWN_FROM - 1)
    wild = [Decimal(place % 9 - 4) / 100 for place in range(400)]
    found = forecast("k", walk([*wild, *steady]), END + timedelta(days=800), straight)
    assert found.changes == DRAWN_FROM - 1
    assert found.most is not None
    assert found.most[0] == found.most[1] == found.median
    one_wild_day = forecast("k", walk([*wild, *steady[1:]]), END + timedelta(days=800), straight)
    assert one_wild_day.most is not None
    assert one_wild_day.most[0] < one_wild_day.most[1]


def test_past_forecasts_are_made_as_that_of_today_from_a_year_each() -> None:
    wild = [Decimal(place % 9 - 4) / 100 for place in range(900)]
    steady = [Decimal("0.0001")] * (2 * DRAWN_FROM + HORIZON)
    found = back_test("k", walk([*wild, *steady]), lambda day: Decimal(0))
    assert found is not None
    assert found.forecasts <= PAST_FORECASTS
    assert (found.inside_half, found.inside_most) == (Decimal(1), Decimal(1))
    shaken = walk([*wild, *steady[:DRAWN_FROM]])  # the first of the forecasts of the last year knew wild days
    told = {day.on: day.progress for day in shaken}
    doubted = back_test("k", shaken, lambda day: told[day - timedelta(days=1)] + Decimal("0.01"))
    assert doubted is not None
    assert doubted.brier > 0


def test_an_end_many_years_ahead_is_forecast_by_fewer_paths() -> None:
    days = walk([Decimal(n % 5 - 2) / 50 for n in range(60)])
    far = forecast("k", days, END + timedelta(days=3650), straight)
    assert far.days_left > 3650
    assert all(share * PAST_PATHS == int(share * PAST_PATHS) for _, share in far.chances)
    assert 0 < far.chances[0][1] < 1

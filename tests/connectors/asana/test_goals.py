"""Asana Goals as a destination: which goals are written to, with what, and what a refusal says to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.asana.goal_list import Goal, goals_of
from connectors.asana.goals import AsanaGoals, GoalMetric, GoalsOptions, metric_for, text_of
from connectors.asana.options import AsanaOptions
from connectors.destination import Write
from mapping.delivery import STATUS, VALUE, Held, Update
from mapping.errors import FixConfigError
from mapping.rules import COMPLETION_METRIC, Cycle, Metric, MetricKind, ObjectiveKind, Unit, UnitKind
from mapping.status import Status
from tests.connectors.asana.kit import CONNECTION, Office
from tests.connectors.clock import surroundings

T = TypeVar("T")
BUGS = Metric(kind=MetricKind.DECREASE, baseline=Decimal(40), target=Decimal(10), unit=Unit(name="bugs"))
EURO = Unit(kind=UnitKind.CURRENCY, currency="EUR")
EUROS = replace(BUGS, kind=MetricKind.INCREASE, target=Decimal("99.5"), unit=EURO)
OFFLINE = Metric(kind=MetricKind.BINARY, target=Decimal(1), unit=Unit(kind=UnitKind.DONE))
UPDATE = Update(
    key_result="launch/epic",
    title="Finish the epic",
    objective="launch",
    objective_title="Launch",
    objective_kind=ObjectiveKind.COMMITTED,
    team="payments",
    owner=None,
    cycle=Cycle(id="2026-q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="UTC"),
    metric=COMPLETION_METRIC,
    run=1,
    at=datetime(2026, 11, 2, tzinfo=UTC),
    value=Decimal("0.256"),
    raw_progress=Decimal("0.256"),
    progress=Decimal("0.256"),
    status=Status.AT_RISK,
    confidence=None,
    author="okrsync",
    note="completed +5 pp",
)


def goals(office: Office, **options: object) -> AsanaGoals:
    given_ = {"token": office.site.account.token, "url": "http://localhost/api/1.0", "requests_a_minute": 100_000}
    around = surroundings(httpx.ASGITransport(office.app(), root_path="/api/1.0"), office.clock, connection=CONNECTION)
    return AsanaGoals(GoalsOptions.model_validate({**given_, **options}), around)


async def imported(office: Office, **options: object) -> list[Goal]:
    given_ = {"token": office.site.account.token, "url": "http://localhost/api/1.0", "requests_a_minute": 100_000}
    around = surroundings(httpx.ASGITransport(office.app(), root_path="/api/1.0"), office.clock, connection=CONNECTION)
    return await goals_of(AsanaOptions.model_validate({**given_, **options}), around)


def with_goals(office: Office, do: Callable[[AsanaGoals], Awaitable[T]], **options: object) -> T:
    async def run() -> T:
        there = goals(office, **options)
        try:
            return await do(there)
        finally:
            await there.aclose()

    return asyncio.run(run())


def read(office: Office, gid: str, update: Update = UPDATE, **options: object) -> Held:
    return with_goals(office, lambda there: there.read(gid, update), **options)


def write(office: Office, gid: str, update: Update = UPDATE, **options: object) -> None:
    async def both(there: AsanaGoals) -> None:
        held = await there.read(gid, update)
        parts = tuple(part for part, wanted in held.wanted.items() if held.found[part] != wanted)
        await there.write([Write(id="1", target=gid, update=update, held=held, parts=parts)])

    with_goals(office, both, **options)


@pytest.mark.parametrize(
    ("unit", "precision", "value", "text"),
    [
        ("percentage", 0, "0.256", "0.26"),
        ("percentage", 1, "0.2565", "0.257"),
        ("none", 0, "24.5", "25"),
        ("none", 2, "24.505", "24.51"),
        ("none", 1, "-3.25", "-3.3"),
    ],
)
def test_a_value_is_as_precise_as_the_metric_shows_it(unit: str, precision: int, value: str, text: str) -> None:
    assert GoalMetric(unit=unit, precision=precision).rounded(Decimal(value)) == Decimal(text)


@given(value=st.decimals(-(10**6), 10**6, places=9), precision=st.integers(0, 6), percent=st.booleans())
def test_what_was_written_reads_back_as_equal(value: Decimal, precision: int, percent: bool) -> None:
    metric = GoalMetric(unit="percentage" if percent else "none", precision=precision)
    sent = metric.rounded(value)
    assert metric.rounded(Decimal(repr(float(sent)))) == sent


def test_the_current_value_is_read_and_set(office: Office) -> None:
    gid = office.site.add_goal("Epic", current_number_value=0.2)
    assert read(office, gid) == Held(found={VALUE: "0.2"}, wanted={VALUE: "0.26"})
    write(office, gid)
    assert office.site.effects == [(gid, VALUE, 0.26)]


def test_a_falling_metric_is_sent_as_it_is_also_beyond_its_ends(office: Office) -> None:
    gid = office.site.add_goal("Bugs", unit="none", initial_number_value=40, target_number_value=10)
    write(office, gid, replace(UPDATE, metric=BUGS, value=Decimal(47)))
    assert office.site.effects == [(gid, VALUE, 47.0)]


def test_no_value_writes_nothing(office: Office) -> None:
    gid = office.site.add_goal("Epic")
    assert read(office, gid, replace(UPDATE, value=None)).wanted == {}


def test_an_external_metric_of_our_own_is_written(office: Office) -> None:
    gid = office.site.add_goal("Epic", source="external", can_manage=True)
    write(office, gid)
    assert office.site.effects == [(gid, VALUE, 0.26)]


@pytest.mark.parametrize(
    ("made", "update", "says"),
    [
        ({"source": "subgoal_progress"}, UPDATE, "takes its progress from subgoal_progress"),
        ({"source": "project_task_completion"}, UPDATE, "which Asana computes itself"),
        ({"source": "external"}, UPDATE, "external metric that another account made"),
        ({"unit": "none"}, UPDATE, "counts in plain numbers, the key result in percent"),
        ({}, replace(UPDATE, metric=BUGS), "counts in percent, the key result in number"),
        (
            {"unit": "currency", "currency_code": "USD"},
            replace(UPDATE, metric=EUROS),
            "counts in USD, the key result in EUR",
        ),
    ],
)
def test_a_goal_that_must_not_be_written_to_is_refused_before_anything_is_sent(
    office: Office, made: dict[str, object], update: Update, says: str
) -> None:
    gid = office.site.add_goal("Epic", **made)  # type: ignore[arg-type] # any member of a metric
    with pytest.raises(FixConfigError, match=says):
        read(office, gid, update)
    assert office.ledger.matching(method="POST") == []


def test_refusals_say_what_to_do(office: Office) -> None:
    gid = office.site.add_goal("Epic")
    office.site.goals[gid]["metric"] = None
    with pytest.raises(
        FixConfigError, match=rf"no metric to write to: give it one with `okrsync link launch/epic {gid}`"
    ):
        read(office, gid)
    with pytest.raises(FixConfigError, match=r"not there or hidden from this account .404.: check the gid"):
        read(office, "123")
    shown = office.site.add_goal("Shown")
    office.site.read_only.add(shown)
    with pytest.raises(FixConfigError, match=r"may not be edited by this account .403.: share the goal with it"):
        write(office, shown)
    office.site.paid = False
    with pytest.raises(FixConfigError, match=r"needs a plan with goals .402."):
        read(office, shown)


def test_a_metric_that_went_away_between_look_and_write_is_told(office: Office) -> None:
    gid = office.site.add_goal("Epic")
    office.site.goals[gid]["metric"] = None
    held = Held(found={VALUE: "0"}, wanted={VALUE: "0.26"})
    one = Write(id="1", target=gid, update=UPDATE, held=held, parts=(VALUE,))
    with pytest.raises(FixConfigError, match=r"takes no value .400."):
        with_goals(office, lambda there: there.write([one]))


def test_a_status_is_posted_only_where_asked_and_only_when_it_changes(office: Office) -> None:
    gid = office.site.add_goal("Epic")
    write(office, gid)
    assert STATUS not in read(office, gid).wanted
    write(office, gid, status_updates="on_change")
    write(office, gid, replace(UPDATE, value=Decimal("0.3")), status_updates="on_change")
    write(office, gid, replace(UPDATE, status=Status.ON_TRACK), status_updates="on_change")
    posted = [value for _, part, value in office.site.effects if part == STATUS]
    assert posted == ["at_risk", "on_track"]
    texts = [each["text"] for each in office.site.status_updates.values()]
    assert texts[0] == "Finish the epic: 25.6% (completed +5 pp)."


def test_a_status_update_says_how_far_a_number_is_on_its_way_where_that_is_another_number() -> None:
    bugs = replace(UPDATE, metric=BUGS, title="Fewer bugs", value=Decimal(25), progress=Decimal("0.5"), note="")
    assert text_of(bugs) == "Fewer bugs: 25 bugs, 50% of the way."


@pytest.mark.parametrize("status", [Status.STALE, Status.NO_DATA, Status.TOO_EARLY, Status.NOT_STARTED])
def test_what_is_no_colour_is_never_posted(office: Office, status: Status) -> None:
    gid = office.site.add_goal("Epic")
    assert STATUS not in read(office, gid, replace(UPDATE, status=status), status_updates="on_change").wanted


@pytest.mark.parametrize(
    ("metric", "value", "unit", "precision", "words"),
    [
        (COMPLETION_METRIC, Decimal("0.255"), "percentage", 1, "from 0% to 100%, now 25.5%"),
        (COMPLETION_METRIC, Decimal("0.5"), "percentage", 0, "from 0% to 100%, now 50%"),
        (BUGS, None, "none", 0, "from 40 to 10, now 40"),
        (EUROS, Decimal("50.25"), "currency", 2, "now €50.25"),
        (OFFLINE, None, "none", 0, "from 0 to 1, now 0"),
    ],
)
def test_linking_gives_a_goal_the_metric_of_the_key_result(
    office: Office, metric: Metric, value: Decimal | None, unit: str, precision: int, words: str
) -> None:
    gid = office.site.add_goal("Epic", unit="none", source="subgoal_progress")
    said = with_goals(office, lambda there: there.before_link(gid, metric, value))
    assert f"{words} (decimals: {precision}, progress source: manual); the one it has: from 0 to 1, now 0" in said
    assert "progress source: subgoal_progress)" in said
    assert office.site.effects == []
    with_goals(office, lambda there: there.link(gid, metric, value))
    made = office.site.goals[gid]["metric"]
    assert (made["unit"], made["precision"], made["progress_source"]) == (unit, precision, "manual")
    assert (made["initial_number_value"], made["target_number_value"]) == (
        float(metric.baseline or 0),
        float(metric.target),
    )
    now = value if value is not None else metric.baseline or Decimal(0)
    assert read(office, gid, replace(UPDATE, metric=metric, value=now)).found


def test_a_metric_without_two_ends_cannot_be_linked() -> None:
    with pytest.raises(FixConfigError, match="needs a baseline and another target"):
        metric_for(Metric(kind=MetricKind.AT_LEAST, baseline=None, target=Decimal(42)), None)


def test_goals_to_be_imported_come_with_their_metric_and_those_that_they_support(office: Office) -> None:
    above = office.site.add_goal("Grow", source="subgoal_progress")
    many = [office.site.add_goal(f"Part {n}", initial_number_value=n, target_number_value=200) for n in range(120)]
    office.site.supports = {gid: [above] for gid in many}
    write(office, many[0], replace(UPDATE, status=Status.AT_RISK), status_updates="on_change")
    found = asyncio.run(imported(office))
    assert [each.gid for each in found] == [above, *many]
    assert [[up.gid for up in each.parents] for each in found] == [[], *([above] for _ in many)]
    assert found[8].metric is not None
    said = found[1].current_status_update
    assert said is not None
    assert said.author is not None
    assert said.created_at is not None
    ends = (found[8].metric.initial_number_value, found[8].metric.target_number_value)
    assert ends == (Decimal(7), Decimal(200))


def test_goals_to_be_imported_need_a_plan_that_has_them(office: Office) -> None:
    office.site.paid = False
    with pytest.raises(FixConfigError):
        asyncio.run(imported(office))

"""Curves and status profiles as rules state them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.load import Config
from config.profiles import read_profiles, shipped
from mapping.curves import Curve, CurveKind, Mark
from mapping.errors import FixConfigError
from mapping.profiles import Basis
from mapping.shares import DoubleCounting
from tests.config.kit import key_result, loaded, problem

RULES = """\
connections:
  jira: {{connector: jira, url: https://acme.atlassian.net, email: sync@acme.test, token: "${{JIRA_TOKEN}}"}}
{head}cycles:
  2026-q4: {{starts_on: 2026-10-01, ends_on: 2027-01-01{cycle}}}
objectives:
  o:
    title: An objective
    cycle: 2026-q4
    {objective}
    key_results:
      k:
        title: A key result
        {key_result}
        measure: {{completion: {{from: jira, project: CHK}}}}
"""


def rules(*, head: str = "", cycle: str = "", objective: str = "team: shop", key_result: str = "owner: ana") -> str:
    return RULES.format(head=head, cycle=cycle, objective=objective, key_result=key_result)


def curve_of(config: Config) -> Curve:
    return config.key_results()[0].curve


def test_a_line_is_expected_where_nothing_is_said(tmp_path: Path) -> None:
    assert curve_of(loaded(tmp_path, key_result())) == Curve()


def test_french_working_days_leave_weekends_and_holidays_out(tmp_path: Path) -> None:
    curve = curve_of(loaded(tmp_path, rules(key_result="pace: {curve: working_days, country: FR}")))
    assert (curve.kind, curve.calendar) == (CurveKind.WORKING_DAYS, "FR")
    weekdays = [day for day in curve.days_off if day.weekday() < 5]
    assert weekdays == [date(2026, 11, 11), date(2026, 12, 25)]
    assert len(curve.days_off) == 26 + 2


def test_a_region_has_holidays_of_its_own(tmp_path: Path) -> None:
    cycle = "pace: {curve: working_days, country: DE, region: BY}"
    curve = curve_of(loaded(tmp_path, rules(objective=cycle)))
    assert curve.calendar == "DE-BY"
    assert date(2026, 12, 25) in curve.days_off


def test_a_country_may_work_on_some_saturdays(tmp_path: Path) -> None:
    china = curve_of(loaded(tmp_path, rules(key_result="pace: {curve: working_days, country: CN}")))
    saturday = date(2026, 10, 10)  # worked to make up for the national day
    assert saturday.weekday() == 5
    assert saturday not in china.days_off


def test_the_nearest_pace_counts(tmp_path: Path) -> None:
    cycle, objective = ", pace: s_curve", "pace: working_days"
    assert curve_of(loaded(tmp_path, rules(cycle=cycle))).kind is CurveKind.S_CURVE
    assert curve_of(loaded(tmp_path, rules(cycle=cycle, objective=objective))).kind is CurveKind.WORKING_DAYS
    config = loaded(tmp_path, rules(cycle=cycle, objective=objective, key_result="pace: linear"))
    assert curve_of(config) == Curve()
    assert config.objectives[0].curve.kind is CurveKind.WORKING_DAYS


def test_freeze_weeks_days_and_spans_are_off(tmp_path: Path) -> None:
    freeze = "pace: {freeze: [2026-W52, 2026-11-11, {starts_on: 2026-12-28, ends_on: 2027-01-04}]}"
    curve = curve_of(loaded(tmp_path, rules(key_result=freeze)))
    assert curve.days_off == (
        date(2026, 11, 11),
        *(date(2026, 12, day) for day in range(21, 32)),
    )


def test_milestones_have_dates_and_shares(tmp_path: Path) -> None:
    stated = "pace: {curve: milestones, by: {2026-10-31: 20%, 2026-12-01: 0.8}}"
    curve = curve_of(loaded(tmp_path, rules(key_result=stated)))
    assert curve.marks == (
        Mark(on=date(2026, 10, 31), share=Decimal("0.2")),
        Mark(on=date(2026, 12, 1), share=Decimal("0.8")),
    )


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        ("{curve: working_days, country: XX}", "Country XX not available: use an ISO 3166 code"),
        ("{curve: working_days, country: DE, region: ZZ}", "Entity `DE` does not have subdivision ZZ"),
        ("{curve: working_days, region: BY}", "a region without its country: add country: FR"),
        ("working_day", "unknown value 'working_day': did you mean 'working_days'?"),
        ("{curve: milestones}", "the curve milestones has no dates: add by:"),
        ("{curve: milestones, by: {2027-02-01: 20%}}", "2027-02-01 is not in cycle 2026-q4"),
        ("{curve: points, by: {2026-10-31: 120%}}", "'120%' is no share of the way"),
        ("{curve: points, by: {2026-10-31: 60%, 2026-11-30: 20%}}", "2026-11-30 does not come after 2026-10-31"),
        ("{curve: points, by: {soon: 60%}}", "'soon' is no date"),
        ("{curve: points, by: {2026-10-31: 60%}, country: FR}", "country says nothing to the curve points"),
        ("{by: {2026-10-31: 60%}}", "by says nothing to the curve linear"),
        ("{freeze: [2026-W60]}", "freeze: '2026-W60' is no day and no week"),
        ("{freeze: 2026-W52}", "freeze is"),
        ("{freeze: [{starts_on: 2026-12-28, ends_on: 2026-12-28}]}", "the freeze ends before it starts"),
        ("{freeze: [{starts_on: 2026-10-01, ends_on: 2027-01-01}]}", "no day of cycle 2026-q4 is left"),
        ("[linear]", "pace is a list"),
        ("{curv: linear}", "unknown key 'curv'"),
    ],
)
def test_a_pace_that_cannot_be_is_a_problem_at_its_place(tmp_path: Path, pace: str, said: str) -> None:
    found = problem(tmp_path, rules(key_result=f"pace: {pace}"))
    assert found.startswith("13:")
    assert said in found


def test_a_profile_is_named_for_all_or_for_one_objective(tmp_path: Path) -> None:
    assert loaded(tmp_path, rules()).objectives[0].profile.name == "okrsync"
    assert loaded(tmp_path, rules(head="profile: viva\n")).objectives[0].profile == shipped()["viva"]
    patient = rules(head="profile: viva\n", objective="profile: {name: oboard, grace: 0.1, hysteresis: 3}")
    profile = loaded(tmp_path, patient).objectives[0].profile
    assert (profile.name, profile.grace, profile.hysteresis) == ("oboard", Decimal("0.1"), 3)


OURS = """\
title = "Ours"
source = "the team's handbook"
basis = "behind"
on_track = 0.05
at_risk = 0.2
"""


def test_a_team_may_write_a_profile_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")
    profile = loaded(tmp_path, rules(head="profile: ours.toml\n")).objectives[0].profile
    assert (profile.name, profile.basis, profile.at_risk) == ("ours", Basis.BEHIND, Decimal("0.2"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("0.2", "0.01"), "at_risk is stricter than on_track"),
        (("behind", "distance"), "basis: "),
        (("title", "titel"), "title: field required"),
        (('title = "Ours"', 'title = "Ours'), "cannot be read as a status profile"),
        (("at_risk = 0.2", "at_risk = 0.2\ngrace = 0.01"), "grace: input should be greater than or equal to 0.05"),
        (("at_risk = 0.2", "at_risk = 0.2\npartial = 0.8"), "partial lies above"),
        (("at_risk = 0.2", "at_risk = 0.2\n[[bands]]\nat = 0.5\nname = 'half'"), "the last one at 0"),
        (("at_risk = 0.2", "at_risk = 0.2\n[variants]\nx = 1"), "variants: write each as"),
    ],
)
def test_a_profile_with_a_fault_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(OURS.replace(*change), encoding="utf-8")
    with pytest.raises(FixConfigError) as caught:
        read_profiles(path)
    assert said in str(caught.value).lower() or said in str(caught.value)
    assert "ours.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("vivo", "unknown status profile 'vivo': did you mean 'viva'?"),
        ("missing.toml", "cannot be read as a status profile"),
        ("{name: viva, grace: 0.01}", "grace"),
        ("{name: viva, hysteresis: 0}", "hysteresis"),
        ("[viva]", "profile is a list"),
    ],
)
def test_a_profile_that_cannot_be_is_a_problem_at_its_place(tmp_path: Path, profile: str, said: str) -> None:
    found = problem(tmp_path, rules(head=f"profile: {profile}\n"))
    assert found.startswith("3:")
    assert said in found


def test_double_counting_is_said_for_all_or_for_one_objective(tmp_path: Path) -> None:
    assert loaded(tmp_path, rules()).objectives[0].double_counting is DoubleCounting.ALLOW
    everywhere = loaded(tmp_path, rules(head="double_counting: split\n"))
    assert everywhere.key_results()[0].double_counting is DoubleCounting.SPLIT
    assert '"double_counting":"split"' in everywhere.key_results()[0].rule
    here = rules(head="double_counting: split\n", objective="double_counting: exclusive")
    assert loaded(tmp_path, here).objectives[0].double_counting is DoubleCounting.EXCLUSIVE
    found = problem(tmp_path, rules(head="double_counting: splitt\n"))
    assert found == "3:18: double_counting: unknown policy 'splitt': did you mean 'split'?"


def test_coverage_declares_work_to_look_over(tmp_path: Path) -> None:
    head = "coverage: [{from: jira, project: SHOP, by: story_points, where: item.level == 0}]\n"
    config = loaded(tmp_path, rules(head=head))
    (declared,) = config.coverage
    assert declared.by == "story_points"
    assert declared.selection in config.selections_of("jira")
    assert "story_points" in config.fields_of("jira")


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        ("{from: jira, project: SHOP}", "coverage is"),
        ("[SHOP]", "an entry of coverage is"),
        ("[{from: jra, project: SHOP}]", "unknown connection 'jra'"),
        ("[{from: jira, projet: SHOP}]", "unknown key 'projet'"),
    ],
)
def test_a_coverage_that_cannot_be_is_a_problem_at_its_place(tmp_path: Path, coverage: str, said: str) -> None:
    found = problem(tmp_path, rules(head=f"coverage: {coverage}\n"))
    assert found.startswith("3:")
    assert said in found

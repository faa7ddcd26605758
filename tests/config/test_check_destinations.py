"""Looking at destinations: whether every target that the rules name is there and can be written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook

from config.check import Finding
from config.check_destinations import check_destinations
from config.destinations import ConfiguredDestination
from config.load import Config
from connectors.destination import Destination
from mapping.errors import FixConfigError
from tests.config.kit import COUNT, ENVIRON, key_result, loaded, place_of
from tests.connectors.asana import described
from tests.connectors.asana.kit import Office
from tests.connectors.clock import surroundings
from tests.connectors.contract import CANARY

SET = {**ENVIRON, "GOALS": f"1/{CANARY}", "HOOK": "whsec_bWFkZSB1cCBhbmQgbG9uZyBlbm91Z2ggdG8gYmUgb25l"}
OTHER = f"      l:\n        title: Another\n        metric: {{baseline: 5, target: 1}}\n        measure: {COUNT}\n"
HOOK = '  hook: {to: webhook, url: https://hooks.example.com/x, secret: "${HOOK}", key_results: all}\n'


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    if described.there():
        assert made.not_as_described() == []


def goal(office: Office, name: str = "Bugs", **changes: object) -> str:
    """Add a goal whose metric is a number, as the key results have it."""
    metric = {"unit": "none", "initial_number_value": 40, "target_number_value": 10, **changes}
    return office.site.add_goal(name, **metric)  # type: ignore[arg-type] # any member of a metric


def rules(goals: Mapping[str, str], more: str = "") -> str:
    named = "\n".join(f'      {address}: "{gid}"' for address, gid in goals.items())
    account = '  goals:\n    to: asana\n    token: "${GOALS}"\n    url: http://localhost/api/1.0\n'
    goals_lines = f"{account}    key_results:\n{named}\n"
    return key_result() + OTHER + "destinations:\n" + (goals_lines if goals else "") + more


async def found_in(config: Config, office: Office) -> list[Finding]:
    def opened(rule: ConfiguredDestination) -> Destination:
        elsewhere = httpx.MockTransport(lambda _request: httpx.Response(405))
        inner = httpx.ASGITransport(office.app(), root_path="/api/1.0") if rule.name == "goals" else elsewhere
        around = surroundings(inner, office.clock, connection=rule.name, folder=config.folder, budget_seconds=5)
        made: Destination = rule.kind.open(rule.options, around)
        return made

    return [
        each async for each in check_destinations(config, opened, at=office.clock.now(), objectives=config.objectives)
    ]


async def checked(folder: Path, office: Office, text: str) -> list[str]:
    """Return what was found, places as ``line:column``."""
    found = await found_in(loaded(folder, text, environ=SET), office)
    return [str(each).removeprefix(f"{folder}/okrsync.yaml:") for each in found]


async def test_targets_that_can_be_written_are_read_once_and_told(tmp_path: Path, office: Office) -> None:
    one, two = (goal(office, name) for name in ("Bugs", "Other"))
    told = await checked(tmp_path, office, rules({"o/k": one, "o/l": two}))
    assert told == [
        f"goals: goal {gid} ({name}) at localhost has value 0" for gid, name in ((one, "Bugs"), (two, "Other"))
    ]
    assert len(office.heard) == 2
    assert office.site.effects == []


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ({"progress_source": "subgoal_progress"}, "takes its progress from subgoal_progress, which Asana computes"),
        ({"progress_source": "external", "can_manage": False}, "has an external metric that another account made"),
        ({"unit": "percentage"}, "counts in percent, the key result in number"),
    ],
)
async def test_a_goal_that_cannot_be_written_is_told_where_the_file_names_it(
    tmp_path: Path, office: Office, metric: Mapping[str, object], says: str
) -> None:
    good = goal(office, "Good")
    bad = goal(office, "Bad", **metric)
    text = rules({"o/k": good, "o/l": bad})
    told = await checked(tmp_path, office, text)
    assert told[0].startswith("goals: goal")
    assert told[1].startswith(f"{place_of(text, chr(34) + bad)}: goals: goal {bad} (Bad) {says}")
    assert len(told) == 2


async def test_a_goal_without_a_metric_is_told_with_the_command_that_gives_one(tmp_path: Path, office: Office) -> None:
    gid = office.site.add_goal("Bare")
    office.site.goals[gid]["metric"] = None
    (told,) = await checked(tmp_path, office, rules({"o/k": gid}))
    assert f"okrsync link o/k {gid}" in told


async def test_every_missing_goal_is_told_at_its_own_line(tmp_path: Path, office: Office) -> None:
    text = rules({"o/k": "123456", "o/l": "654321"})
    told = await checked(tmp_path, office, text)
    assert [each.split(": ")[0] for each in told] == [place_of(text, '"123456'), place_of(text, '"654321')]
    assert all("is not there or hidden from this account (404)" in each for each in told)


async def test_a_plan_without_goals_is_told(tmp_path: Path, office: Office) -> None:
    gid = goal(office, "Bugs")
    office.site.paid = False
    (told,) = await checked(tmp_path, office, rules({"o/k": gid}))
    assert "needs a plan with goals (402)" in told


async def test_a_refused_token_is_told_once_at_the_destination_and_asked_no_further(
    tmp_path: Path, office: Office
) -> None:
    goals = {"o/k": goal(office, "Bugs"), "o/l": goal(office, "Other")}
    text = rules(goals, HOOK)
    config = loaded(tmp_path, text, environ={**SET, "GOALS": "1/another"})
    problem, hook = await found_in(config, office)
    shown = str(problem).removeprefix(f"{tmp_path}/okrsync.yaml:")
    assert shown.startswith(f"{place_of(text, 'goals:')}: goals: Asana refuses the token of connection goals (401)")
    assert hook.problem is None
    assert "1/another" not in shown


async def test_a_webhook_is_not_posted_to_and_told_once_for_all_its_key_results(tmp_path: Path, office: Office) -> None:
    told = await checked(tmp_path, office, rules({}, HOOK))
    says = "answers (OPTIONS: 405), its certificate is trusted; whether it takes events shows at the first delivery"
    assert told == [f"hook: https://hooks.example.com/x {says}"]
    assert office.heard == []


async def test_a_destination_that_is_away_is_one_finding_and_harms_no_other(tmp_path: Path, office: Office) -> None:
    goals = {"o/k": goal(office, "Bugs"), "o/l": goal(office, "Other")}
    text = rules(goals, HOOK)

    def opened(rule: ConfiguredDestination) -> Destination:
        down = httpx.MockTransport(lambda _request: httpx.Response(503))
        made: Destination = rule.kind.open(rule.options, surroundings(down, office.clock, connection=rule.name))
        return made

    config = loaded(tmp_path, text, environ=SET)
    found = [
        each async for each in check_destinations(config, opened, at=office.clock.now(), objectives=config.objectives)
    ]
    assert [each.connection for each in found] == ["goals", "hook"]
    assert [each.problem is None for each in found] == [False, True]
    assert place_of(text, "goals:") in str(found[0])


async def test_a_destination_that_cannot_be_opened_is_told_at_its_place(tmp_path: Path, office: Office) -> None:
    text = rules({}, HOOK)

    def opened(_rule: ConfiguredDestination) -> Destination:
        raise FixConfigError("hook needs HOOK: set it")

    config = loaded(tmp_path, text, environ=SET)
    (found,) = [
        each async for each in check_destinations(config, opened, at=office.clock.now(), objectives=config.objectives)
    ]
    assert str(found) == f"{tmp_path}/okrsync.yaml:{place_of(text, 'hook:')}: hook needs HOOK: set it"


def column(folder: Path, *lines: list[object], which: str = "[o/k, o/l]") -> str:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "OKRs"
    for line in lines:
        sheet.append(line)
    book.save(folder / "okrs.xlsx")
    names = "sheet: OKRs, key_column: Key result, value_column: Actual"
    return rules({}, f"  column: {{to: spreadsheet, file: okrs.xlsx, {names}, key_results: {which}}}\n")


async def test_a_row_that_is_missing_is_told_where_the_file_names_the_key_result(
    tmp_path: Path, office: Office
) -> None:
    text = column(tmp_path, ["Key result", "Actual"], ["o/k", None])
    before = (tmp_path / "okrs.xlsx").read_bytes()
    good, bad = await checked(tmp_path, office, text)
    assert good == "column: row o/k, column Actual of okrs.xlsx has no value yet"
    assert bad.startswith(f"{place_of(text, 'o/l]')}: column: ")
    assert "has no row for o/l in column Key result" in bad
    assert (tmp_path / "okrs.xlsx").read_bytes() == before


async def test_a_missing_header_is_told_once_at_the_destination(tmp_path: Path, office: Office) -> None:
    text = column(tmp_path, ["Key result", "Value"], ["o/k", 1], ["o/l", 2], which="all")
    (told,) = await checked(tmp_path, office, text)
    assert told.startswith(f"{place_of(text, 'column:')}: column: ")
    assert "has no row with the headers Key result, Actual" in told

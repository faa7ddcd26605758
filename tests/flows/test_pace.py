"""Pace, sharing and coverage through whole runs and the store, against the sandbox over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from flows.backfill import backfill
from flows.reader import StoreReader
from flows.work import utc_now
from mapping.changes import Action
from mapping.check_ins import CauseKind
from mapping.coverage import CoverageReport
from mapping.explanation import Explanation
from mapping.status import Status
from store import Store
from tests.flows.kit import Company, by_address, company


def ruled(rivelle: Company, change: Callable[[str], str]) -> None:
    path = rivelle.folder / "okrsync.yaml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Company]:
    """A company whose rules a test may change."""
    with company(tmp_path / "own") as made:
        yield made


def explained(rivelle: Company, address: str) -> Explanation:
    with StoreReader(Store.open(f"sqlite:///{rivelle.database}")) as reader:
        return reader.explain(address)


TWICE = """\
  again:
    title: The same epic once more
    cycle: {cycle}
    key_results:
      epic:
        title: Finish the one-page checkout, again
        measure: {{completion: {{from: jira, epic: SHOP-1, by: story_points}}}}
"""


def test_an_epic_that_feeds_two_key_results_is_split_between_them_and_measuring_again_agrees(own: Company) -> None:
    own.sync()
    whole = explained(own, "new-checkout/epic")
    ruled(own, lambda text: "double_counting: split\n" + text + TWICE.format(cycle=whole.cycle))
    changes = by_address(own.sync())
    halves = [changes[name].reading for name in ("new-checkout/epic", "again/epic")]
    assert sum(each.denominator or Decimal(0) for each in halves) == whole.reading.denominator
    assert [each.assumed for each in halves] == [{"feeds 2 key results: counted as 1/2": whole.reading.items}] * 2
    assert {part.kind for part in changes["new-checkout/epic"].causes} <= {CauseKind.RULE_CHANGED}
    for address in ("new-checkout/epic", "again/epic"):
        found = explained(own, address)
        assert found.agrees
        assert '"double_counting":"split"' in found.rule
    assert {each.action for each in own.sync().changes} == {Action.KEEP}


def test_an_item_counts_once_where_the_rules_say_so(own: Company) -> None:
    cycle = explained_cycle(own)
    ruled(own, lambda text: "double_counting: exclusive\n" + text + TWICE.format(cycle=cycle))
    again = by_address(own.sync())["again/epic"]
    assert again.reading.value is None
    assert again.reading.left_out["counts for new-checkout/epic alone"] > 10
    with Store.open(f"sqlite:///{own.database}") as store:
        both = frozenset({"new-checkout/epic", "again/epic"})
        since = utc_now().date() - timedelta(days=7)
        asyncio.run(backfill(own.place.rules(), store, now=utc_now, since=since, key_results=both))
        days = store.rebuilt(sorted(both))
    assert any(each.value is not None for each in days["new-checkout/epic"])
    assert days["again/epic"]
    assert all(each.value is None for each in days["again/epic"])


def explained_cycle(rivelle: Company) -> str:
    return rivelle.place.rules(offline=True).objectives[0].cycle.id


def test_work_declared_for_coverage_is_pulled_and_what_is_tied_to_nothing_is_listed(own: Company) -> None:
    ruled(own, lambda text: "coverage: [{from: jira, project: SHOP, by: story_points}]\n" + text)
    own.sync()
    config = own.place.rules(offline=True)
    with StoreReader(Store.open(f"sqlite:///{own.database}")) as reader:
        report: CoverageReport = reader.coverage(config.objectives, config.coverage, days=14)
    assert report.unread == ()
    shop = [each for each in report.untied if each.project == "SHOP"]
    assert shop
    assert any(each.points for each in shop)
    tied = {part.key for part in explained(own, "new-checkout/epic").reading.evidence if part.counted}
    assert not tied & {key for each in shop for key in each.keys}


def test_a_curve_a_profile_and_hysteresis_hold_from_the_rules_to_the_standing(own: Company) -> None:
    own.sync()
    cycle = explained_cycle(own)
    pace = f"cycle: {cycle}\n    pace: {{curve: working_days, country: FR}}"
    ruled(own, lambda text: text.replace(f"cycle: {cycle}", pace, 1))
    ruled(own, lambda text: "profile: {name: servicenow, hysteresis: 3}\n" + text)
    own.sync()
    found = explained(own, "new-checkout/epic")
    assert found.standing.pace.profile == "servicenow"
    assert "working days (FR) over" in found.standing.pace.expected_because
    assert found.profiles[0].own
    assert found.profiles[0].profile == "servicenow"
    assert found.standing.pace.status in {Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK}
    assert found.forecast is not None

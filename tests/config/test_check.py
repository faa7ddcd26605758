"""Asking the other side: who we are there, and whether every rule sees what it names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from config.check import Finding, check_online
from config.load import Config
from connectors.port import CensusPage, Glimpse, Identity, OnSkip, Source
from mapping.errors import FixConfigError, OkrsyncError, TryAgainError
from mapping.words import Sample, Selection, WorkItem
from tests.config.kit import key_result, loaded

POINTS = "{completion: {from: jira, epic: CHK-12, by: story_points}}"


@dataclass
class FakeSource:
    """Answers as it is told to; only the questions of a check are asked."""

    refusal: OkrsyncError | None = None
    unknown: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    warning: str = ""
    closed: list[bool] = field(default_factory=list)

    async def identify(self) -> Identity:
        if self.refusal:
            raise self.refusal
        return Identity(account="Sync Robot", server="acme", detail={"warning": self.warning})

    async def glimpse(self, selection: Selection) -> Glimpse:
        if selection.spec in self.hidden:
            raise FixConfigError("project SHH is not visible to Sync Robot: give it the permission to browse")
        return Glimpse(matches=12, example="CHK-13")

    async def fingerprint(self, fields: frozenset[str]) -> str:
        if found := fields & self.unknown:
            names = ", ".join(sorted(found))
            raise FixConfigError(f"{names}: several fields (customfield_1, customfield_2): name one in story_points")
        return "f"

    def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        raise AssertionError

    def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        raise AssertionError

    def by_ids(self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[Sequence[WorkItem]]:
        raise AssertionError

    def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        raise AssertionError

    def requests(self) -> int:
        return 0

    async def aclose(self) -> None:
        self.closed.append(True)


async def findings(config: Config, **sources: FakeSource) -> list[Finding]:
    def opened(name: str) -> Source:
        return sources.get(name) or FakeSource()

    return [each async for each in check_online(config, opened)]


def places(found: list[Finding], folder: Path) -> list[str]:
    shown = [str(each.problem) for each in found if each.problem]
    return [each.removeprefix(f"{folder}/okrsync.yaml:") for each in shown]


async def test_a_check_without_problems_says_who_we_are_and_what_is_seen(tmp_path: Path) -> None:
    jira = FakeSource()
    found = await findings(
        loaded(tmp_path, key_result(measure=POINTS, metric="{baseline: 0%, target: 90%}")), jira=jira
    )
    assert [str(each) for each in found] == [
        "jira: Sync Robot on acme",
        "jira: epic CHK-12: 12 now, such as CHK-13",
        "kpis: Sync Robot on acme",
    ]
    assert jira.closed == [True]


async def test_a_token_that_ends_soon_is_told_beside_who_we_are(tmp_path: Path) -> None:
    jira = FakeSource(warning="its token ends on 2026-12-02, in 9 days: make a new one before")
    found = await findings(loaded(tmp_path, key_result("{baseline: 0%, target: 90%}", POINTS)), jira=jira)
    assert str(found[0]) == "jira: Sync Robot on acme; its token ends on 2026-12-02, in 9 days: make a new one before"
    assert all(each.problem is None for each in found)


async def test_several_candidates_for_a_field_are_told_where_a_rule_reads_it(tmp_path: Path) -> None:
    jira = FakeSource(unknown=frozenset({"story_points"}))
    found = await findings(loaded(tmp_path, key_result("{baseline: 0%, target: 90%}", POINTS)), jira=jira)
    assert places(found, tmp_path) == [
        "12:7: story_points: several fields (customfield_1, customfield_2): name one in story_points"
    ]


async def test_a_hidden_selection_is_told_at_every_rule_that_states_it(tmp_path: Path) -> None:
    other = key_result().partition("    key_results:\n")[2].replace("      k:", "      other:")
    jira = FakeSource(hidden=frozenset({'{"project":"CHK"}'}))
    found = await findings(loaded(tmp_path, key_result() + other), jira=jira)
    assert [each.split(" ")[0] for each in places(found, tmp_path)] == ["15:19:", "19:19:"]
    assert "permission to browse" in places(found, tmp_path)[0]


async def test_who_is_refused_is_asked_nothing_more_and_harms_no_other(tmp_path: Path) -> None:
    jira = FakeSource(refusal=FixConfigError("jira: the token is refused: write a new one"))
    found = await findings(loaded(tmp_path, key_result()), jira=jira)
    assert places(found, tmp_path) == ["3:3: jira: the token is refused: write a new one"]
    assert [str(each) for each in found][1:] == ["kpis: Sync Robot on acme"]
    assert jira.closed == [True]


async def test_a_busy_vendor_is_a_finding_and_not_a_crash(tmp_path: Path) -> None:
    kpis = FakeSource(refusal=TryAgainError("kpis: the disk is busy: try again"))
    found = await findings(loaded(tmp_path, key_result()), kpis=kpis)
    assert places(found, tmp_path) == ["4:3: kpis: the disk is busy: try again"]


async def test_a_connection_that_cannot_be_opened_is_told_at_its_place(tmp_path: Path) -> None:
    config = loaded(tmp_path, key_result())

    def opened(name: str) -> Source:
        if name == "kpis":
            raise FixConfigError("kpis.xlsx is not there: check the path")
        return FakeSource()

    found = [each async for each in check_online(config, opened)]
    assert places(found, tmp_path) == ["4:3: kpis.xlsx is not there: check the path"]


@pytest.mark.parametrize(
    ("glimpse", "told"),
    [
        (Glimpse(matches=None), "visible"),
        (Glimpse(matches=None, example="Pay"), "visible, such as Pay"),
        (Glimpse(matches=3, remark="is that the one meant?"), "3 now; is that the one meant?"),
    ],
)
def test_what_a_selection_looks_like_is_told_with_what_looks_like_a_slip(glimpse: Glimpse, told: str) -> None:
    finding = Finding(connection="work", selection=Selection.of("work", {"tag": "q4"}), glimpse=glimpse)
    assert str(finding) == f"work: tag q4: {told}"

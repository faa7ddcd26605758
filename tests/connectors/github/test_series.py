"""Series: releases, deployments, merged pull requests, workflow runs and stars as samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.github.happenings import Happening
from connectors.github.selection import GitHubSelection
from connectors.github.series import midnight, per_period, totals
from mapping.errors import FixConfigError
from mapping.words import Sample
from okrsync.sandbox import company
from okrsync.sandbox.github_acts import deploy, release, run_workflow
from tests.connectors.github.stage import START, Stage, options, samples

DAY = timedelta(days=1)


def values(found: list[Sample]) -> list[tuple[str, Decimal]]:
    return [(f"{sample.at:%m-%d}", sample.value) for sample in found]


def merge(stage: Stage, opened: datetime, merged: datetime, *, labels: tuple[str, ...] = ()) -> None:
    record = stage.issue("Pull", at=opened, pull=True, labels=labels)
    stage.site.close(record, at=merged, by=company.INES)


async def test_releases_count_up_and_drafts_are_none() -> None:
    stage = Stage()
    for number in range(3):
        release(stage.repository(), f"v{number}", at=START + number * DAY)
    release(stage.repository(), "v9", at=START + 9 * DAY, draft=True)
    async with stage.source() as source:
        found = await samples(source, repo="acme/shop", series="releases")
    assert values(found) == [("09-01", Decimal(1)), ("09-02", Decimal(2)), ("09-03", Decimal(3)), ("10-31", Decimal(3))]
    assert found[-1].at == stage.clock.now()
    assert found[0].origin == "releases of acme/shop"


async def test_a_release_taken_back_lowers_the_latest_total() -> None:
    stage = Stage()
    for number in range(3):
        release(stage.repository(), f"v{number}", at=START + number * DAY)
    stage.repository().releases.pop()
    async with stage.source() as source:
        assert (await samples(source, repo="acme/shop", series="releases"))[-1].value == 2


async def test_deployments_count_when_they_succeeded_even_if_later_ones_took_their_place() -> None:
    stage = Stage()
    fine = [(START + timedelta(hours=2), "SUCCESS"), (START + timedelta(days=2), "INACTIVE")]
    deploy(stage.repository(), "production", at=START, statuses=fine)
    deploy(stage.repository(), "production", at=START + DAY, statuses=[(START + DAY, "FAILURE")])
    deploy(stage.repository(), "production", at=START + 2 * DAY)
    deploy(stage.repository(), "staging", at=START + 3 * DAY, statuses=[(START + 3 * DAY, "SUCCESS")])
    terms = {"repo": "acme/shop", "series": "deployments", "since": "2026-09-01"}
    async with stage.source() as source:
        assert (await samples(source, **terms))[-1].value == 2
        assert (await samples(source, **terms, environment="production"))[-1].value == 1
        assert (await samples(source, **terms, environment="production", conclusion="failure"))[-1].value == 1
        assert (await samples(source, **terms, environment="production", conclusion="any"))[-1].value == 3
        hours = await samples(source, **terms, environment="production", sample="hours")
    assert values(hours) == [("09-01", Decimal("2.0000"))]


async def test_merged_pull_requests_count_by_their_merge_and_not_by_their_last_update() -> None:
    stage = Stage()
    merge(stage, START, START + 3 * DAY, labels=("bug", "checkout"))
    merge(stage, START + DAY, START + 2 * DAY, labels=("bug",))
    stage.issue("Open", pull=True)
    old = stage.issue("Old", at=START - 400 * DAY, pull=True)
    stage.site.close(old, at=START - 399 * DAY, by=company.INES)
    old["updated_at"] = "2026-09-20T00:00:00Z"  # somebody commented; it did not merge again
    terms = {"repo": "acme/shop", "series": "merged_pull_requests"}
    async with stage.source() as source:
        assert (await samples(source, **terms))[-1].value == 3
        since = await samples(source, **terms, since="2026-09-01")
        assert values(since)[:2] == [("09-03", Decimal(1)), ("09-04", Decimal(2))]
        assert (await samples(source, **terms, since="2026-09-01", labels=["bug", "Checkout"]))[-1].value == 1
        hours = await samples(source, **terms, sample="hours")
    assert values(hours) == [("09-03", Decimal(24)), ("09-04", Decimal(72))]


async def test_a_pull_request_that_moves_while_the_list_is_read_is_not_lost() -> None:
    stage = Stage()
    for number in range(250):
        merge(stage, START + timedelta(hours=number), START + timedelta(hours=number + 1))
    asked = 0

    def touch(request: httpx.Request) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:  # between the first page and the second: the last one in line jumps to the front
            stage.site.issue("acme/shop", 1)["updated_at"] = "2026-10-01T00:00:00Z"

    stage.answer = touch
    async with stage.source() as source:
        found = await samples(source, repo="acme/shop", series="merged_pull_requests", since="2026-09-01")
    assert found[-1].value == 250


async def test_workflow_runs_are_read_by_workflow_branch_and_conclusion_past_the_cap() -> None:
    stage = Stage()
    for number in range(1203):
        at = START + timedelta(minutes=20 * number)
        ended = at + timedelta(minutes=6)
        run_workflow(
            stage.repository(), "ci.yml", at=at, ended=ended, conclusion="failure" if number % 3 == 0 else "success"
        )
    run_workflow(stage.repository(), "docs.yml", at=START, ended=START)
    terms = {"repo": "acme/shop", "series": "workflow_runs"}
    async with stage.source() as source:
        assert (await samples(source, **terms))[-1].value == 1204
        assert (await samples(source, **terms, workflow="ci.yml", conclusion="failure"))[-1].value == 401
        by_day = await samples(source, **terms, workflow="ci.yml", sample="day", since="2026-09-02")
        assert sum(sample.value for sample in by_day) == sum(
            run["created_at"] >= "2026-09-02" for run in stage.repository().runs if run["workflow"] == "ci.yml"
        )
        hours = await samples(source, **terms, workflow="ci.yml", branch="main", sample="hours")
    assert len(hours) == 1203
    assert {sample.value for sample in hours} == {Decimal("0.1")}


async def test_stars_are_counted_with_one_request_and_listed_only_for_their_history() -> None:
    stage = Stage()
    stage.repository().stars += [f"2026-09-{day:02d}T10:00:00Z" for day in range(1, 29)]
    async with stage.source() as source:
        found = await samples(source, repo="acme/shop", series="stars")
        assert [(sample.at, sample.value) for sample in found] == [(stage.clock.now(), Decimal(28))]
        assert source.requests() == 1
        weeks = await samples(source, repo="acme/shop", series="stars", sample="week", since="2026-09-07")
    assert [int(sample.value) for sample in weeks] == [7, 7, 7, 1, 0, 0, 0]
    assert [f"{sample.at:%m-%d}" for sample in weeks][:2] == ["09-13", "09-20"]


async def test_several_repositories_are_one_series() -> None:
    stage = Stage()
    release(stage.repository("shop"), "v1", at=START)
    release(stage.repository("app"), "v1", at=START + DAY)
    async with stage.source() as source:
        found = await samples(source, owner="acme", series="releases")
    assert [sample.value for sample in found] == [1, 2, 2]


async def test_what_needs_an_account_says_so() -> None:
    async with Stage().source(options(token=None)) as source:
        with pytest.raises(FixConfigError, match="shows deployments only to an account"):
            await samples(source, repo="acme/shop", series="deployments")


def test_the_running_period_is_no_sample_and_quiet_ones_are_zero() -> None:
    zone = ZoneInfo("Europe/Paris")
    events = [
        Happening("1", datetime(2026, 9, 30, 22, 30, tzinfo=UTC)),
        Happening("2", datetime(2026, 11, 5, tzinfo=UTC)),
    ]
    now = datetime(2026, 12, 15, tzinfo=UTC)
    start = midnight(datetime(2026, 9, 1, tzinfo=UTC).date(), zone)
    found = [(f"{at:%Y-%m-%d %H:%M:%S}", int(value)) for at, value in per_period(events, "month", start, now, zone)]
    # half past midnight of October in Paris; each sample at the last second of its month there
    assert found == [("2026-09-30 21:59:59", 0), ("2026-10-31 22:59:59", 1), ("2026-11-30 22:59:59", 1)]


def test_a_first_period_that_was_not_read_whole_is_none() -> None:
    zone, now = ZoneInfo("UTC"), datetime(2026, 9, 28, tzinfo=UTC)
    found = list(per_period([], "week", datetime(2026, 9, 9, tzinfo=UTC), now, zone))
    assert [at.date().isoformat() for at, _ in found] == ["2026-09-20", "2026-09-27"]


@given(st.lists(st.integers(0, 5000), max_size=40))
def test_totals_never_fall_and_end_at_their_number(seconds: list[int]) -> None:
    events = sorted(
        (Happening(str(n), START + timedelta(seconds=at)) for n, at in enumerate(seconds)), key=lambda e: e.at
    )
    found = list(totals(events, START + DAY))
    assert [value for _, value in found] == sorted(value for _, value in found)
    assert found[-1] == (START + DAY, Decimal(len(seconds)))
    assert len({at for at, _ in found}) == len(found)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"series": "stars", "project": "acme/5"}, "select by repo, repos or owner"),
        ({"series": "stars", "repo": "a/b", "environment": "x"}, "environment is of deployments"),
        ({"series": "stars", "repo": "a/b", "sample": "hours"}, "take no time"),
        ({"series": "deployments", "repo": "a/b", "conclusion": "fine"}, "success or failure"),
        ({"series": "releases", "repo": "a/b", "labels": ["x"]}, "does not know it"),
        ({"repo": "a/b", "sample": "week"}, "sample goes with series"),
        (
            {"repo": "a/b", "series": "stars", "timezone": "Mars"},
            "unknown time zone 'Mars': use an IANA name",
        ),
    ],
)
def test_a_series_that_cannot_be_meant_is_refused(terms: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        GitHubSelection.model_validate(terms)

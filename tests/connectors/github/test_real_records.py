"""Records of a real repository, as "List repository issues" gave them, judged by hand."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from connectors.github import CONNECTOR
from connectors.github.options import GitHubOptions
from mapping.errors import SkipRecordError
from mapping.words import ItemState, Selection, WorkItem
from tests.connectors.clock import surroundings
from tests.connectors.github.server import API, Json

MERGED = {4, 13, 14, 15, 19, 23, 30, 39, 40, 41}
UNMERGED = {8, 9, 11, 16, 36}
ISSUES = set(range(4, 45)) - MERGED - UNMERGED

ROOT = Path(__file__).parents[3]
RECORDS = Path(os.environ.get("OKRSYNC_REAL_DATA", ROOT / ".." / "shared" / "real")) / "github-issues.json"

pytestmark = pytest.mark.skipif(
    not RECORDS.exists(), reason=f"no real records at {RECORDS.parent}: set OKRSYNC_REAL_DATA to their folder"
)


def numbers(items: Iterable[WorkItem]) -> list[int]:
    return [int(item.key.removeprefix("panjf2000/ants#")) for item in items]


async def read(kind: str) -> tuple[list[WorkItem], list[SkipRecordError]]:
    records: list[Json] = json.loads(RECORDS.read_bytes())

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/pulls"):
            return httpx.Response(200, json=[])
        if request.url.params["sort"] == "created":
            return httpx.Response(200, json=records[:10], headers={"link": f'<{API}/x?page=2>; rel="next"'})
        since, number = request.url.params.get("since", ""), int(request.url.params.get("page", "1"))
        found = sorted((one for one in records if one["updated_at"] >= since), key=lambda one: str(one["updated_at"]))
        more = {"link": f'<{request.url.copy_set_param("page", number + 1)}>; rel="next"'}
        rows = found[(number - 1) * 10 : number * 10]
        return httpx.Response(200, json=rows, headers=more if number * 10 < len(found) else {})

    source = CONNECTOR.open(GitHubOptions(), surroundings(server, connection="hub"))
    skipped: list[SkipRecordError] = []
    selection = Selection.of("hub", {"repo": "panjf2000/ants", "kind": kind})
    pages = source.census(selection, frozenset(), skipped.append)
    return [item async for page in pages for item in page.items], skipped


async def test_the_issues_among_the_real_records_are_all_read_and_all_done() -> None:
    items, skipped = await read("issues")
    assert skipped == []
    assert sorted(numbers(items)) == sorted(ISSUES)
    assert Counter(item.state for item in items) == {ItemState.DONE: 26}
    assert all(item.done_at for item in items)
    assert {item.key for item in items if "bug" in item.labels} == {"panjf2000/ants#6", "panjf2000/ants#7"}


async def test_the_pull_requests_are_done_when_merged_and_the_doubled_one_counts_once() -> None:
    items, skipped = await read("pull_requests")
    assert skipped == []
    assert sorted(numbers(item for item in items if item.state is ItemState.DONE)) == sorted(MERGED)
    assert sorted(numbers(item for item in items if item.state is ItemState.WONT_DO)) == sorted(UNMERGED)
    assert len(items) == 15


async def test_both_kinds_together_are_every_record_once() -> None:
    items, _ = await read("both")
    assert sorted(numbers(items)) == list(range(4, 45))

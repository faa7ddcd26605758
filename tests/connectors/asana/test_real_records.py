"""A record of a real workspace, served as it was: it lacks much of what Asana's API tells today."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mapping.errors import SkipRecordError
from mapping.words import ItemState, WorkItem
from okrsync.sandbox.asana_site import AsanaSite
from tests.connectors.asana.kit import Office, census, selection

ROOT = Path(__file__).parents[3]
RECORDS = Path(os.environ.get("OKRSYNC_REAL_DATA", ROOT / ".." / "shared" / "real")) / "asana-tasks.json"

pytestmark = pytest.mark.skipif(
    not RECORDS.exists(), reason=f"no real records at {RECORDS.parent}: set OKRSYNC_REAL_DATA to their folder"
)


@pytest.fixture
def real(office: Office) -> Office:
    account = office.site.account
    office.site = AsanaSite.from_records(json.loads(RECORDS.read_bytes()))
    office.site.account = account
    return office


@pytest.mark.parametrize("place", ["project", "section"])
async def test_every_real_task_is_read_once(real: Office, place: str) -> None:
    records = json.loads(RECORDS.read_bytes())
    gids = sorted({home[place]["gid"] for record in records for home in record["memberships"]})
    found: dict[str, WorkItem] = {}
    for gid in gids:
        found |= await census(real.source(), selection(**{place: gid}))
    assert sorted(found) == sorted(record["gid"] for record in records)
    for record in records:
        item = found[record["gid"]]
        assert item.title == record["name"]
        assert (item.state is ItemState.DONE) == record["completed"]
        assert item.url == record["permalink_url"]


async def test_the_known_one_is_an_open_task_dated_by_its_creation(real: Office) -> None:
    item = (await census(real.source(), selection(project="123456789")))["987654321"]
    assert (item.kind, item.state, item.status_id, item.level) == ("task", ItemState.TODO, "111", 0)
    assert item.created_at == item.updated_at == datetime(2025, 2, 1, 10, tzinfo=UTC)


async def test_real_tasks_are_read_by_gid_as_in_the_census(real: Office) -> None:
    source = real.source()
    listed = await census(source, selection(project="123456789"))
    skipped: list[SkipRecordError] = []
    again = [item async for batch in source.by_ids(list(listed), frozenset(), skipped.append) for item in batch]
    assert {item.id: item for item in again} == listed
    assert skipped == []

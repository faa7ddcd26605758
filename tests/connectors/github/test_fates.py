"""What became of issues that are gone: transferred, deleted, hidden; and those that are there after all."""

from __future__ import annotations

import httpx

from connectors.port import Fate, Roster
from okrsync.sandbox.github_acts import transfer
from okrsync.sandbox.wire import Record
from tests.connectors.github.stage import URL, Stage


def keys_of(*records: Record) -> dict[str, str]:
    return {one["node_id"]: f"{one['repository_url'].removeprefix(f'{URL}/repos/')}#{one['number']}" for one in records}


async def test_transferred_deleted_and_hidden_issues_are_told_apart() -> None:
    stage = Stage()
    moved, deleted, hidden, there = (stage.issue(title) for title in ("Moved", "Deleted", "Hidden", "There"))
    known = keys_of(moved, deleted, hidden, there)
    known[hidden["node_id"]] = "acme/secret#1"
    transfer(stage.site, "acme/shop", moved["number"], "acme/app", at=stage.at())
    stage.site.delete("acme/shop", deleted["number"])
    async with stage.source(keys=known) as source:
        assert isinstance(source, Roster)
        fates = await source.fates([*known, "I_unknown", "PVTI_card"])
    told = {moved["node_id"]: Fate.MOVED, deleted["node_id"]: Fate.DELETED, hidden["node_id"]: Fate.HIDDEN}
    assert fates == told


async def test_a_repository_of_another_name_is_no_transfer() -> None:
    stage = Stage()
    record = stage.issue("There")

    def renamed(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/repos/acme/old/issues/1":
            where = f"{URL}/repositories/1000/issues/1"
            return httpx.Response(301, json={"message": "Moved Permanently", "url": where}, headers={"location": where})
        if request.url.path == "/repositories/1000/issues/1":
            return httpx.Response(200, json=record)
        return None

    stage.answer = renamed
    async with stage.source(keys={record["node_id"]: "acme/old#1"}) as source:
        assert await source.fates([record["node_id"]]) == {}


async def test_a_transfer_to_where_we_may_not_look_is_hidden() -> None:
    stage = Stage()
    where = f"{URL}/repositories/9999/issues/4"

    def away(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/repos/acme/shop/issues/1":
            return httpx.Response(301, json={"message": "Moved Permanently", "url": where}, headers={"location": where})
        return httpx.Response(404, json={"message": "Not Found"}) if "9999" in request.url.path else None

    stage.answer = away
    async with stage.source(keys={"I_1": "acme/shop#1"}) as source:
        assert await source.fates(["I_1"]) == {"I_1": Fate.HIDDEN}

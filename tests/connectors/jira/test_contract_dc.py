"""A Data Center owes the rest of okrsync what every connector does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.jira import CONNECTOR, JiraOptions
from mapping.words import Selection
from okrsync.sandbox import company, faults
from okrsync.sandbox.accounts import JIRA_DC_ACCOUNT
from okrsync.sandbox.faults import Change, FaultScript, Reply
from okrsync.sandbox.ledger import Asked
from okrsync.sandbox.wire import json_bytes
from okrsync.sandbox.world_jira import empty_jira
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import BUSY_WAIT, CANARY, Case, ConnectorContract, Scene
from tests.connectors.jira.stage import ANCHOR, POINTS, Stage

SEARCH = "*/search"


class TestDataCenter(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture(autouse=True)
    def _stage(self, stage: Stage) -> None:
        self.stage = stage

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        site = empty_jira("http://jira-dc.test")
        site.data_center, site.most_rows = True, 3
        site.account = replace(JIRA_DC_ACCOUNT, token=CANARY)
        count = 0 if case is Case.EMPTY else 7 if case is Case.UNREADABLE else 6
        for number in range(1, count + 1):
            site.create(id_=str(10000 + number), key=f"SHOP-{number}", type_="Story", summary=f"Story {number}",
                        at=ANCHOR, by=company.INES, labels=("b", "a"), points=3.5)  # fmt: skip
        if count > 2:
            site.transition("SHOP-2", "Done", at=ANCHOR, by=company.INES)
        self.stage.sandbox.jira_dc = site
        script = self.stage.sandbox.jira_dc_faults
        break_(script, case)
        options = JiraOptions.model_validate({"url": self.stage.sandbox.jira_dc_url, "token": CANARY})
        return Scene(
            source=CONNECTOR.open(options, surroundings(clock=clock, connection="jira")),
            selection=Selection.of("jira", {"project": "SHOP"}),
            fields=POINTS,
            expected=0 if case is Case.EMPTY else 6,
            unreadable="SHOP-7",
            most_requests=40,
        )


def break_(script: FaultScript, case: Case) -> None:
    match case:
        case Case.REFUSED:
            script.add(faults.status(401, {"errorMessages": ["no"]}))
        case Case.BUSY:
            for path in (SEARCH, "*/status"):
                script.add(faults.status(429, None, {"Retry-After": str(BUSY_WAIT)}), path, times=2)
        case Case.BUSY_FOR_EVER:
            script.add(faults.status(429, None, {"Retry-After": str(BUSY_WAIT)}))
        case Case.REPEATED:
            script.add(first_rows_again(), SEARCH)
        case Case.TRUNCATED:
            script.add(cut_after_the_first(), SEARCH)
        case Case.UNREADABLE:
            script.add(updated_yesterday("SHOP-7"), SEARCH)
        case Case.PLAIN | Case.EMPTY | Case.ABLE:
            pass


def first_rows_again() -> Change:
    """Give the first rows whatever the offset."""
    kept: list[bytes] = []

    def change(asked: Asked, reply: Reply) -> Reply:
        body = asked.json()
        if body["fields"] != ["id"] or body["maxResults"] == 0:
            return reply
        kept.append(reply.body)
        return replace(reply, body=kept[0])

    return change


def cut_after_the_first() -> Change:
    return lambda asked, reply: replace(reply, body=reply.body[:40]) if asked.json()["startAt"] else reply


def updated_yesterday(key: str) -> Change:
    def change(_asked: Asked, reply: Reply) -> Reply:
        page = json.loads(reply.body)
        for issue in page["issues"]:
            if issue.get("key") == key and "fields" in issue:
                issue["fields"]["updated"] = "yesterday"
        return replace(reply, body=json_bytes(page))

    return change

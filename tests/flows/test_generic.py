"""Whole runs over the connectors for anything: one that cannot be opened harms only the key results that need it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from flows.sync_report import SyncReport
from flows.work import Wish
from mapping.changes import Action
from okrsync.place import Place
from okrsync.running import in_process
from tests.connectors.prometheus.server import Prometheus
from tests.connectors.served import Answer, Asked, Served, serving

RULES = """
timezone: UTC
connections:
  api: {{connector: http, url: "{url}"}}
  prod: {{connector: prometheus, url: "{url}"}}
  shop: {{connector: sql, file: shop.db}}
  inner: {{connector: http, url: "http://10.0.0.7"}}
  warehouse: {{connector: sql, url: "${{WAREHOUSE_URL}}"}}
cycles:
  now: {{starts_on: 2026-10-01, ends_on: 2027-01-01}}
objectives:
  all:
    title: Numbers of every kind
    cycle: now
    key_results:
      revenue:
        title: Revenue
        metric: {{baseline: 0, target: 2000}}
        measure: {{latest: {{from: api, path: /report, value: data.total}}}}
      up:
        title: Up
        metric: {{at_least: 99.9%}}
        measure: {{latest: {{from: prod, query: up, unit: percent}}}}
      won:
        title: Won
        metric: {{baseline: 0, target: 1000}}
        measure:
          sum:
            from: shop
            query: SELECT id, stage, amount FROM deals
            id: id
            kind: deal
            done: {{field: stage, is: [won]}}
            field: amount
            where: item.done
      inside:
        title: What stands inside the network
        metric: {{baseline: 0, target: 10}}
        measure: {{latest: {{from: inner, path: /x, value: n}}}}
      stored:
        title: What no URL leads to
        metric: {{baseline: 0, target: 10}}
        measure: {{latest: {{from: warehouse, query: SELECT 1}}}}
"""


def reply(asked: Asked) -> Answer:
    if asked.path == "/report":
        return Answer({"data": {"total": 1234.56}})
    return Prometheus({"up": lambda _at: "99.95"}).reply(
        Asked(**{**vars(asked), "headers": {"authorization": "Bearer None"}})
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as made, made:
        made.execute("CREATE TABLE deals (id integer, stage text, amount numeric)")
        made.execute("INSERT INTO deals VALUES (1, 'Won', 120.10), (2, 'open', 80), (3, 'won', NULL)")
    monkeypatch.setenv("WAREHOUSE_URL", "s3cret-pw, which is no URL")
    with serving(Served(reply)) as served:
        (tmp_path / "okrsync.yaml").write_text(RULES.format(url=served.url), encoding="utf-8")
        yield tmp_path


def sync(folder: Path) -> SyncReport:
    return asyncio.run(in_process(Place(folder=folder), Wish(), lambda _progress: None))


def test_numbers_of_every_kind_are_published_and_what_cannot_be_opened_harms_nobody_else(folder: Path) -> None:
    report = sync(folder)
    values = {change.key_result: change.new.value for change in report.changes if change.new is not None}
    assert values == {
        "all/revenue": Decimal("1234.56"),
        "all/up": Decimal("0.9995"),
        "all/won": Decimal("120.1"),
    }
    inner, warehouse = report.failures
    assert inner.startswith("inner: the API: 10.0.0.7 is a private address")
    assert warehouse.startswith("warehouse: url is no SQLAlchemy URL")
    assert "s3cret-pw" not in str(report)


def test_a_second_sync_of_the_same_numbers_changes_nothing(folder: Path) -> None:
    sync(folder)
    again = sync(folder)
    assert {change.action for change in again.changes} == {Action.KEEP, Action.HOLD}
    assert again.check_ins == 0

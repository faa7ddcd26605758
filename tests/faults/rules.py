"""The rules that the worlds of the table are synced by, and the file that always works beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

ALL, DONE, OTHER = "work/all", "work/done", "work/other"
RULES = """
timezone: UTC
connections:
  source: {source}
  other: {{connector: spreadsheet, file: other.csv}}
cycles:
  now: {{starts_on: 2026-10-01, ends_on: 2027-01-01}}
objectives:
  work:
    title: What there is to do
    cycle: now
    key_results:
      all:
        title: Have all of it
        metric: {{baseline: 0, target: {most}}}
        measure: {{count: {terms}}}
      done:
        title: Finish it
        measure: {{completion: {terms}}}
      other:
        title: Win customers
        metric: {{baseline: 0, target: 100}}
        measure: {{latest: {{from: other, row: Customers, column: Actual}}}}
"""


def write_rules(
    folder: Path, connection: Mapping[str, object], terms: Mapping[str, object], *, most: int, more: str = ""
) -> None:
    """Write the rules: a vendor's connection, what they select of it, and the number of items that all of it is."""
    selected = json.dumps({"from": "source"} | dict(terms))  # YAML reads JSON
    text = RULES.format(source=json.dumps(dict(connection)), terms=selected, most=most)
    (folder / "okrsync.yaml").write_text(text + more, encoding="utf-8")


def write_other(folder: Path, value: int, at: datetime) -> None:
    """Write the spreadsheet, as of an instant: a file of tomorrow tells nothing about today."""
    other = folder / "other.csv"
    other.write_text(f"KPI,Actual\nCustomers,{value}\n", encoding="utf-8")
    os.utime(other, (at.timestamp(), at.timestamp()))

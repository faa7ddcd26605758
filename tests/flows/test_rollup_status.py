"""A roll-up is as bad as its worst part, in the plan and on the page, however good the mean."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from flows.reader import StoreReader
from mapping.status import Status
from tests.flows.rows import START, Rows

RULES = """
timezone: UTC
connections:
  board: {connector: spreadsheet, file: board.csv}
cycles:
  q4: {starts_on: 2026-10-01, ends_on: 2027-01-01}
objectives:
  work:
    title: Get it done
    cycle: q4
    key_results:
      done:
        title: Tasks done
        metric: {baseline: 0, target: 4}
        measure: {count: {from: board, table: T, done: {column: done, is: ["yes"]}, where: item.done}}
      open:
        title: Open tasks down
        metric: {baseline: 6, target: 0}
        measure: {count: {from: board, table: T, done: {column: done, is: ["yes"]}, where: "!item.done"}}
  above:
    title: All of it
    cycle: q4
    key_results:
      whole:
        title: Both together
        measure:
          rollup: [{of: work/done, weight: 9}, {of: work/open, weight: 1}]
"""


def test_the_worst_part_decides_and_is_named(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    (tmp_path / "okrsync.yaml").write_text(RULES, encoding="utf-8")
    rows.write({f"t{n}": n < 4 for n in range(10)})
    statuses = {change.key_result: change.status for change in rows.sync(START).changes}
    assert (statuses["work/done"], statuses["work/open"]) == (Status.ON_TRACK, Status.OFF_TRACK)
    assert statuses["above/whole"] is Status.OFF_TRACK
    with rows.store() as store:
        reader = StoreReader(store, now=lambda: START)
        (above,) = [each for each in reader.overview("q4").objectives if each.id == "above"]
        (whole,) = above.key_results
        assert (whole.progress, whole.status, above.status) == (Decimal("0.9"), Status.OFF_TRACK, Status.OFF_TRACK)
        assert whole.pace.because.startswith("as bad as work/open, the worst of its parts: 90% of the way")
        assert reader.explain("above/whole").standing.status is Status.OFF_TRACK
        assert store.check_ins("above/whole")[0].status is Status.OFF_TRACK

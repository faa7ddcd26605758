"""How readings that wait for a person look in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from mapping.check_ins import CheckIn
from mapping.reviews import Review
from mapping.show import show_value
from okrsync.show import clean


def reviews_table(found: Mapping[str, Review], last: Mapping[str, CheckIn]) -> Table:
    """Return what waits, a line each: the value there is, the one that was read, since when, and why it waits."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("key result", no_wrap=True)
    for name in ("now", "read"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("since", no_wrap=True)
    table.add_column("why it waits", ratio=1, overflow="fold")
    for address, review in found.items():
        unit = review.proposal.metric.unit
        stands = show_value(last[address].value if address in last else None, unit)
        read = show_value(review.proposal.value, unit)
        why = Text(clean(f"{review.cause}: {review.detail}"))
        table.add_row(address, stands, read, Text(f"{review.at:%Y-%m-%d}", style="dim"), why)
    return table

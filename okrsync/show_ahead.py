"""What lies ahead, in a terminal: the items that would close the gap, and the forecast with its track record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mapping.decimals import decimal_text
from mapping.forecast import Forecast
from mapping.gap import Gap
from mapping.rules import Unit
from mapping.show import show_delta, show_progress
from okrsync.show import clean


def gap_lines(gap: Gap, unit: Unit, most: int) -> Iterator[RenderableType]:
    """Yield the sentence and the list; ``most`` items (0: all there are)."""
    yield Text(f"  {gap.because}")
    if not gap.items:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name in ("item", "adds", "since"):
        table.add_column(name, no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("title", ratio=1, no_wrap=True, overflow="ellipsis")
    shown = gap.items[:most] if most else gap.items
    for each in shown:
        since = "–" if each.created_at is None else f"{each.created_at:%Y-%m-%d}"
        who = f"  ({clean(each.assignee)})" if each.assignee else ""
        table.add_row(
            clean(each.key), show_delta(each.effect, unit), since, clean(each.status), clean(each.title) + who
        )
    yield Padding(table, (0, 0, 0, 2))
    if gap.count > len(shown):
        yield Text(f"  … {gap.count - len(shown)} more", style="dim")


def forecast_lines(forecast: Forecast) -> Iterator[Text]:
    """Yield the forecast of one key result, and how such forecasts fared."""
    if forecast.half is None or forecast.most is None:
        yield Text(f"  {forecast.why_not}", style="dim")
        return
    yield Text(
        f"  {show_progress(forecast.median)} at the end on {forecast.ends_on}; half of the paths end between "
        f"{_span(forecast.half)}, 80% between {_span(forecast.most)}"
    )
    for bound, chance in forecast.chances:
        yield Text(f"  {show_progress(chance)} chance of {show_progress(bound)} or more")
    yield Text(f"  {_record(forecast)}", style="dim")


def forecast_table(forecasts: Sequence[Forecast]) -> Group:
    """Return the forecasts of many key results, a line each."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("key result", no_wrap=True)
    for name in ("now", "end", "50%", "80%", "≥ 70%", "≥ 100%"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("forecasts so far", ratio=1)
    for each in forecasts:
        if each.half is None or each.most is None:
            table.add_row(each.key_result, *["–"] * 6, Text(each.why_not, style="dim"))
            continue
        chances = [show_progress(chance) for _, chance in each.chances]
        spans = (_span(each.half), _span(each.most))
        ahead = (show_progress(each.progress), show_progress(each.median), *spans, *chances)
        table.add_row(each.key_result, *ahead, Text(_record(each), style="dim"))
    return Group(table)


def _span(span: tuple[Decimal, Decimal]) -> str:
    low, high = (show_progress(each) for each in span)
    return f"{low} and {high}"


def _record(forecast: Forecast) -> str:
    found = forecast.back_test
    if found is None:
        return f"from {forecast.changes} daily changes; too few days yet to check such forecasts"
    return (
        f"from {forecast.changes} daily changes; {found.forecasts} past forecasts {found.horizon} days ahead: "
        f"{show_progress(found.inside_half)} in the 50% interval, {show_progress(found.inside_most)} in the 80% one, "
        f"Brier {decimal_text(round(found.brier, 2))}"
    )

"""How results look in a terminal. Vendors' text is never read as markup."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mapping.changes import Action, Change
from mapping.check_ins import CausePart, CheckIn
from mapping.people import Override
from mapping.plain import plain
from mapping.runs import ConnectionRecord
from mapping.show import first_of, show_delta, show_metric, show_progress, show_value
from mapping.standing import ObjectiveStanding, Overview, Standing
from mapping.status import Status
from okrsync.show_declared import declared_lines

if TYPE_CHECKING:
    from flows.sync_report import SyncReport

BADGES: dict[Status, tuple[str, str]] = {
    Status.ON_TRACK: ("● on track", "green"),
    Status.AT_RISK: ("▲ at risk", "yellow"),
    Status.OFF_TRACK: ("▼ off track", "red"),
    Status.NOT_STARTED: ("○ not started", "dim"),
    Status.TOO_EARLY: ("○ too early", "dim"),
    Status.NO_DATA: ("∅ no data", "magenta"),
    Status.STALE: ("◌ stale", "magenta"),
    Status.ACHIEVED: ("✔ achieved", "green"),
    Status.PARTIAL: ("◐ partly", "yellow"),
    Status.MISSED: ("✘ missed", "red"),
}
BAR_CELLS = 12


def console(*, stderr: bool = False) -> Console:
    """Return a console that respects NO_COLOR and reads no markup in what it prints."""
    wide = None if sys.stdout.isatty() else 140
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=wide)


@contextmanager
def counting() -> Iterator[Callable[[str, int], None]]:
    """Give a callback that shows what is being worked on and how many of it are done; only on a terminal."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda _what, _done: None
        return
    with out.status("") as line:
        yield lambda what, done: line.update(f"{what}: {done:,}")


def as_json(value: object) -> str:
    """Return ``value`` as indented JSON, decimals as strings."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2)


def badge(status: Status) -> Text:
    """Return a status as symbol, word and colour, so that none of the three carries it alone."""
    words, colour = BADGES[status]
    return Text(words, style=colour)


def bar(progress: Decimal | None, expected: Decimal) -> Text:
    """Return a bar of progress with a mark where progress is expected today."""
    if progress is None:
        return Text("·" * BAR_CELLS, style="dim")
    full = int(progress * BAR_CELLS)
    text = Text("█" * full + "░" * (BAR_CELLS - full))
    mark = min(BAR_CELLS - 1, int(expected * BAR_CELLS))
    text.stylize("bold cyan", mark, mark + 1)
    return text


def clean(text: str) -> str:
    """Return a vendor's text on one line and without control characters that a terminal would obey."""
    return "".join(" " if char in "\n\t\r" else char for char in text if char in "\n\t\r" or char.isprintable())


def overview_table(overview: Overview) -> Table:
    """Return the key results of a cycle, under their objectives."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("key result", ratio=3, overflow="fold")
    table.add_column("now", justify="right", no_wrap=True)
    table.add_column("aim", no_wrap=True)
    table.add_column("progress", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for number, objective in enumerate(overview.objectives):
        if number:
            table.add_row()
        table.add_row(*_objective_cells(objective))
        for standing in objective.key_results:
            table.add_row(*_standing_cells(standing))
    return table


def _objective_cells(objective: ObjectiveStanding) -> list[Text]:
    title = Text(clean(objective.title), style="bold")
    if objective.team:
        title.append(f"  {clean(objective.team)}", style="dim")
    return [
        title,
        Text(),
        Text(),
        bar(objective.progress, objective.expected),
        Text(show_progress(objective.progress), style="bold"),
        badge(objective.status),
    ]


def _standing_cells(standing: Standing) -> list[Text]:
    status = badge(standing.pace.status)
    name = Text(f"  {standing.key_result}")
    if beside := by_hand(standing):
        name.append(f"\n    {beside}", style="dim")
    return [
        name,
        Text(show_value(standing.value, standing.metric.unit)),
        Text(show_metric(standing.metric), style="dim"),
        bar(standing.progress, standing.pace.expected),
        Text(show_progress(standing.raw_progress)),
        status,
    ]


def by_hand(standing: Standing) -> str:
    """Return who stands above the measure, what that gives, and until when; empty where the measure counts."""
    if standing.automatic is None:
        return ""
    return f"by {clean(standing.author)}; {stands_above(standing.automatic, standing.override)}"


def stands_above(automatic: CheckIn, override: Override | None) -> str:
    """Return the automatic value that is not shown, and until when a person's stands above it."""
    value = f"automatic: {show_value(automatic.value, automatic.metric.unit)}"
    if override is None:
        return value
    until = ", until the automatic value moves"
    if override.expires_at is not None:
        until = f", until {override.expires_at:%Y-%m-%d %H:%M} UTC"
    elif override.sticky:
        until = ", until resumed"
    return value + until + (f": {clean(override.reason)}" if override.reason else "")


def changes_table(changes: Iterable[Change]) -> Table:
    """Return what changes, with the cause of each change; held key results with their reason."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("key result", no_wrap=True)
    table.add_column("before", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("now", justify="right", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    for change in changes:
        if change.action is not Action.KEEP:
            table.add_row(*_change_cells(change))
    return table


def _change_cells(change: Change) -> list[Text]:
    unit = change.metric.unit
    before = Text(show_value(change.old.value, unit) if change.old else "–", style="dim")
    if change.action is Action.SUGGEST and change.review is not None:
        proposed = change.review.proposal
        asks = Text("waits for review: ").append_text(_causes(proposed.causes, change))
        return [
            Text(change.key_result),
            before,
            Text("?", style="yellow"),
            Text(show_value(proposed.value, unit)),
            asks,
        ]
    if change.new is None:
        reason = Text(f"held: {clean(change.stale_reason or change.reading.no_data or 'no reason given')}")
        stays = before.copy()  # the last good value stands, which a dash would deny
        return [Text(change.key_result), before, Text("◌", style="magenta"), stays, reason]
    arrow = Text("+" if change.action is Action.CREATE else "→", style="green")
    # another rule may come to the same value by other items
    why = _causes(change.causes, change) if change.causes else Text(f"the same value: {clean(change.new.formula)}")
    if change.old_status is not None and change.old_status is not change.status:
        why.append("  ").append_text(badge(change.old_status)).append(" → ").append_text(badge(change.status))
    return [Text(change.key_result), before, arrow, Text(show_value(change.new.value, unit)), why]


def _causes(parts: Iterable[CausePart], change: Change) -> Text:
    return Text("; ").join(Text(cause(part, change)) for part in parts)


def cause(part: CausePart, change: Change) -> str:
    """Return one part of a change with its items: ``completed +2.1 % (CHK-3, CHK-9)``."""
    words = f"{part.kind} {show_delta(part.amount, change.metric.unit)}"
    if part.items:
        more = f" and {part.count - 3} more" if part.count > 3 else ""
        words += f" ({', '.join(clean(item) for item in part.items[:3])}{more})"
    return f"{words}: {clean(part.detail)}" if part.detail else words


def heading(overview: Overview) -> Text:
    """Return the line above a cycle's table."""
    cycle = overview.cycle
    run = (
        f"run {overview.last_run.seq}, {overview.last_run.finished_at:%Y-%m-%d %H:%M} UTC" if overview.last_run else ""
    )
    text = Text(f"{cycle.id}", style="bold")
    return text.append(f"  {cycle.starts_on} to {cycle.ends_on}  ·  last sync: {run or 'never'}\n", style="dim")


def tallies(overview: Overview) -> Text:
    """Return how many key results have each status: ``30 key results: 21 ● on track, 9 ▲ at risk``."""
    found = Counter(standing.status for objective in overview.objectives for standing in objective.key_results)
    text = Text(f"{counted_as(found.total(), 'key result')}: " if found else "")
    parts = [Text(f"{found[status]} ").append_text(badge(status)) for status in BADGES if found[status]]
    return text.append_text(Text(", ").join(parts))


def remarks(overview: Overview) -> Text:
    """Return a line for each reason why numbers are stale or missing, with the key results that share it."""
    sharing: dict[tuple[Status, str], list[str]] = {}
    for objective in overview.objectives:
        for standing in objective.key_results:
            reason = standing.stale_reason or standing.no_data
            if reason and standing.pace.status is not Status.NOT_STARTED:
                sharing.setdefault((standing.pace.status, reason), []).append(standing.key_result)
    text = Text()
    for (status, reason), names in sharing.items():
        text.append_text(badge(status)).append(f"  {clean(first_of(names))}: {clean(reason)}\n")
    return text


def okrs_table(rows: Iterable[tuple[str, str, str, str, str]]) -> Table:
    """Return what is declared, a row each: id, whose it is to change, title, aim, owner."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name in ("id", "kept by"):
        table.add_column(name, no_wrap=True)
    for name in ("title", "aim", "owner"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(each)) for each in row))
    return table


OUTCOMES = {"complete": ("✔", "green"), "partial": ("◐", "yellow"), "failed": ("✘", "red"), "skipped": ("–", "dim")}


def connections_table(connections: Iterable[ConnectionRecord]) -> Table:
    """Return how each connection fared, with the reason where it did not come out whole."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    for column in ("", "connection", "matched", "read", "requests"):
        table.add_column(column, no_wrap=True)
    table.add_column("reason", ratio=1, overflow="fold")
    for each in connections:
        sign, colour = OUTCOMES[each.outcome]
        table.add_row(
            Text(sign, style=colour),
            Text(each.connection),
            Text(f"{each.matched} matched", style="dim"),
            Text(f"{each.read} read", style="dim"),
            Text(counted_as(each.requests, "request"), style="dim"),
            Text(f"{each.outcome}: {clean(each.reason)}" if each.reason else ""),
        )
    return table


def summary(report: SyncReport) -> Text:
    """Return the last word on a sync or plan: how many changes, how many check-ins, how many held."""
    tally = Counter(change.action for change in report.changes)
    changes = tally[Action.CREATE] + tally[Action.CHANGE]
    parts = [
        f"{counted_as(changes, 'change')} of {counted_as(len(report.changes), 'key result')}",
        counted_as(report.check_ins, "check-in") + (" would be written" if report.run is None else " written"),
    ]
    if tally[Action.HOLD]:
        parts.append(f"{tally[Action.HOLD]} held, without a new value")
    if tally[Action.SUGGEST]:
        parts.append(f"{tally[Action.SUGGEST]} waiting for `okrsync review`")
    if report.declared:
        parts.append(f"{counted_as(len(report.declared), 'change')} of what is declared")
    frozen = f" Closed, so that nothing is published into it: {', '.join(report.closed)}." if report.closed else ""
    return Text(", ".join(parts) + f".{frozen}")


def print_report(report: SyncReport) -> None:
    """Print what a sync did, or a plan would do."""
    from okrsync.show_deliver import destination_lines

    out = console()
    out.print(connections_table(report.connections))
    out.print()
    if report.declared:
        out.print(declared_lines(report.declared))
    if any(change.action is not Action.KEEP for change in report.changes):
        out.print(changes_table(report.changes))
        out.print()
    for line in destination_lines(report.destinations):
        out.print(line)
    out.print(summary(report))
    if report.trouble is not None:
        sys.stderr.write(f"okrsync: {report.trouble}\n")


def counted_as(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 change``, ``3 changes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""How the coverage report looks in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mapping.coverage import CoverageReport
from mapping.decimals import decimal_text
from mapping.tally import items_word
from okrsync.show import clean

MOST = 20


def report(found: CoverageReport) -> Group:
    """Return the report, what is missing first."""
    return Group(*_parts(found))


def _parts(found: CoverageReport) -> Iterator[RenderableType]:
    yield from _heading(f"Key results without moving work: {len(found.still) or 'none'}")
    for still in found.still:
        yield Text(f"  {still.key_result}: {still.because}")
    yield from _heading(f"Work tied to no key result: {items_word(sum(each.items for each in found.untied))}")
    if found.untied:
        yield Padding(_untied(found), (0, 0, 0, 2))
    for unread in found.unread:
        yield Text(f"  never read completely so far: {clean(unread)}", style="magenta")
    yield from _heading(f"Items that feed several key results: {len(found.many) or 'none'}")
    for many in found.many[:MOST]:
        yield Text(f"  {clean(many.key)} {clean(many.title)}: {', '.join(many.key_results)}")
    if len(found.many) > MOST:
        yield Text(f"  … {len(found.many) - MOST} more: --json has them all", style="dim")


def _heading(words: str) -> Iterator[Text]:
    yield Text(words, style="bold cyan")


def _untied(found: CoverageReport) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name in ("connection", "project"):
        table.add_column(name, no_wrap=True)
    for name in ("items", "open", "points"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("under", ratio=1)
    for each in found.untied[:MOST]:
        points = "–" if each.points is None else decimal_text(each.points)
        keys = ", ".join(each.keys[:3]) + (" …" if each.items > 3 else "")
        under = f"{each.parent_name}: {keys}" if each.parent_name else keys
        table.add_row(each.connection, each.project, str(each.items), str(each.open), points, clean(under))
    if len(found.untied) > MOST:
        table.add_row("…", f"{len(found.untied) - MOST} more: --json has them all")
    return table

"""How one key result stands under several status profiles, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mapping.judging import Judgement
from okrsync.show import badge, clean


def judged(found: Sequence[Judgement]) -> Iterator[RenderableType]:
    """Yield a line for each profile with its word and its arithmetic, and what its reading takes for granted."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for name in ("profile", "status", "its word"):
        table.add_column(name, no_wrap=True)
    table.add_column("arithmetic", ratio=1)
    for each in found:
        name = f"{each.profile} *" if each.own else each.profile
        table.add_row(name, badge(each.status), clean(each.called), clean(each.because))
    yield Padding(table, (0, 0, 0, 2))
    for each in found:
        if each.own:
            yield Text(f"  * the profile of this objective: {clean(each.title)}", style="dim")
        if each.reading:
            yield Text(f"  {each.profile}: {clean(each.reading)}", style="dim")

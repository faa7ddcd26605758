"""How an explanation looks in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mapping.canonical import rule_text
from mapping.check_ins import CauseKind, CausePart, CheckIn, CheckInKind
from mapping.explanation import Explanation, Query
from mapping.judging import Judgement
from mapping.readings import Contribution
from mapping.show import show_delta, show_progress, show_value
from okrsync.show import badge, bar, by_hand, clean
from okrsync.show_ahead import forecast_lines, gap_lines
from okrsync.show_deliver import sending_line
from okrsync.show_profiles import judged

ALL = 0
BEFORE_ANY = 0
"""The run of what was rebuilt of days before the first sync."""


def explanation(found: Explanation, *, most: int, profiles: Sequence[Judgement] = ()) -> Group:
    """Return everything behind one number, most telling first; ``most`` items (0: all), and some status profiles."""
    return Group(*_parts(found, most, profiles))


def _parts(found: Explanation, most: int, profiles: Sequence[Judgement]) -> Iterator[RenderableType]:
    standing = found.standing
    yield Text(clean(standing.title), style="bold")
    yield Text(f"{standing.key_result} · {clean(found.objective_title)} · {found.cycle}", style="dim")
    yield Text()
    yield (
        Text(show_value(standing.value, standing.metric.unit), style="bold")
        + Text("  ")
        + bar(standing.progress, standing.pace.expected)
        + Text(f"  {show_progress(standing.raw_progress)}  ")
        + badge(standing.pace.status)
    )
    if beside := by_hand(standing):
        yield Text(beside, style="yellow")
    yield from _computed(found)
    if profiles:
        yield from _heading("Under status profiles")
        yield from judged(profiles)
    yield from _ahead(found, most)
    yield from _heading("Where it comes from")
    for query in found.queries:
        yield from _query(query)
    if found.reading.evidence:
        yield from _heading(_count(found))
        yield from _items(found.reading.evidence, most)
    yield from _heading("When")
    yield from _when(found)
    yield from _heading(f"Rule {found.rule_version}")
    for line in rule_text(found.rule).splitlines():
        yield Text(f"  {line}", style="dim")
    yield from _said(found)


def _computed(found: Explanation) -> Iterator[Text]:
    yield from _heading("How it is computed")
    for step in found.steps:
        yield Text(f"  {clean(step)}")
    if not found.agrees:
        yield Text("  Measured again, the published value did not come out: please report this.", style="bold red")
    if (score := found.standing.score) is not None:
        yield Text(f"  final score: {score.because}: {clean(score.band)}")


def _ahead(found: Explanation, most: int) -> Iterator[RenderableType]:
    if found.gap is not None:
        yield from _heading("What would close the gap")
        yield from gap_lines(found.gap, found.standing.metric.unit, most)
    if found.forecast is not None:
        yield from _heading("Forecast")
        yield from forecast_lines(found.forecast)


def _said(found: Explanation) -> Iterator[Text]:
    yield from _heading("Check-ins")
    for entry in found.check_ins[:10]:
        yield _check_in(entry)
    if found.deliveries:
        yield from _heading("Deliveries")
    for delivery in found.deliveries[:10]:
        yield sending_line(delivery, found.standing.metric.unit)
    if found.comments:
        yield from _heading("Comments")
    for comment in found.comments:
        yield Text(f"  {comment.at:%Y-%m-%d %H:%M}  {clean(comment.author)}: {clean(comment.text)}")


def _heading(words: str) -> Iterator[Text]:
    yield Text()
    yield Text(words, style="bold cyan")


def _query(query: Query) -> Iterator[Text]:
    yield Text(f"  {query.connection} ({query.connector}): {clean(query.text)}")
    read = (
        f"last complete read {query.last_complete_at:%Y-%m-%d %H:%M} UTC"
        if query.last_complete_at
        else "never read completely"
    )
    matched = f"{query.matched} matched, " if query.matched is not None else ""
    reason = f"; last read {query.outcome}: {clean(query.reason)}" if query.reason else ""
    yield Text(f"    {matched}{read}{reason}", style="dim")


def _count(found: Explanation) -> str:
    counted = sum(each.counted for each in found.reading.evidence)
    left = len(found.reading.evidence) - counted
    return f"Items: {counted} counted" + (f", {left} left out" if left else "")


def _items(evidence: tuple[Contribution, ...], most: int) -> Iterator[RenderableType]:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    widest = max(len(each.key) for each in evidence)
    for name, width in (("item", widest), ("weight", 6), ("credit", 6)):
        table.add_column(name, justify="left" if name == "item" else "right", no_wrap=True, min_width=width)
    table.add_column("state", no_wrap=True, min_width=11)
    table.add_column("status", no_wrap=True, min_width=8)
    table.add_column("title", ratio=1, no_wrap=True, overflow="ellipsis")
    ordered = sorted(evidence, key=lambda each: (not each.counted, -(each.weight or 0), each.key))
    shown = ordered if most == ALL else ordered[:most]
    for each in shown:
        weight = "–" if each.weight is None else f"{each.weight.normalize():f}"
        note = f"  ({clean(each.note)})" if each.note else ""
        table.add_row(
            clean(each.key),
            weight,
            f"{each.credit.normalize():f}" if each.counted else "–",
            each.state.replace("_", " "),
            clean(each.status),
            clean(each.title) + note,
            style="" if each.counted else "dim",
        )
    yield Padding(table, (0, 0, 0, 2))
    if len(ordered) > len(shown):
        yield Text(f"  … {len(ordered) - len(shown)} more: --items 0 shows all", style="dim")


def _when(found: Explanation) -> Iterator[Text]:
    standing = found.standing
    if found.run == BEFORE_ANY and found.run_at is not None:
        yield Text(f"  rebuilt by `okrsync backfill`, as of {found.run_at:%Y-%m-%d %H:%M} UTC")
    elif found.run is not None and found.run_at is not None:
        yield Text(f"  value of run {found.run}, {found.run_at:%Y-%m-%d %H:%M} UTC")
    if standing.measured_at is not None:
        yield Text(f"  last measured {standing.measured_at:%Y-%m-%d %H:%M} UTC")
    if standing.stale_reason:
        since = f" since {standing.stale_since:%Y-%m-%d %H:%M} UTC" if standing.stale_since else ""
        yield Text(f"  stale{since}: {clean(standing.stale_reason)}", style="magenta")


def _check_in(entry: CheckIn) -> Text:
    causes = "; ".join(_cause(part, entry) for part in entry.causes)
    value = show_value(entry.value, entry.metric.unit)
    who = "" if entry.kind is CheckInKind.MEASURED else f"  {clean(entry.author)}, {entry.kind}"
    sure = "" if entry.confidence is None else f"  confidence {show_progress(entry.confidence)}"
    note = f"  “{clean(entry.note)}”" if entry.note else ""
    way = show_progress(entry.raw_progress)
    brought = f"  (imported from {clean(entry.origin)})" if entry.origin else ""
    return Text(f"  {entry.at:%Y-%m-%d %H:%M}  {value:>12}  {way:>6}  {causes}{who}{sure}{note}{brought}")


def _cause(part: CausePart, entry: CheckIn) -> str:
    said = clean(part.detail) if part.kind is CauseKind.IMPORTED else ""
    return said or f"{part.kind} {show_delta(part.amount, entry.metric.unit)}"

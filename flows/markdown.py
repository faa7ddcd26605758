"""What a sync changed, as Markdown for Prefect's page."""

from __future__ import annotations

from flows.sync_report import SyncReport
from mapping.changes import Action, Change
from mapping.check_ins import CausePart
from mapping.show import show_delta, show_progress, show_value


def changes_table(report: SyncReport) -> str:
    """Return a table of the key results that changed or are held, and a line for each connection."""
    moved = [change for change in report.changes if change.action is not Action.KEEP]
    lines = [f"**{report.check_ins}** check-ins from {len(report.changes)} key results.", ""]
    if moved:
        lines += ["| key result | before | now | progress | causes |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(change) for change in moved]
        lines.append("")
    lines += [
        f"- {each.connection}: {each.outcome}, {each.matched} matched, {each.read} read, {each.requests} requests"
        + (f" ({_cell(each.reason)})" if each.reason else "")
        for each in report.connections
    ]
    return "\n".join(lines)


def _row(change: Change) -> str:
    unit = change.metric.unit
    before = show_value(change.old.value, unit) if change.old else "–"
    if change.new is None:
        return f"| {_cell(change.key_result)} | {before} | {_unpublished(change)} |"
    causes = "; ".join(_cause(change, part) for part in change.causes)
    now, progress = show_value(change.new.value, unit), show_progress(change.new.progress)
    return f"| {_cell(change.key_result)} | {before} | {now} | {progress} | {_cell(causes)} |"


def _unpublished(change: Change) -> str:
    """Return the last cells of what waits for a person, or is held at its last good value."""
    if change.action is Action.SUGGEST and change.review is not None:
        return f"{show_value(change.review.proposal.value, change.metric.unit)} waits for review | – | "
    return f"held | – | {_cell(change.stale_reason)}"


def _cause(change: Change, part: CausePart) -> str:
    return f"{part.kind} {show_delta(part.amount, change.metric.unit)}"


def _cell(text: str | None) -> str:
    """Keep a vendor's text from breaking out of its cell."""
    return (text or "").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")

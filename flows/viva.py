"""Viva Goals' export of OKRs as rows. The tool is retired; its own documents never listed the columns.

They are those that public importers of such files read (see docs/import-export.md): Id, Title, Object Type, Owner,
Team, Period, Start Date, End Date, "Aligned To (weight, Objective ID)", Unit, Start, Target, Progress %, Goal Type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from flows.tables import Lines
from mapping.columns import folded
from mapping.decimals import decimal_text, exact
from mapping.errors import FixConfigError
from mapping.rows import BadRowsError, Entry, Row

OBJECTIVES = frozenset({"objective", "big rock"})
KEY_RESULTS = frozenset({"key result", "kpi"})
ALIGNED = re.compile(r"\(\s*weight:\s*(?P<weight>[\d.]+)\s*%?\s*,\s*id:\s*(?P<id>[^)\s]+)\s*\)", re.IGNORECASE)
"""``Grow the business(weight: 50%, Id: 123)``, as it stands in the column of alignment."""
_BOTH = {
    "team": "team",
    "period": "cycle",
    "time period": "cycle",
    "start date": "starts_on",
    "goal type": "objective_kind",
}
_OF_KEY_RESULT = {
    "title": "title",
    "owner": "owner",
    "unit": "unit",
    "metric unit": "unit",
    "start": "baseline",
    "start value": "baseline",
    "target": "target",
    "target value": "target",
    "current": "value",
    "current value": "value",
    "last check-in date": "checked_in_at",
    "check-in note": "note",
}
NEEDED = ("id", "title", "object type")


def viva_rows(lines: Lines) -> tuple[Sequence[Row], list[str]]:
    """Return rows of our own columns, and what was left out or assumed.

    Raises:
        BadRowsError: a key result that is aligned to no objective of the file.
        FixConfigError: the file has not the columns of such an export.
    """
    heads = {folded(header) for header in lines.headers}
    missing = [name for name in NEEDED if name not in heads]
    if missing:
        raise FixConfigError(f"this is no export of Viva Goals: it has no column {', '.join(missing)}")
    kinds = {row.text("id"): folded(row.text("object type") or "") for row in lines.rows}
    wholes = {row.text("id"): row for row in lines.rows if folded(row.text("object type") or "") in OBJECTIVES}
    found: list[Row] = []
    remarks: list[str] = []
    troubles: list[str] = []
    for row in lines.rows:
        kind = kinds[row.text("id")]
        if kind in OBJECTIVES:
            found.append(Row(place=row.place, entries=_whole(row)))
        elif kind not in KEY_RESULTS:
            remarks.append(f"{row.place}: {row.text('object type') or 'no type'} {row.text('title')!r} is left out")
        elif (part := _part(row, wholes, remarks)) is None:
            troubles.append(f"{row.place}: {row.text('title')!r} is aligned to no objective of the file: export it too")
        else:
            found.append(part)
    if troubles:
        raise BadRowsError(troubles)
    return found, remarks


def _whole(row: Row) -> dict[str, Entry]:
    entries = {name: row.entries[header] for header, name in _BOTH.items() if header in row.entries}
    for header, name in (("title", "objective_title"), ("owner", "objective_owner")):
        if header in row.entries:
            entries[name] = row.entries[header]
    entries["objective_id"] = Entry(f"viva-{row.text('id')}", row.place)
    if "end date" in row.entries:
        entries["ends_on"] = _after(row.entries["end date"])
    return entries


def _part(row: Row, wholes: dict[str | None, Row], remarks: list[str]) -> Row | None:
    aligned = next((text for header, text in row.entries.items() if header.startswith("aligned to")), None)
    links = [] if aligned is None else list(ALIGNED.finditer(aligned.text))
    link = next((each for each in links if each["id"] in wholes), None)
    if aligned is None or link is None:
        return None
    if len(links) > 1:
        remarks.append(f"{aligned.place}: aligned to {len(links)} objectives: it goes below the first, {link['id']}")
    entries = _whole(wholes[link["id"]])
    entries |= {name: row.entries[header] for header, name in _OF_KEY_RESULT.items() if header in row.entries}
    entries["key_result_id"] = Entry(f"viva-{row.text('id')}", row.place)
    entries["weight"] = Entry(link["weight"], aligned.place)
    if "value" not in entries and (value := _value(row)) is not None:
        entries["value"] = value
        remarks.append(f"{value.place}: no current value is given: {value.text} follows from the progress")
    return Row(place=row.place, entries=entries)


def _value(row: Row) -> Entry | None:
    """Return the value that a progress in per cent stands for on the way from start to target."""
    progress = row.entries.get("progress %") or row.entries.get("actual progress")
    ends = [row.entries.get("start") or row.entries.get("start value"), row.entries.get("target")]
    if progress is None or ends[1] is None:
        return None
    try:
        share = Decimal(progress.text.strip().rstrip("%")) / (1 if progress.percent else 100)
        start, target = (Decimal(0) if each is None else Decimal(each.text) for each in ends)
    except InvalidOperation:
        return None  # ends that are no plain numbers are told of where they are read
    with exact():
        return Entry(decimal_text(start + share * (target - start)), progress.place, exact=True)


def _after(entry: Entry) -> Entry:
    """Return the day after, as Viva's end still belongs to a period; what is no date stays as it is."""
    try:
        day = date.fromisoformat(entry.text.strip()[:10])
    except ValueError:
        return entry
    return Entry((day + timedelta(days=1)).isoformat(), entry.place)

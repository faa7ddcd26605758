"""Reads check-ins of before that are to be imported: our own export (csv, xlsx, JSON), or another tool's table."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from connectors.spreadsheet.csvfile import SUFFIXES
from dashboard.exports.tables import SAID
from dashboard.texts import Texts
from dashboard.vocabulary import STATUS_WORDS
from flows.past_imports import PastReport
from flows.tables import lines_of, past_rows, sheets_of
from mapping.check_ins import CheckIn
from mapping.columns import CHECK_INS, folded
from mapping.errors import FixConfigError
from mapping.numbers import NumberStyle
from mapping.past_rows import Past, PastTable, past_check_ins
from mapping.rows import BadRowsError
from mapping.rules import Objective
from mapping.show import Lang
from mapping.status import Status
from okrsync.show import counted_as

LANGUAGES: tuple[Lang, ...] = ("en", "fr")
NAMES: Mapping[str, str] = {
    **{column.name.replace("_", "-"): column.name for column in CHECK_INS},
    "key-result": "key_result_id",
    "date": "at",
}
"""What columns are called on the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be imported."""

    path: Path
    sheet: str | None
    columns: Mapping[str, str]
    """Column to the header that holds it in the file."""
    numbers: NumberStyle
    author: str
    """Of check-ins that name none."""


def columns_of(given: Sequence[str]) -> dict[str, str]:
    """Return what ``COLUMN=HEADER`` says, by column.

    Raises:
        FixConfigError: it says something else, or there is no such column.
    """
    found = {}
    for each in given:
        name, equals, header = each.partition("=")
        if not equals or not header.strip():
            raise FixConfigError(f"--column {each!r}: write COLUMN=HEADER, as value='Current score'")
        if name not in NAMES:
            raise FixConfigError(f"--column {each!r}: there are {', '.join(sorted(NAMES))}")
        found[NAMES[name]] = header.strip()
    return found


def read(wish: Wish, declared: Sequence[Objective]) -> Past:
    """Return the check-ins that a file tells of.

    Raises:
        BadRowsError: rows that cannot be read, all of them with their places.
        FixConfigError: no such file, or it is something else.
    """
    if wish.path.suffix.lower() == ".json":
        return Past(check_ins=tuple(_of_export(wish.path, declared)))
    lines = asyncio.run(lines_of(wish.path, wish.sheet or _own_sheet(wish.path)))
    rows, columns, remarks = past_rows(lines, wish.columns)
    table = PastTable(
        rows=rows, columns=columns, declared=declared, author=wish.author, words=_words(), numbers=wish.numbers
    )
    found = past_check_ins(table)
    return replace(found, remarks=(*remarks, *found.remarks))


def _own_sheet(path: Path) -> str | None:
    """Return the sheet in which our own export keeps check-ins, where a workbook has it."""
    if path.suffix.lower() in SUFFIXES:
        return None
    own = {Texts(language)(SAID) for language in LANGUAGES}
    return next((name for name in asyncio.run(sheets_of(path)) if name in own), None)


def _words() -> dict[str, Status]:
    """Return what a status is called, folded, in each language and in JSON."""
    found = {folded(status): status for status in Status}
    for language in LANGUAGES:
        found |= {folded(Texts(language)(word)): status for status, word in STATUS_WORDS.items()}
    return found


def _of_export(path: Path, declared: Sequence[Objective]) -> list[CheckIn]:
    """Return the check-ins of our own JSON, exact to the last digit."""
    known = {each.id for one in declared for each in one.key_results}
    troubles: list[str] = []
    found: list[CheckIn] = []
    for address, entries in _stories(path).items():
        if address not in known:
            troubles.append(f"{path.name}, {address}: no such key result is declared: import its OKRs first")
            continue
        for number, each in enumerate(reversed(entries), 1):
            place = f"{path.name}, {address}, check-in {number}"
            try:
                entry = msgspec.convert(each, CheckIn, strict=False)
            except msgspec.ValidationError as error:
                troubles.append(f"{place}: {error}: export it again")
                continue
            if entry.key_result != address or entry.at.tzinfo is None:
                troubles.append(f"{place}: is of {entry.key_result}, at {entry.at}: export it again")
            found.append(replace(entry, run=0, origin=place))
    if troubles:
        raise BadRowsError(troubles)
    return found


def _stories(path: Path) -> dict[str, list[object]]:
    try:
        whole = json.loads(path.read_bytes())
    except OSError as error:
        raise FixConfigError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FixConfigError(f"{path.name} is no JSON: {error}") from error
    stories = whole.get("stories") if isinstance(whole, dict) else None
    if not isinstance(stories, dict) or "okrsync_export" not in whole:
        raise FixConfigError(f"{path.name} is no export of okrsync: make one with okrsync export --history --out NAME")
    histories = {
        str(address): story["check_ins"]
        for address, story in stories.items()
        if isinstance(story, dict) and isinstance(story.get("check_ins"), list)
    }
    if len(histories) < len(stories):
        raise FixConfigError(f"{path.name} holds no check-ins: export it again with --history")
    return histories


def lines_of_report(report: PastReport) -> list[str]:
    """Return what an import did, or would do, a line each."""
    lines = []
    for each in report.steps:
        days = f", {each.since:%Y-%m-%d} to {each.until:%Y-%m-%d}" if each.since and each.until else ""
        kept = f"; {each.kept} on record already" if each.kept else ""
        lines.append(f"{each.key_result}  {counted_as(each.taken, 'check-in')}{days}{kept}")
    taken, kept = (sum(getattr(each, name) for each in report.steps) for name in ("taken", "kept"))
    verb = "would be taken over" if report.dry else "taken over"
    return [*lines, *(f"look at {each}" for each in report.remarks), f"{taken} {verb}, {kept} as they were"]

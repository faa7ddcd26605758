"""A cycle as two tables: its key results, and their check-ins. What stands in each cell, before any file format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote

from dashboard.links import safe_href
from dashboard.phrases import phrase
from dashboard.templating import person
from dashboard.texts import Texts
from dashboard.texts import marked as _
from dashboard.vocabulary import CAUSE_WORDS, KIND_WORDS, STATUS_WORDS
from flows.report import CycleReport, Story
from mapping.check_ins import CauseKind, CausePart, CheckIn
from mapping.columns import CHECK_INS, COLUMNS, COMMENTS, Column, unit_text
from mapping.people import Override
from mapping.rules import Unit, UnitKind
from mapping.show import show_delta, show_value
from mapping.standing import ObjectiveStanding, Standing

KEY_RESULTS, SAID, COMMENTED = _("Key results"), _("Check-ins"), _("Comments")
SAYS = _("says %(value)s; measured: %(automatic)s.")
UNTIL = _("Stands until %(moment)s.")
UNTIL_RESUMED = _("Stands until somebody resumes the automatic value.")
UNTIL_MOVED = _("Stands until the automatic value moves.")
PLAIN, SHARE = Unit(), Unit(kind=UnitKind.PERCENT)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in its unit, exact; percentages as fractions."""

    value: Decimal
    unit: Unit = PLAIN


Cell = str | Amount | date | datetime | None
"""None is an empty cell; instants are aware and in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows below a header."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def key_results(told: CycleReport, texts: Texts, page: str | None = None) -> Table:
    """Return one row a key result.

    Args:
        told: the cycle.
        texts: of the language of headers and words.
        page: address where the page is served, for links; None leaves them out.
    """
    rows = [
        tuple(_of_key_result(told, objective, story, texts, page)[column.name] for column in COLUMNS)
        for objective in told.overview.objectives
        for story in told.of(objective.key_results)
    ]
    return Table(title=texts(KEY_RESULTS), columns=COLUMNS, rows=tuple(rows))


def check_ins(told: CycleReport, texts: Texts) -> Table:
    """Return one row a check-in, newest first within its key result."""
    rows = [
        tuple(_of_check_in(story, entry, texts)[column.name] for column in CHECK_INS)
        for objective in told.overview.objectives
        for story in told.of(objective.key_results)
        for entry in story.check_ins
    ]
    return Table(title=texts(SAID), columns=CHECK_INS, rows=tuple(rows))


def comments(told: CycleReport, texts: Texts) -> Table:
    """Return one row a comment, oldest first within its key result."""
    rows: list[tuple[Cell, ...]] = [
        (each.key_result, story.standing.title, each.at, each.author, each.text)
        for objective in told.overview.objectives
        for story in told.of(objective.key_results)
        for each in story.comments
    ]
    return Table(title=texts(COMMENTED), columns=COMMENTS, rows=tuple(rows))


def link_to(page: str | None, address: str) -> str | None:
    """Return the address of a key result's page below that of the whole page."""
    if safe_href(page) is None or page is None:
        return None
    return f"{page.rstrip('/')}/kr/{'/'.join(quote(part, safe='') for part in address.split('/', 1))}"


def _of_key_result(
    told: CycleReport, objective: ObjectiveStanding, story: Story, texts: Texts, page: str | None
) -> dict[str, Cell]:
    stands, cycle = story.standing, told.overview.cycle
    metric, unit = stands.metric, stands.metric.unit
    number = _in(unit)
    return {
        "cycle": cycle.id,
        "starts_on": cycle.starts_on,
        "ends_on": cycle.ends_on,
        "timezone": cycle.timezone,
        "objective_id": objective.id,
        "objective_title": objective.title,
        "objective_kind": texts(KIND_WORDS[objective.kind]),
        "team": objective.team,
        "parent": objective.parent,
        "objective_owner": objective.owner,
        "key_result_id": stands.key_result,
        "title": stands.title,
        "owner": stands.owner,
        "key_result_team": stands.team,
        "weight": Amount(stands.weight),
        "kind": str(metric.kind),
        "baseline": number(metric.baseline),
        "commit": number(metric.commit),
        "target": number(metric.target),
        "stretch": number(metric.stretch),
        "upper": number(metric.upper),
        "unit": unit_text(unit),
        "per": metric.per and str(metric.per),
        "over": str(metric.over) if metric.per else None,
        "value": number(stands.value),
        "progress": _share(stands.raw_progress),
        "expected": _share(stands.pace.expected),
        "status": texts(STATUS_WORDS[stands.status]),
        "score": None if story.score is None else Amount(story.score),
        "confidence": _share(stands.confidence),
        "note": next((each.note for each in story.check_ins if each.note), None),
        "automatic": None if stands.automatic is None else number(stands.automatic.value),
        "override_reason": None if stands.override is None else stands.override.reason,
        "override_until": _until(stands.override, texts),
        "stale_reason": phrase(stands.stale_reason, texts) if stands.stale_reason else None,
        "no_data": phrase(stands.no_data, texts) if stands.no_data else None,
        "checked_in_at": stands.changed_at,
        "author": stands.author,
        "measured_at": stands.measured_at,
        "link": link_to(page, stands.key_result),
    }


def _of_check_in(story: Story, entry: CheckIn, texts: Texts) -> dict[str, Cell]:
    unit, override = entry.metric.unit, story.override_of(entry)
    return {
        "key_result_id": entry.key_result,
        "title": story.standing.title,
        "at": entry.at,
        "value": _in(unit)(entry.value),
        "unit": unit_text(unit),
        "progress": _share(entry.raw_progress),
        "status": None if entry.status is None else texts(STATUS_WORDS[entry.status]),
        "confidence": _share(entry.confidence),
        "author": entry.author,
        "kind": str(entry.kind),
        "note": entry.note,
        "override_reason": None if override is None else override.reason,
        "override_until": _until(override, texts),
        "causes": causes_text(entry.causes, unit, texts),
        "formula": phrase(entry.formula, texts) if entry.formula else None,
        "no_data": phrase(entry.no_data, texts) if entry.no_data else None,
    }


def by_hand_text(stands: Standing, texts: Texts, timezone: str) -> str:
    """Return in a sentence or three who stands above the measure, why, and until when; empty where nobody does."""
    if stands.automatic is None:
        return ""
    unit, language = stands.metric.unit, texts.language
    values = {"value": show_value(stands.value, unit, language)}
    values["automatic"] = show_value(stands.automatic.value, unit, language)
    said = f"{person(stands.author)} {texts(SAYS) % values}"
    if stands.override is None:
        return said
    reason = f" “{stands.override.reason}”" if stands.override.reason else ""
    return f"{said}{reason} {stands_until(stands.override, texts, timezone)}"


def stands_until(override: Override, texts: Texts, timezone: str) -> str:
    """Return what ends an override, as a sentence."""
    if override.expires_at is not None:
        return texts(UNTIL) % {"moment": texts.moment(override.expires_at, timezone)}
    return texts(UNTIL_RESUMED if override.sticky else UNTIL_MOVED)


def _until(override: Override | None, texts: Texts) -> str | datetime | None:
    """Return the instant at which an override ends by itself, else what ends it."""
    if override is None or override.expires_at is not None:
        return None if override is None else override.expires_at
    return stands_until(override, texts, "UTC")


def causes_text(causes: Sequence[CausePart], unit: Unit, texts: Texts) -> str:
    """Return causes in one line: ``completed +3.1 pp; scope added -4.6 pp``."""
    return "; ".join(cause_text(part, unit, texts) for part in causes)


def cause_text(part: CausePart, unit: Unit, texts: Texts) -> str:
    """Return one cause with its amount; what was imported in the words that it came with."""
    if part.kind is CauseKind.IMPORTED and part.detail:
        return part.detail
    return f"{texts(CAUSE_WORDS.get(part.kind, str(part.kind)))} {show_delta(part.amount, unit, texts.language)}"


def _in(unit: Unit) -> Callable[[Decimal | None], Amount | None]:
    return lambda value: None if value is None else Amount(value, unit)


def _share(value: Decimal | None) -> Amount | None:
    return None if value is None else Amount(value, SHARE)


def utc_text(at: datetime) -> str:
    """Return an instant as files hold it: ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

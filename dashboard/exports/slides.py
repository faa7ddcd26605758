"""A cycle as slides for its review: an overview, one slide an objective, the scores once it is closed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dashboard import board
from dashboard.drawing import last_day
from dashboard.exports.tables import by_hand_text, cause_text
from dashboard.phrases import phrase
from dashboard.templating import cycle_name, person
from dashboard.texts import Texts
from dashboard.texts import marked as _
from dashboard.vocabulary import KIND_WORDS, STATUS_WORDS
from flows.report import CycleReport, Story
from mapping.errors import FixConfigError
from mapping.metric import clamp
from mapping.rules import Unit
from mapping.show import show_metric, show_progress, show_value
from mapping.standing import ObjectiveStanding
from mapping.status import Status

REVIEW, OVERVIEW, SCORES = _("Review"), _("Overview"), _("Scores")
EXPECTED, CONTINUED = _("%(expected)s expected"), _("continued")
MOVED, STUCK = _("What moved: {what}"), _("Stuck: {why}")
STILL = _("nothing has moved since %(day)s")
NO_KEY_RESULTS = _("no key results yet")
CLOSED = _("Closed on %(moment)s by %(name)s")

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6
"""Of a slide in inches, 16:9; and what stays free at its sides."""
RESULTS_A_SLIDE, ROWS_A_SLIDE, SAID_A_RESULT = 5, 9, 2
POINTS_AN_INCH, SMALLEST = 72, 9
LINE_HEIGHT, LETTER_WIDTH, FILLED = 1.2, 0.55, 0.85
"""Of a line and of a letter, in its size; and how much of several lines is filled."""
INK, QUIET, TRACK = "1C1D20", "5C5F66", "E6E3DC"
FILLS = {
    Status.ON_TRACK: "2B9A70",
    Status.AT_RISK: "C4820E",
    Status.OFF_TRACK: "CF4238",
    Status.MISSED: "CF4238",
    Status.ACHIEVED: "3B84C0",
    Status.PARTIAL: "8A68C2",
    Status.STALE: "9A91AE",
}
"""As on the page; the others have none of their own."""
NONE = "AAA69D"


def slides(told: CycleReport, texts: Texts) -> bytes:
    """Return the slides as a file of PowerPoint.

    Raises:
        FixConfigError: python-pptx is not installed.
    """
    deck = _Deck()
    _title(deck, told, texts)
    _overview(deck, told, texts)
    for objective in told.overview.objectives:
        _objective(deck, objective, told.of(objective.key_results), told, texts)
    if told.closing is not None:
        _scores(deck, told, texts)
    return deck.content()


@dataclass(frozen=True, slots=True)
class Box:
    """Where something stands, in inches from the upper left corner."""

    x: float
    y: float
    width: float
    height: float


class _Deck:
    """The few things that are put on slides. python-pptx has no types; nothing of it leaves this class."""

    def __init__(self) -> None:
        try:
            import pptx
            from pptx.dml.color import RGBColor
            from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
            from pptx.util import Inches, Pt
        except ImportError as error:
            raise FixConfigError("slides need python-pptx: pip install 'okrsync[slides]'") from error
        self._inches, self._points = Inches, Pt
        self._colour: Any = RGBColor
        self._middle, self._right = MSO_ANCHOR.MIDDLE, PP_ALIGN.RIGHT
        self._deck: Any = pptx.Presentation()
        self._deck.slide_width, self._deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self._slide: Any = None

    def slide(self, title: str, *, size: int = 26, box: Box | None = None) -> None:
        """Begin a slide. Its title is the layout's own, so that outlines and screen readers know it."""
        self._slide = self._deck.slides.add_slide(self._deck.slide_layouts[5])  # "Title Only"
        place = box or Box(MARGIN, 0.32, WIDTH - 2 * MARGIN - 2.4, 0.88)
        shape = self._slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = (
            self._inches(each) for each in (place.x, place.y, place.width, place.height)
        )
        title, size = fitted(title, place, size)
        self._write(shape.text_frame, title, size=size, colour=INK, bold=True, right=False)

    def text(
        self, box: Box, text: str, *, size: int = 12, colour: str = INK, bold: bool = False, right: bool = False
    ) -> None:
        """Put a text; it wraps inside its box, smaller or cut where it would not fit."""
        shape = self._slide.shapes.add_textbox(
            self._inches(box.x), self._inches(box.y), self._inches(box.width), self._inches(box.height)
        )
        text, size = fitted(text, box, size)
        self._write(shape.text_frame, text, size=size, colour=colour, bold=bold, right=right)

    def bar(self, box: Box, progress: Decimal | None, expected: Decimal, status: Status) -> None:
        """Put a bar from baseline to target with a mark where progress is expected."""
        self._block(box, TRACK)
        done = float(clamp(progress)) if progress is not None else 0
        if done:
            self._block(Box(box.x, box.y, box.width * done, box.height), FILLS.get(status, NONE))
        if 0 < expected < 1:
            self._block(Box(box.x + box.width * float(expected) - 0.012, box.y - 0.05, 0.024, box.height + 0.1), INK)

    def block(self, box: Box, status: Status) -> None:
        """Put a block in the colour of a status."""
        self._block(box, FILLS.get(status, NONE))

    def content(self) -> bytes:
        """Return the file."""
        out = io.BytesIO()
        self._deck.save(out)
        return out.getvalue()

    def _block(self, box: Box, colour: str) -> None:
        shape = self._slide.shapes.add_shape(
            1, self._inches(box.x), self._inches(box.y), self._inches(box.width), self._inches(box.height)
        )
        shape.fill.solid()
        shape.fill.fore_color.rgb = self._colour.from_string(colour)
        shape.line.fill.background()
        shape.shadow.inherit = False

    def _write(self, frame: Any, text: str, *, size: int, colour: str, bold: bool, right: bool) -> None:
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.vertical_anchor = self._middle
        paragraph = frame.paragraphs[0]
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold = self._points(size), bold
        run.font.color.rgb = self._colour.from_string(colour)
        paragraph.alignment = self._right if right else 1


def printable(text: str) -> str:
    """Return a text on one line, without what XML cannot hold."""
    kept = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(kept.split())


def fitted(text: str, box: Box, size: int) -> tuple[str, int]:
    """Return a text with the size in which it fits into its box: as asked for, else smaller, else cut.

    The width of letters is a guess, on the safe side of the usual fonts: who opens the file has fonts of their own.
    """
    line, least = printable(text), max(SMALLEST, size * 2 // 3)
    for tried in range(size, least - 1, -1):
        if len(line) <= _room(box, tried):
            return line, tried
    return line[: max(1, _room(box, least) - 1)].rstrip() + "…", least


def _room(box: Box, size: int) -> int:
    """Return how many letters a box holds; of several lines each loses some to the wrapping of words."""
    lines = max(1, int(box.height * POINTS_AN_INCH / (size * LINE_HEIGHT)))
    across = box.width * POINTS_AN_INCH / (size * LETTER_WIDTH)
    return int(across if lines == 1 else across * lines * FILLED)


def _title(deck: _Deck, told: CycleReport, texts: Texts) -> None:
    cycle = told.overview.cycle
    deck.slide(cycle_name(cycle, texts), size=44, box=Box(MARGIN, 2.4, WIDTH - 2 * MARGIN, 1.2))
    deck.text(Box(MARGIN, 2.0, 8, 0.4), texts(REVIEW), size=16, colour=QUIET)
    span = f"{texts.full_day(cycle.starts_on)} – {texts.full_day(last_day(cycle))}"
    moment = texts.moment(told.overview.as_of, cycle.timezone)
    deck.text(Box(MARGIN, 3.7, WIDTH - 2 * MARGIN, 0.4), f"{span} · {moment}", size=16, colour=QUIET)
    if told.closing is not None:
        closed = texts.moment(told.closing.closed_at, cycle.timezone)
        said = texts(CLOSED) % {"moment": closed, "name": told.closing.closed_by}
        deck.text(Box(MARGIN, 4.2, WIDTH - 2 * MARGIN, 0.4), said, size=16, colour=QUIET)


def _overview(deck: _Deck, told: CycleReport, texts: Texts) -> None:
    tallies = board.tallies(board.standings_of(told.overview))
    objectives = told.overview.objectives
    for start in range(0, max(1, len(objectives)), ROWS_A_SLIDE):
        _heading(deck, texts(OVERVIEW), start, texts)
        wide = WIDTH - 2 * MARGIN
        for each in tallies:
            place = Box(MARGIN + wide * float(each.start), 1.4, max(0.02, wide * float(each.share) - 0.03), 0.16)
            deck.block(place, each.status)
        counted = " · ".join(f"{each.count} {texts(STATUS_WORDS[each.status])}" for each in tallies)
        deck.text(Box(MARGIN, 1.65, wide, 0.45), counted, size=13, colour=QUIET)
        for row, objective in enumerate(objectives[start : start + ROWS_A_SLIDE]):
            _overview_row(deck, objective, 2.15 + row * 0.56, texts)


def _overview_row(deck: _Deck, objective: ObjectiveStanding, y: float, texts: Texts) -> None:
    deck.text(Box(MARGIN, y, 5.9, 0.45), objective.title, size=14)
    deck.text(Box(6.6, y, 1.6, 0.45), texts(STATUS_WORDS[objective.status]), size=13, colour=_tone(objective.status))
    deck.bar(Box(8.3, y + 0.16, 3.5, 0.13), objective.progress, objective.expected, objective.status)
    deck.text(
        Box(11.9, y, 0.83, 0.45), show_progress(objective.progress, texts.language), size=14, bold=True, right=True
    )


def _objective(
    deck: _Deck, objective: ObjectiveStanding, stories: Sequence[Story], told: CycleReport, texts: Texts
) -> None:
    for start in range(0, max(1, len(stories)), RESULTS_A_SLIDE):
        _heading(deck, objective.title, start, texts)
        facts = [STATUS_WORDS[objective.status], KIND_WORDS[objective.kind]]
        said = [texts(each) for each in facts] + [each for each in (objective.team, objective.owner) if each]
        deck.text(Box(MARGIN, 1.25, 9, 0.35), " · ".join(said), size=13, colour=QUIET)
        progress = show_progress(objective.progress, texts.language)
        deck.text(Box(WIDTH - MARGIN - 2.3, 0.4, 2.3, 0.6), progress, size=32, bold=True, right=True)
        expected = texts(EXPECTED) % {"expected": show_progress(objective.expected, texts.language)}
        deck.text(Box(WIDTH - MARGIN - 2.3, 1.0, 2.3, 0.35), expected, size=12, colour=QUIET, right=True)
        deck.bar(Box(MARGIN, 1.72, WIDTH - 2 * MARGIN, 0.14), objective.progress, objective.expected, objective.status)
        if not stories:
            deck.text(Box(MARGIN, 2.1, WIDTH - 2 * MARGIN, 0.4), texts(NO_KEY_RESULTS), size=14, colour=QUIET)
        for row, story in enumerate(stories[start : start + RESULTS_A_SLIDE]):
            _result(deck, story, 2.05 + row * 1.04, told, texts)


def _result(deck: _Deck, story: Story, y: float, told: CycleReport, texts: Texts) -> None:
    stands, language = story.standing, texts.language
    unit = stands.metric.unit
    deck.block(Box(MARGIN, y + 0.07, 0.07, 0.86), stands.status)
    deck.text(Box(MARGIN + 0.2, y, 6.3, 0.34), stands.title, size=14, bold=True)
    facts = [texts(STATUS_WORDS[stands.status])] + ([person(stands.owner)] if stands.owner else [])
    deck.text(Box(MARGIN + 0.2, y + 0.34, 6.3, 0.24), " · ".join(facts), size=11, colour=_tone(stands.status))
    value = show_value(stands.value, unit, language)
    moved = stands.value is not None and story.start is not None and story.start != stands.value
    if moved:
        value = f"{show_value(story.start, replace(unit, name=None), language)} → {value}"
    deck.text(Box(7.2, y, 2.6, 0.34), value, size=14, bold=True, right=True)
    deck.text(Box(7.2, y + 0.34, 2.6, 0.24), show_metric(stands.metric, language), size=11, colour=QUIET, right=True)
    deck.bar(Box(10.0, y + 0.11, 1.9, 0.12), stands.progress, stands.pace.expected, stands.status)
    deck.text(Box(11.95, y, 0.78, 0.34), show_progress(stands.raw_progress, language), size=13, right=True)
    deck.text(
        Box(MARGIN + 0.2, y + 0.58, WIDTH - 2 * MARGIN - 0.2, 0.4), _told(story, told, texts), size=10, colour=QUIET
    )


def _told(story: Story, told: CycleReport, texts: Texts) -> str:
    """Return who stands above the measure, what moved it, what it is stuck on, and the last words of people."""
    by_hand = by_hand_text(story.standing, texts, told.overview.cycle.timezone)
    said = [by_hand] if by_hand else []
    if story.moved:
        parts = "; ".join(cause_text(part, story.standing.metric.unit, texts) for part in story.moved)
        said.append(texts(MOVED).format(what=parts))
    if story.stuck is not None:
        since = story.standing.changed_at
        why = phrase(story.stuck_because, texts)
        if not why and since is not None:
            why = texts(STILL) % {"day": texts.moment(since, told.overview.cycle.timezone)}
        said.append(texts(STUCK).format(why=why))
    said += [f"{person(author)}: {text}" for _at, author, text in story.notes[-SAID_A_RESULT:]]
    return " · ".join(said)


def _scores(deck: _Deck, told: CycleReport, texts: Texts) -> None:
    rows: list[tuple[str, Decimal | None, str, bool]] = []
    for objective in told.overview.objectives:
        score = None if told.closing is None else told.closing.scores.get(objective.id)
        rows.append((objective.title, score, "", True))
        stories = told.of(objective.key_results)
        rows += [(each.standing.title, each.score, each.score_by_hand or "", False) for each in stories]
    for start in range(0, len(rows), 2 * ROWS_A_SLIDE):
        _heading(deck, texts(SCORES), start, texts)
        for row, (title, score, reason, whole) in enumerate(rows[start : start + 2 * ROWS_A_SLIDE]):
            y = 1.4 + row * 0.31
            deck.text(Box(MARGIN + (0 if whole else 0.25), y, 7.4, 0.29), title, size=12, bold=whole)
            shown = show_value(score, Unit(), texts.language)
            deck.text(Box(8.2, y, 0.9, 0.29), shown, size=12, bold=whole, right=True)
            deck.text(Box(9.3, y, 3.4, 0.29), reason, size=10, colour=QUIET)


def _heading(deck: _Deck, title: str, start: int, texts: Texts) -> None:
    deck.slide(f"{title} ({texts(CONTINUED)})" if start else title)


def _tone(status: Status) -> str:
    return FILLS.get(status, QUIET)

"""A cycle as Markdown: each objective with its key results in the reading form, to paste where people talk."""

from __future__ import annotations

import re

from dashboard.drawing import last_day
from dashboard.exports.tables import by_hand_text, causes_text, link_to, utc_text
from dashboard.phrases import phrase
from dashboard.templating import cycle_name, in_sentence
from dashboard.texts import Texts
from dashboard.texts import marked as _
from dashboard.vocabulary import KIND_WORDS, STATUS_WORDS
from flows.report import CycleReport, Story
from mapping.columns import CHECK_INS
from mapping.rules import Unit
from mapping.show import show_metric, show_progress, show_value
from mapping.standing import ObjectiveStanding

FORM = _("I will %(objective)s, as measured by %(key_result)s.")
EXPECTED = _("%(expected)s expected")
CLOSED = _("Closed on %(moment)s by %(name)s")
SCORED = _("score {score}")
MOVED = _("What moved: {what}")
STUCK = _("Stuck: {why}")
_PLAIN = Unit()

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_BLOCK = re.compile(r"^(\d*)([-+=.)])(?=\s|$)")
"""What would begin a list or underline a heading."""


def escaped(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    >>> escaped("a | b <i>x</i>")
    'a \\\\| b \\\\<i\\\\>x\\\\</i\\\\>'
    """
    return _BLOCK.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def markdown(told: CycleReport, texts: Texts, *, page: str | None = None, history: bool = False) -> str:
    """Return the whole cycle; ``history`` adds a table of check-ins below each objective."""
    cycle = told.overview.cycle
    span = f"{texts.full_day(cycle.starts_on)} – {texts.full_day(last_day(cycle))}"
    moment = texts.moment(told.overview.as_of, cycle.timezone)
    lines = [f"# {escaped(cycle_name(cycle, texts))}", "", f"{span} · {moment}"]
    if told.closing is not None:
        at, by = texts.moment(told.closing.closed_at, cycle.timezone), escaped(told.closing.closed_by)
        lines += ["", texts(CLOSED) % {"moment": at, "name": by}]
    for objective in told.overview.objectives:
        lines += ["", *_objective(told, objective, texts, page)]
        if history:
            lines += _history(told, objective, texts)
    return "\n".join(lines) + "\n"


def _objective(told: CycleReport, objective: ObjectiveStanding, texts: Texts, page: str | None) -> list[str]:
    language = texts.language
    facts = [texts(STATUS_WORDS[objective.status]), texts(KIND_WORDS[objective.kind])]
    facts += [escaped(each) for each in (objective.team, objective.owner) if each]
    expected = texts(EXPECTED) % {"expected": show_progress(objective.expected, language)}
    score = None if told.closing is None else told.closing.scores.get(objective.id)
    facts += [texts(SCORED).format(score=show_value(score, _PLAIN, language))] if score is not None else []
    progress = show_progress(objective.progress, language)
    lines = [f"## {escaped(objective.title)}", "", f"**{progress}** ({expected}) · {' · '.join(facts)}", ""]
    goal = escaped(in_sentence(objective.title))
    for story in told.of(objective.key_results):
        lines += _key_result(goal, story, texts, page, told.overview.cycle.timezone)
    return lines


def _key_result(goal: str, story: Story, texts: Texts, page: str | None, timezone: str) -> list[str]:
    stands, language = story.standing, texts.language
    measured_by = escaped(in_sentence(stands.title))
    form = texts(FORM)
    link = link_to(page, stands.key_result)
    value = escaped(show_value(stands.value, stands.metric.unit, language))
    way = escaped(show_metric(stands.metric, language))
    facts = [texts(STATUS_WORDS[stands.status]), f"{value} ({way})", show_progress(stands.raw_progress, language)]
    facts += [escaped(stands.owner)] if stands.owner else []
    lines = [
        "- " + form % {"objective": goal, "key_result": f"[{measured_by}](<{link}>)" if link else measured_by},
        "  " + " · ".join(facts),
    ]
    if by_hand := by_hand_text(stands, texts, timezone):
        lines.append(f"  {escaped(by_hand)}")
    if story.moved:
        moved = escaped(causes_text(story.moved, stands.metric.unit, texts))
        lines.append("  " + texts(MOVED).format(what=moved))
    if story.stuck_because:
        lines.append("  " + texts(STUCK).format(why=escaped(phrase(story.stuck_because, texts))))
    lines += [f"  > {escaped(author)}: {escaped(text)}" for _at, author, text in story.notes]
    return lines


def _history(told: CycleReport, objective: ObjectiveStanding, texts: Texts) -> list[str]:
    titles = {column.name: column.title(texts.language) for column in CHECK_INS}
    heads = [titles[name] for name in ("at", "title", "value", "progress", "author", "note", "override_reason")]
    rows = [
        [
            utc_text(entry.at),
            escaped(story.standing.title),
            escaped(show_value(entry.value, entry.metric.unit, texts.language)),
            show_progress(entry.raw_progress, texts.language),
            escaped(entry.author),
            escaped(entry.note),
            escaped(override.reason) if (override := story.override_of(entry)) is not None else "",
        ]
        for story in told.of(objective.key_results)
        for entry in story.check_ins
    ]
    return ["", *(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))] if rows else []

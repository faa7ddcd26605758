"""A cycle as JSON: the very objects of the page, numbers as decimal strings, instants in ISO 8601."""

from __future__ import annotations

from dashboard.as_json import overview_json
from dashboard.exports.tables import link_to
from flows.report import CycleReport, Story
from mapping.plain import Plain, plain

FORMAT = 1


def report_json(told: CycleReport, *, page: str | None = None, history: bool = False) -> Plain:
    """Return the cycle as ``status --json`` has it, and by address the story of each key result."""
    whole = overview_json(told.overview)
    return {
        "okrsync_export": FORMAT,
        **(whole if isinstance(whole, dict) else {}),
        "closing": plain(told.closing),
        "stories": {address: _story(each, page, history=history) for address, each in told.stories.items()},
    }


def _story(story: Story, page: str | None, *, history: bool) -> Plain:
    found: dict[str, Plain] = {
        "start": plain(story.start),
        "moved": plain(story.moved),
        "stuck": plain(story.stuck),
        "stuck_because": story.stuck_because,
        "notes": plain(story.notes),
        "score": plain(story.score),
        "score_by_hand": story.score_by_hand,
        "link": link_to(page, story.standing.key_result),
    }
    if not history:
        return found
    said = {"check_ins": story.check_ins, "overrides": story.overrides, "comments": story.comments}
    return found | {name: plain(each) for name, each in said.items()}

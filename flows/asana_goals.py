"""Goals as Asana's API gives them (https://developers.asana.com/reference/goals), as rows.

A goal that others support is an objective, and those are its key results; one that stands alone is both. The API tells
which goals a goal supports at an address of its own (getParentGoalsForGoal); in a file they stand as ``parents``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from connectors.asana.goal_list import Goal, Numbers, Span
from mapping.decimals import decimal_text
from mapping.draft.rule import id_of
from mapping.rows import Entry, Row

BY_HAND = frozenset({"manual", "external", ""})


def goal_rows(goals: Sequence[Goal], said: str) -> tuple[list[Row], list[str]]:
    """Return rows of our own columns, and what was left out or assumed.

    Args:
        goals: with their parents.
        said: where they come from, for people.
    """
    known = {goal.gid: goal for goal in goals}
    parent = {goal.gid: next((each.gid for each in goal.parents if each.gid in known), None) for goal in goals}
    supported = set(parent.values())
    rows, remarks = [], []
    for goal in goals:
        above = parent[goal.gid]
        place = f"{said}, goal {goal.gid} ({goal.name})"
        if len(goal.parents) > 1:
            remarks.append(f"{place}: supports {len(goal.parents)} goals: it goes below the first that is given")
        if goal.gid in supported or above is None:
            counted = goal.metric is not None and goal.metric.progress_source in BY_HAND
            alone = goal.gid not in supported
            rows.append(Row(place=place, entries=_entries(goal, goal if counted or alone else None, place, parent)))
        else:
            rows.append(Row(place=place, entries=_entries(known[above], goal, place, parent)))
    return rows, remarks


def _entries(whole: Goal, part: Goal | None, place: str, parent: Mapping[str, str | None]) -> dict[str, Entry]:
    above = parent[whole.gid]
    texts: dict[str, str | None] = {
        "objective_id": f"asana-{whole.gid}",
        "objective_title": whole.name,
        "parent": f"asana-{above}" if above else None,
        "objective_owner": whole.owner.name if whole.owner else None,
        "team": whole.team.name if whole.team else None,
        **_cycle(whole),
    }
    numbers: dict[str, Entry] = {}
    if part is not None:
        texts |= {
            "key_result_id": f"asana-{part.gid}",
            "title": part.name,
            "owner": part.owner.name if part.owner else None,
        }
        if part.metric is not None:
            texts["unit"] = {"percentage": "%", "currency": part.metric.currency_code}.get(part.metric.unit)
            numbers = _numbers(part.metric, place)
        if part.current_status_update is not None:
            last = part.current_status_update
            author = last.author.name if last.author else None
            texts |= {"checked_in_at": last.created_at, "author": author, "note": last.title}
    return {**{name: Entry(text, place) for name, text in texts.items() if text}, **numbers}


def _numbers(metric: Numbers, place: str) -> dict[str, Entry]:
    values = {
        "baseline": metric.initial_number_value,
        "target": metric.target_number_value,
        "value": metric.current_number_value,
    }
    percent = metric.unit == "percentage"
    return {
        name: Entry(decimal_text(value), place, percent=percent, exact=True)
        for name, value in values.items()
        if value is not None
    }


def _cycle(goal: Goal) -> dict[str, str | None]:
    span = goal.time_period or Span(start_on=goal.start_on, end_on=goal.due_on)
    if span.start_on is None or span.end_on is None:
        return {}
    ends = (date.fromisoformat(span.end_on) + timedelta(days=1)).isoformat()
    name = id_of(span.display_name) if span.display_name else f"{span.start_on}-to-{span.end_on}"
    return {"cycle": name, "starts_on": span.start_on, "ends_on": ends}

"""The ``.json`` twins of the pages: the very same objects, numbers as decimal strings, instants in ISO 8601."""

from __future__ import annotations

from dataclasses import fields

from mapping.explanation import Explanation
from mapping.plain import Plain, plain
from mapping.standing import ObjectiveStanding, Overview, Standing


def overview_json(overview: Overview) -> Plain:
    """Return a cycle's standing, key results flat as ``okrsync status --json`` has them, and its objectives."""
    return {
        "cycle": overview.cycle.id,
        "starts_on": plain(overview.cycle.starts_on),
        "ends_on": plain(overview.cycle.ends_on),
        "timezone": overview.cycle.timezone,
        "as_of": plain(overview.as_of),
        "objectives": [_objective(objective) for objective in overview.objectives],
        "key_results": [_standing(standing) for objective in overview.objectives for standing in objective.key_results],
        "last_run": plain(overview.last_run),
    }


def explanation_json(explanation: Explanation) -> Plain:
    """Return all that the page of a key result rests on."""
    return {
        "id": explanation.standing.key_result,
        **{
            field.name: plain(getattr(explanation, field.name))
            for field in fields(explanation)
            if field.name != "standing"
        },
        "standing": _standing(explanation.standing),
    }


def _objective(objective: ObjectiveStanding) -> Plain:
    return {
        "id": objective.id,
        "title": objective.title,
        "team": objective.team,
        "teams": plain(objective.teams),
        "level": objective.level,
        "parent": objective.parent,
        "owner": objective.owner,
        "kind": plain(objective.kind),
        "progress": plain(objective.progress),
        "expected": plain(objective.expected),
        "status": plain(objective.status),
        "missing": plain(objective.missing),
        "key_results": [standing.key_result for standing in objective.key_results],
    }


def _standing(standing: Standing) -> Plain:
    metric = standing.metric
    return {
        "id": standing.key_result,
        "objective": standing.objective,
        "title": standing.title,
        "owner": standing.owner,
        "team": standing.team,
        "value": plain(standing.value),
        "baseline": plain(metric.baseline),
        "target": plain(metric.target),
        "metric": plain(metric),
        "weight": plain(standing.weight),
        "progress": plain(standing.progress),
        "raw_progress": plain(standing.raw_progress),
        "expected": plain(standing.pace.expected),
        "status": plain(standing.status),
        "because": standing.pace.because,
        "no_data": standing.no_data,
        "stale_reason": standing.stale_reason,
        "stale_since": plain(standing.stale_since),
        "measured_at": plain(standing.measured_at),
        "changed_at": plain(standing.changed_at),
        "items": standing.items,
        "done": standing.done,
        "formula": standing.formula,
        "rule_version": standing.rule_version,
        "expected_because": standing.pace.expected_because,
        "profile": standing.pace.profile,
        "score": plain(standing.score),
        "trend": plain(standing.trend),
        "author": standing.author,
        "confidence": plain(standing.confidence),
        "automatic": None if standing.automatic is None else plain(standing.automatic.value),
        "override": plain(standing.override),
    }

"""What ``okrsync status --json`` says; scripts rest on its shape."""

from __future__ import annotations

from mapping.plain import Plain, plain
from mapping.readings import ObjectiveStanding, Overview, Standing


def status_json(overview: Overview) -> dict[str, Plain]:
    """Return the overview as plain values, decimals as strings, percent as fractions."""
    return {
        "cycle": overview.cycle.id,
        "starts_on": plain(overview.cycle.starts_on),
        "ends_on": plain(overview.cycle.ends_on),
        "as_of": plain(overview.as_of),
        "run": overview.last_run.seq if overview.last_run else None,
        "objectives": [_objective(objective) for objective in overview.objectives],
        "key_results": [
            _key_result(standing) for objective in overview.objectives for standing in objective.key_results
        ],
    }


def _objective(objective: ObjectiveStanding) -> Plain:
    return {
        "id": objective.id,
        "title": objective.title,
        "team": objective.team,
        "owner": objective.owner,
        "kind": plain(objective.kind),
        "progress": plain(objective.progress),
        "expected": plain(objective.expected),
        "status": plain(objective.status),
        "missing": plain(objective.missing),
    }


def _key_result(standing: Standing) -> Plain:
    metric = standing.metric
    return {
        "id": standing.key_result,
        "title": standing.title,
        "owner": standing.owner,
        "value": plain(standing.value),
        "baseline": plain(metric.baseline),
        "target": plain(metric.target),
        "kind": plain(metric.kind),
        "unit": plain(metric.unit.kind),
        "currency": metric.unit.currency,
        "per": plain(metric.per),
        "progress": plain(standing.progress),
        "raw_progress": plain(standing.raw_progress),
        "expected": plain(standing.pace.expected),
        "status": plain(standing.pace.status),
        "because": standing.pace.because,
        "stale_reason": standing.stale_reason,
        "stale_since": plain(standing.stale_since),
        "no_data": standing.no_data,
        "items": standing.items,
        "done": standing.done,
        "formula": standing.formula,
        "measured_at": plain(standing.measured_at),
        "changed_at": plain(standing.changed_at),
        "rule_version": standing.rule_version,
    }

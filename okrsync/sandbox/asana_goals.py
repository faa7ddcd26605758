"""Goals as Asana answers for them: their metric, setting it, and status updates. Every effect is kept in order.

https://developers.asana.com/reference/goals
"""

from __future__ import annotations

from datetime import datetime

from okrsync.sandbox.asana_pages import asana_error
from okrsync.sandbox.asana_site import AsanaSite, asana_time
from okrsync.sandbox.wire import Record

AUTOMATIC = ("subgoal_progress", "project_task_completion", "project_milestone_completion", "task_completion")
GOAL_STATUSES = ("on_track", "at_risk", "off_track", "achieved", "partial", "missed", "dropped")
_UNITS = ("none", "currency", "percentage")


def goal(site: AsanaSite, gid: str) -> Record:
    """Return a goal; raises the refusal of one that is gone, hidden, or not in the plan."""
    if not site.paid:
        raise asana_error(402, "Goals are only available to premium users.")
    if gid not in site.goals or not site.visible(gid):
        raise asana_error(404, f"goal: Unknown object: {gid}")
    return site.goals[gid]


def goals(site: AsanaSite, workspace: str) -> list[Record]:
    """Return the goals of a workspace that the account sees."""
    if not site.paid:
        raise asana_error(402, "Goals are only available to premium users.")
    if workspace not in site.workspaces:
        raise asana_error(400, "workspace: Not a recognized ID")
    return [each for gid, each in site.goals.items() if site.visible(gid)]


def parents(site: AsanaSite, gid: str) -> list[Record]:
    """Return the goals that a goal supports."""
    goal(site, gid)
    return [site.goals[each] for each in site.supports.get(gid, ()) if site.visible(each)]


def set_metric(site: AsanaSite, gid: str, data: Record, _now: datetime) -> Record:
    """Replace a goal's metric."""
    found = _editable(site, gid)
    initial, target = data.get("initial_number_value"), data.get("target_number_value")
    if initial is None or target is None or initial == target or data.get("unit") not in _UNITS:
        raise asana_error(400, "metric: initial and target values must differ, unit must be one of the known")
    metric = {"gid": site.new_gid(), "resource_type": "goal_metric", "resource_subtype": "number"}
    found["metric"] = {**metric, "can_manage": True, "currency_code": None, "is_custom_weight": False, **data}
    site.effects.append((gid, "metric", dict(found["metric"])))
    return found


def set_value(site: AsanaSite, gid: str, data: Record, _now: datetime) -> Record:
    """Set the current value of a goal's metric."""
    found = _editable(site, gid)
    metric = found.get("metric")
    if metric is None:
        raise asana_error(400, "goal: Goal does not have a metric")
    if metric["progress_source"] in AUTOMATIC:
        raise asana_error(400, "metric: current_number_value is computed and cannot be set")
    if metric["progress_source"] == "external" and not metric["can_manage"]:
        raise asana_error(403, "metric: Only its creator may update an external metric")
    value = data.get("current_number_value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise asana_error(400, "current_number_value: Not a number")
    metric["current_number_value"] = value
    site.effects.append((gid, "value", value))
    return found


def post_status(site: AsanaSite, data: Record, now: datetime) -> Record:
    """Post a status update on a goal."""
    gid = str(data.get("parent", ""))
    found = _editable(site, gid)
    if data.get("status_type") not in GOAL_STATUSES or not data.get("text"):
        raise asana_error(400, "status_type and text: Missing or unknown")
    made: Record = {
        "gid": site.new_gid(),
        "resource_type": "status_update",
        "resource_subtype": "goal_status_update",
        "title": f"Status update {len(site.status_updates) + 1}",
        "text": data["text"],
        "status_type": data["status_type"],
        "created_at": asana_time(now),
        "author": site.user(site.account.person),
    }
    site.status_updates[made["gid"]] = made
    found["current_status_update"] = {
        name: made[name] for name in ("gid", "resource_type", "resource_subtype", "title")
    }
    site.effects.append((gid, "status", data["status_type"]))
    return made


def status_update(site: AsanaSite, gid: str) -> Record:
    """Return a status update."""
    if gid not in site.status_updates:
        raise asana_error(404, f"status_update: Unknown object: {gid}")
    return site.status_updates[gid]


def _editable(site: AsanaSite, gid: str) -> Record:
    found = goal(site, gid)
    if gid in site.read_only:
        raise asana_error(403, "goal: You do not have edit access")
    return found

"""What people do in Asana: each edit changes the task's record and leaves the story that Asana writes about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from okrsync.sandbox.asana_site import WEB, AsanaSite, Project, asana_time
from okrsync.sandbox.jira_words import Person
from okrsync.sandbox.wire import Record

FINISHED = ("approved", "rejected", "changes_requested")
"""Approval statuses that Asana keeps in step with ``completed`` being true."""


@dataclass(slots=True)
class AsanaEdits:
    """Edits of one site, at a given instant, by a given person; by the account's own when none is named."""

    site: AsanaSite
    at: datetime
    by: Person | None = None

    def add(
        self,
        name: str,
        project: Project | None = None,
        section: str = "",
        *,
        parent: Record | None = None,
        subtype: str = "default_task",
        separator: bool = False,
        top: bool = False,
    ) -> Record:
        """Add a task to a project, to a parent, or to both; at the end, or at the top as Asana's own button does."""
        site, by = self.site, self.by or self.site.account.person
        gid = site.new_gid()
        task: Record = {
            "gid": gid,
            "resource_type": "task",
            "name": name,
            "resource_subtype": subtype,
            "created_by": site.user(by) | {"resource_type": "user"},
            "completed": False,
            "completed_at": None,
            "created_at": asana_time(self.at),
            "modified_at": asana_time(self.at),
            "is_rendered_as_separator": separator,
            "parent": None if parent is None else {"gid": parent["gid"]},
            "assignee": site.user(by),
            "tags": [],
            "memberships": [],
            "custom_fields": [],
            "custom_type": None,
            "custom_type_status_option": None,
            "due_on": None,
            "actual_time_minutes": None,
            "notes": "",
            "permalink_url": f"{WEB}/{project.gid if project else 0}/{gid}",
        }
        if subtype == "approval":
            task["approval_status"] = "pending"
        site.tasks[gid], site.stories[gid] = task, []
        if parent is not None:
            site.rank(parent["gid"], gid, top=top)
            parent["modified_at"] = asana_time(self.at)
        if project is not None:
            self._place(task, project, section, top=top)
        return task

    def rename(self, task: Record, name: str) -> None:
        """Give a task another name."""
        self._tell(task, "name_changed", old_name=task["name"], new_name=name)
        task["name"] = name

    def complete(self, task: Record) -> None:
        """Complete a task; an approval becomes approved."""
        task["completed"], task["completed_at"] = True, asana_time(self.at)
        if task["resource_subtype"] == "approval":
            task["approval_status"] = "approved"
        self._tell(task, "marked_complete")

    def reopen(self, task: Record) -> None:
        """Take the completion of a task back."""
        task["completed"], task["completed_at"] = False, None
        if task["resource_subtype"] == "approval":
            task["approval_status"] = "pending"
        self._tell(task, "marked_incomplete")

    def decide(self, task: Record, status: str) -> None:
        """Set the status of an approval: any but ``pending`` completes it, a refusal as well."""
        old, task["approval_status"] = task["approval_status"], status
        task["completed"] = status in FINISHED
        task["completed_at"] = asana_time(self.at) if status in FINISHED else None
        self._tell(task, "approval_status_changed", old_approval_status=old, new_approval_status=status)

    def set_number(self, task: Record, field: Record, value: float | None) -> None:
        """Set or empty a number field."""
        held = _held(task, field)
        old, held["number_value"] = held["number_value"], value
        held["display_value"] = None if value is None else f"{value:g}"
        told = {} if value is None else {"new_number_value": value}
        self._tell(task, "number_custom_field_changed", custom_field=_told(field), old_number_value=old, **told)

    def set_enum(self, task: Record, field: Record, option: str | None) -> None:
        """Choose an option of a field, or none."""
        held = _held(task, field)
        chosen = next((each for each in field["enum_options"] if each["name"] == option), None)
        old, held["enum_value"] = held["enum_value"], chosen
        held["display_value"] = option
        ends = {"old_enum_value": old, "new_enum_value": chosen}
        told = {name: end for name, end in ends.items() if end is not None}
        self._tell(task, "enum_custom_field_changed", custom_field=_told(field), **told)

    def move(self, task: Record, project: Project, section: str, *, top: bool = False) -> None:
        """Move a task to another section of a project that it is in."""
        home = next(each for each in task["memberships"] if each["project"]["gid"] == project.gid)
        old, home["section"] = home.get("section"), _compact(project.section(section))
        self.site.rank(project.gid, task["gid"], top=top)
        there = {"project": self.site.project_compact(project.gid), "new_section": home["section"]}
        self._tell(task, "section_changed", **there, **({"old_section": old} if old else {}))

    def reorder(self, task: Record, project: Project, *, top: bool = True) -> None:
        """Drag a task to the top or the end of its section, which Asana does not call a modification."""
        self.site.rank(project.gid, task["gid"], top=top)

    def add_to(self, task: Record, project: Project, section: str = "", *, top: bool = False) -> None:
        """Let a task be in one more project."""
        self._place(task, project, section, top=top)
        self._tell(task, "added_to_project", project=self.site.project_compact(project.gid))

    def remove_from(self, task: Record, project: Project) -> None:
        """Take a task out of a project; it lives on in others, or in none."""
        task["memberships"] = [home for home in task["memberships"] if home["project"]["gid"] != project.gid]
        self.site.ranks.get(project.gid, {}).pop(task["gid"], None)
        self._tell(task, "removed_from_project", project=self.site.project_compact(project.gid))

    def tag(self, task: Record, tag: Record) -> None:
        """Put a tag on a task."""
        task["tags"].append(_compact(tag))
        self._tell(task, "added_to_tag", tag=_compact(tag))

    def untag(self, task: Record, tag: Record) -> None:
        """Take a tag off a task."""
        task["tags"] = [each for each in task["tags"] if each["gid"] != tag["gid"]]
        self._tell(task, "removed_from_tag", tag=_compact(tag))

    def delete(self, task: Record) -> None:
        """Delete a task with its subtasks."""
        for child in self.site.subtasks(task["gid"]):
            self.delete(self.site.tasks[child])
        self.site.tasks.pop(task["gid"])
        self.site.stories.pop(task["gid"])
        self.site.ranks.pop(task["gid"], None)
        for there in self.site.ranks.values():
            there.pop(task["gid"], None)

    def hide(self, task: Record) -> None:
        """Take a task out of the account's sight."""
        self.site.hidden.add(task["gid"])

    def show(self, task: Record) -> None:
        """Let the account see a task again."""
        self.site.hidden.discard(task["gid"])

    def _place(self, task: Record, project: Project, section: str, *, top: bool) -> None:
        there = project.section(section) if section else next(iter(project.sections), None)
        section_told = {"section": _compact(there)} if there else {}
        task["memberships"].append({"project": self.site.project_compact(project.gid)} | section_told)
        self.site.give_fields(task, project)
        self.site.rank(project.gid, task["gid"], top=top)
        task["modified_at"] = asana_time(self.at)

    def _tell(self, task: Record, subtype: str, **told: object) -> None:
        by = self.by or self.site.account.person
        story: Record = {
            "gid": self.site.new_gid(),
            "resource_type": "story",
            "type": "system",
            "resource_subtype": subtype,
            "created_at": asana_time(self.at),
            "created_by": self.site.user(by),
            "text": f"{by.name} hat etwas geändert: {subtype}",  # in the reader's language: nobody should parse it
        }
        self.site.stories[task["gid"]].append(story | told)
        task["modified_at"] = asana_time(self.at)


def _held(task: Record, field: Record) -> Record:
    found: Record = next(value for value in task["custom_fields"] if value["gid"] == field["gid"])
    return found


def _told(field: Record) -> Record:
    return {name: field[name] for name in ("gid", "resource_type", "name", "type")}


def _compact(thing: Record) -> Record:
    return {name: thing[name] for name in ("gid", "resource_type", "name")}

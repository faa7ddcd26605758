"""The past of a task in our words: its stories replayed from what it is now back to what it was at first.

Only what stories tell in fields of their own counts. Their text is in the reader's language and can be edited.
https://developers.asana.com/reference/stories
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from connectors.asana.items import Reader, Standing, names_of, standing_of
from connectors.asana.records import Named, Story, Task
from mapping.words import ItemState, PastChange

COMPLETED = {"marked_complete": False, "marked_incomplete": True}
"""What a task was before: completed or not."""
TAGGED = {"added_to_tag": False, "removed_from_tag": True}
"""Whether a task had the tag before."""


@dataclass(frozen=True, slots=True)
class _Face:
    """What is known of a task at one moment."""

    standing: Standing
    labels: tuple[str, ...]
    numbers: Mapping[str, Decimal]
    texts: Mapping[str, str]


def past(task: Task, stories: Sequence[Story], reader: Reader) -> list[PastChange]:
    """Return the changes that stories tell of a task, oldest first.

    Args:
        task: as it is now.
        stories: all of it, in any order, none younger than ``task``.
        reader: what reads it as a work item; custom fields that it does not want are left out.

    Raises:
        ValueError: an approval status that okrsync does not know.
    """
    # Fields of every task that rules may ask for (section, project, due_on) have no values of the past.
    texts = {name: text for name, text in reader.texts(task).items() if name in reader.wanted.custom}
    numbers = {name: number for name, number in reader.numbers(task).items() if name in reader.wanted.custom}
    labels = tuple(sorted({tag.name for tag in task.tags}))
    face = _Face(standing_of(task), labels, numbers, texts)
    told: list[list[PastChange]] = []
    for story in sorted(stories, key=lambda each: (each.created_at, len(each.gid), each.gid), reverse=True):
        before = _before(face, story, task, reader)
        told.append(list(_differences(task.gid, story.created_at, before, face, reader)))
        face = before
    if not any(change.field == "state" for some in told for change in some):
        told.append(list(_ending(task, face, reader)))
    return [change for some in reversed(told) for change in some]


def _before(face: _Face, story: Story, task: Task, reader: Reader) -> _Face:
    """Return what the task was before a story."""
    standing = face.standing
    if story.resource_subtype in COMPLETED:
        standing = replace(standing, completed=COMPLETED[story.resource_subtype])
    if story.new_approval_status is not None or story.old_approval_status is not None:
        standing = replace(standing, approval=story.old_approval_status)
    if story.old_resource_subtype is not None and story.new_resource_subtype is not None:
        standing = replace(standing, subtype=story.old_resource_subtype)
    if story.new_section is not None or story.old_section is not None:
        standing = replace(standing, homes=_moved_back(standing.homes, story))
    face = replace(face, standing=standing)
    if story.tag is not None and story.resource_subtype in TAGGED:
        names = set(face.labels) - {story.tag.name}
        had = {story.tag.name} if TAGGED[story.resource_subtype] else set()
        face = replace(face, labels=tuple(sorted(names | had)))
    if story.custom_field is not None:
        name = _name_of(story.custom_field.gid, task, reader)
        face = _revalued(face, name, story) if name is not None else face
    return face


def _moved_back(homes: tuple[tuple[str, Named | None], ...], story: Story) -> tuple[tuple[str, Named | None], ...]:
    """Return where a task was before it went to another section; a project it has left since is of no matter."""
    gid = story.new_section.gid if story.new_section is not None else None
    back: list[tuple[str, Named | None]] = []
    for project, section in homes:
        here = story.project.gid == project if story.project is not None else section is not None and section.gid == gid
        back.append((project, story.old_section if here else section))
    return tuple(back)


def _name_of(gid: str, task: Task, reader: Reader) -> str | None:
    """Return the rules' name of a custom field; of several fields the one counts that the task has first."""
    there = {value.gid for value in task.custom_fields}
    for name, meant in reader.wanted.custom.items():
        if next((each.gid for each in meant if each.gid in there), None) == gid:
            return name
    return None


def _revalued(face: _Face, name: str, story: Story) -> _Face:
    numbers = {other: value for other, value in face.numbers.items() if other != name}
    texts = {other: value for other, value in face.texts.items() if other != name}
    if story.old_number_value is not None:
        numbers[name] = story.old_number_value
    elif text := _old_text(story):
        texts[name] = text
    return replace(face, numbers=numbers, texts=texts)


def _old_text(story: Story) -> str | None:
    if story.old_enum_value is not None:
        return story.old_enum_value.name
    if story.old_multi_enum_values:
        return ", ".join(each.name for each in story.old_multi_enum_values)
    return story.old_date_value.due_on if story.old_date_value is not None else story.old_text_value


def _differences(gid: str, at: datetime, before: _Face, after: _Face, reader: Reader) -> Iterator[PastChange]:
    pairs: list[tuple[str, str | None, str | None]] = [
        ("state", reader.state(before.standing).value, reader.state(after.standing).value),
        ("status", names_of(before.standing) or None, names_of(after.standing) or None),
        ("status_id", _ids(before.standing), _ids(after.standing)),
        ("labels", ",".join(before.labels) or None, ",".join(after.labels) or None),
    ]
    pairs += [
        (f"numbers.{name}", _text(before.numbers.get(name)), _text(after.numbers.get(name)))
        for name in reader.wanted.custom
    ]
    pairs += [(f"fields.{name}", before.texts.get(name), after.texts.get(name)) for name in reader.wanted.custom]
    for field, old, new in pairs:
        if old != new:
            yield PastChange(
                connection=reader.connection, item=gid, at=at.astimezone(UTC), field=field, old=old, new=new
            )


def _ending(task: Task, first: _Face, reader: Reader) -> Iterator[PastChange]:
    """Date the end of a task that is completed although no story tells so, as imports leave them.

    Dated to its creation it would have been done all along.
    """
    state = reader.state(first.standing)
    if state not in (ItemState.DONE, ItemState.WONT_DO) or task.completed_at is None:
        return
    if task.created_at is not None and task.completed_at <= task.created_at:
        return
    yield PastChange(
        connection=reader.connection,
        item=task.gid,
        at=task.completed_at.astimezone(UTC),
        field="state",
        old=ItemState.TODO.value,
        new=state.value,
    )


def _ids(standing: Standing) -> str | None:
    return ",".join(each.gid for each in standing.statuses()) or None


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")

"""The past of an issue in our words: its changes replayed from what it is now back to what it was at first.

Ids decide (``from`` and ``to``), texts are only shown. A status counts by the category it has today, for no changelog
tells when an administrator moved it to another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connectors.jira.records import Reader, instant
from connectors.jira.shapes import Change, ChangedField, Issue, Resolution, Status
from mapping.words import ItemState, PastChange

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_SYSTEM = {"status": "status", "resolution": "resolution", "labels": "labels", "parent": "parent"}
SLACK = timedelta(minutes=1)
"""A change may be dated a little after the time of update that it gave the issue."""
_PARENTS = frozenset({"issueparentassociation", "parent", "epic link", "parent link"})
"""Under these names, and without an id of a field, Jira tells of a new parent; they are the same in every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    """What is known of an issue at one moment."""

    status: Status
    resolution: Resolution | None
    labels: tuple[str, ...]
    parent: str | None
    numbers: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Historian:
    """Turns changelogs of one connection into past changes."""

    reader: Reader
    names: Mapping[str, Sequence[str]]
    """Name of a field, in lower case, to the ids of all fields called so: a Data Center's changes carry no ids."""
    links: frozenset[str] = frozenset()
    """Ids of the fields that hold an epic or another parent."""

    def past(self, issue: Issue, changes: Sequence[Change], now_parent: str | None) -> list[PastChange]:
        """Return the changes, oldest first.

        Args:
            issue: as it is now.
            changes: its changelog. What is younger than the issue's last update, and not to be seen in it, happened
                after it was read and is left for the next time.
            now_parent: the id of what is above it now.

        Raises:
            ValueError: a time or a number cannot be read, or a name of a field means several.
        """
        face = _Face(
            status=issue.fields.status,
            resolution=issue.fields.resolution,
            labels=tuple(sorted(set(issue.fields.labels or ()))),
            parent=now_parent,
            numbers=self.reader.numbers_of(issue.fields),
        )
        categories = self._categories(issue)
        told: list[list[PastChange]] = []
        for at, change in _newest_first(changes):
            late = at > instant(issue.fields.updated) + SLACK
            before = self._before(face, change, late=late)
            told.append([*self._differences(issue.id, at, before, face, categories)])
            face = before
        if not any(change.field == "state" for some in told for change in some):
            told.append([*self._closing(issue, self._state(face, categories))])
        return [each for some in reversed(told) for each in some]

    def _before(self, face: _Face, change: Change, *, late: bool) -> _Face:
        """Return what the issue was before a change; of a late one only what the issue as it was read already shows."""
        parents: list[ChangedField] = []
        for item in change.items:
            name = self._name_of(item)
            if name is None or (late and not self._shows(face, name, item)):
                continue
            if name == "status":
                face = replace(face, status=Status(id=item.before or "", name=item.before_text or ""))
            elif name == "resolution":
                face = replace(face, resolution=_resolution(item))
            elif name == "labels":
                face = replace(face, labels=_words(item.before_text))
            elif name == "parent":
                parents.append(item)
            else:
                face = replace(face, numbers=_renumbered(face.numbers, name, item))
        if parents:
            # Going from an epic to a story is told as two changes: out of the one, below the other.
            face = replace(face, parent=next((item.before for item in parents if item.before), None))
        return face

    def _shows(self, face: _Face, name: str, item: ChangedField) -> bool:
        """Return whether an issue is as it was right after a change."""
        if name == "status":
            return face.status.id == item.after
        if name == "resolution":
            return (face.resolution.id if face.resolution else None) == (item.after or None)
        if name == "labels":
            return face.labels == _words(item.after_text)
        if name == "parent":
            return face.parent == (item.after or None)
        return face.numbers.get(name) == _amount(name, item.after_text or item.after)

    def _categories(self, issue: Issue) -> Mapping[str, str]:
        """Return the categories by id of the status; the issue's own comes first, as when its state is told."""
        status = issue.fields.status
        own = {status.id: status.status_category.key} if status.status_category else {}
        return {**self.reader.categories, **own}

    def _name_of(self, item: ChangedField) -> str | None:
        """Return our name for a changed field, ``status`` and so on or the rules' name of a number; None: no matter."""
        if item.field_id is not None:
            field_ids: Sequence[str] = (item.field_id,)
        else:
            field_ids = self.names.get(item.field.casefold(), ())
        name = _SYSTEM.get(item.field_id or item.field.casefold())
        if name is not None:
            return name
        if self.links.intersection(field_ids) or item.field.casefold() in _PARENTS:
            return "parent"
        wanted = [name for name, field_id in self.reader.numbers.items() if field_id in field_ids]
        if wanted and len(field_ids) > 1:
            raise ValueError(f"its history tells of a field {item.field!r}, and {len(field_ids)} fields are called so")
        return wanted[0] if wanted else None

    def _differences(
        self, id_: str, at: datetime, before: _Face, after: _Face, categories: Mapping[str, str]
    ) -> Iterator[PastChange]:
        pairs: list[tuple[str, str | None, str | None]] = [
            ("state", self._state(before, categories).value, self._state(after, categories).value),
            ("status", before.status.name or None, after.status.name or None),
            ("status_id", before.status.id or None, after.status.id or None),
            ("resolution", _name(before.resolution), _name(after.resolution)),
            ("labels", ",".join(before.labels) or None, ",".join(after.labels) or None),
            ("parent", before.parent, after.parent),
        ]
        for name in self.reader.numbers:
            old, new = before.numbers.get(name), after.numbers.get(name)
            if old != new:
                pairs.append((f"numbers.{name}", _text(old), _text(new)))
        for name, was, became in pairs:
            if was != became:
                yield self._change(id_, at, name, was, became)

    def _closing(self, issue: Issue, state: ItemState) -> Iterator[PastChange]:
        """Date the end of an issue that is closed although no change ever closed it.

        Imports and workflow migrations leave such issues. Dated to their creation they would have been done all along.
        """
        fields = issue.fields
        text = fields.resolutiondate or fields.statuscategorychangedate
        if state not in (ItemState.DONE, ItemState.WONT_DO) or text is None:
            return
        if fields.created is None or instant(text) > instant(fields.created):
            yield self._change(issue.id, instant(text), "state", ItemState.TODO.value, state.value)

    def _state(self, face: _Face, categories: Mapping[str, str]) -> ItemState:
        category = categories.get(face.status.id)
        if category is None:
            # A status that no longer exists has no category; whoever gave the issue a resolution thought it closed.
            category = "done" if face.resolution is not None else "indeterminate"
        return self.reader.state(category, face.status, face.resolution)

    def _change(self, id_: str, at: datetime, name: str, old: str | None, new: str | None) -> PastChange:
        return PastChange(connection=self.reader.connection, item=id_, at=at, field=name, old=old, new=new)


def moment(created: str | int) -> datetime:
    """Return a change's time, which some servers give in milliseconds since 1970.

    Raises:
        ValueError: it is no time.
    """
    if isinstance(created, int):
        return datetime.fromtimestamp(created / 1000, UTC)
    return instant(created)


def _resolution(item: ChangedField) -> Resolution | None:
    return Resolution(id=item.before or "", name=item.before_text or "") if item.before or item.before_text else None


def _name(resolution: Resolution | None) -> str | None:
    return (resolution.name or None) if resolution else None


def _renumbered(numbers: Mapping[str, Decimal], name: str, item: ChangedField) -> Mapping[str, Decimal]:
    number = _amount(name, item.before_text or item.before)
    others = {other: value for other, value in numbers.items() if other != name}
    return others if number is None else {**others, name: number}


def _amount(name: str, text: str | None) -> Decimal | None:
    text = (text or "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"its history tells of {name} {text!r}, which is no number")
    return Decimal(text)


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(sorted(set((text or "").split())))


def _newest_first(changes: Sequence[Change]) -> list[tuple[datetime, Change]]:
    """Return the changes with their times; of several at one instant the one with the higher id is the newer."""
    dated = [(moment(change.created), int(change.id) if change.id.isdigit() else 0, change) for change in changes]
    return [(at, change) for at, _, change in sorted(dated, key=lambda entry: entry[:2], reverse=True)]


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")

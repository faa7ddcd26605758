"""The mirror that a test writes down: items, samples, former members, and what earlier runs left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from config.fixture_model import ItemKeys, LeftKeys, SampleKeys, When
from config.said import moment_of, start_of_day
from config.validation import M, Problems, branch_of, one_of, own_keys, validated
from config.yaml_nodes import Branch, Entry, Items, Leaf, Node, kind_of
from mapping.errors import OkrsyncError, Place
from mapping.listed import ListedMirror
from mapping.mirror import Departure
from mapping.numbers import NumberStyle, parse_value
from mapping.rules import KeyResult, Objective, UnitKind, selections_of
from mapping.shares import Part, Shares
from mapping.words import ItemState, Sample, Selection, WorkItem

MOST_ITEMS = 10_000
"""Of one state in one case; nobody means more."""
_COUNTS = "write a list of items, or how many of each state, as {done: 3, todo: 2}"
_SAMPLES = "write a number, a list of {at: …, value: …}, or days with numbers, as {2026-11-01: 42}"


@dataclass(slots=True)
class WorldReader:
    """Reads the mirror of one case; everything wrong goes to ``problems``."""

    key_result: KeyResult
    objective: Objective
    now: datetime
    problems: Problems

    def read(self, node: Branch) -> tuple[ListedMirror, Shares]:
        """Return the mirror, and the key result's parts of items that feed several."""
        mirror, shares = self._mirror(node, self.now)
        earlier = []
        entry = node.entries.get("earlier")
        for each in self._groups(entry.node, "write a list of {at: …, items: …}") if entry else ():
            at = self._moment(each.entries.get("at"), end=True)
            if at is not None:
                earlier.append((at, self._mirror(each, at)[0]))
        earlier.sort(key=lambda pair: pair[0])
        return ListedMirror(
            items=mirror.items, series=mirror.series, left=mirror.left, begun=mirror.begun, earlier=earlier
        ), shares

    def _mirror(self, node: Branch, now: datetime) -> tuple[ListedMirror, Shares]:
        items: dict[Selection, list[WorkItem]] = {}
        begun: dict[Selection, dict[str, datetime]] = {}
        shares: dict[str, dict[str, Part]] = {}
        for selection, entry in self._by_selection(node, "items"):
            items[selection], begun[selection] = [], {}
            for keys, made in self._items(entry, selection, now):
                items[selection].append(made)
                started = self._when(keys.started_at, entry.key_place)
                if started is not None:
                    begun[selection][made.id] = started
                if keys.feeds:
                    part = self._part(keys, entry)
                    shares.setdefault(made.connection, {}).update({made.id: part} if part else {})
        return (
            ListedMirror(
                items=items,
                series={
                    selection: list(self._samples(entry, selection, now))
                    for selection, entry in self._by_selection(node, "samples")
                },
                left={selection: self._left(entry) for selection, entry in self._by_selection(node, "left")},
                begun=begun,
            ),
            shares,
        )

    def _by_selection(self, node: Branch, section: str) -> Iterator[tuple[Selection, Entry]]:
        """Yield the entries of a section with the selection each is for: named by its connection, or as a whole."""
        entry = node.entries.get(section)
        inner = None if entry is None else branch_of(entry, section, self.problems)
        if inner is None:
            return
        selections = selections_of(self.key_result.measure)
        whole = {str(each): each for each in selections}
        for name, each in inner.entries.items():
            named = [one for one in selections if one.connection == name]
            if name in whole or len(named) == 1:
                yield whole.get(name) or named[0], each
            elif named:
                fix = "name one of them: " + ", ".join(f'"{one}"' for one in named)
                what = f"{self.key_result.id} draws on {len(named)} selections of {name}"
                self.problems.add(each.key_place, what, fix)
            else:
                names = [*dict.fromkeys(one.connection for one in selections), *whole]
                what = f"{self.key_result.id} draws on nothing called {name!r}"
                self.problems.add(each.key_place, what, one_of(name, names))

    def _items(self, entry: Entry, selection: Selection, now: datetime) -> Iterator[tuple[ItemKeys, WorkItem]]:
        node = entry.node
        if isinstance(node, Branch):
            yield from self._counted(node, selection, now)
            return
        for number, each in enumerate(self._groups(node, _COUNTS), start=1):
            keys = self._checked(ItemKeys, each)
            if keys is not None:
                yield keys, self._item(keys, each.place, selection, now, number)

    def _counted(self, node: Branch, selection: Selection, now: datetime) -> Iterator[tuple[ItemKeys, WorkItem]]:
        """Yield items alike, by how many there are in each state."""
        number = 0
        for name, entry in node.entries.items():
            count = entry.node.value if isinstance(entry.node, Leaf) else None
            if name not in list(ItemState):
                self.problems.add(entry.key_place, f"{name!r} is no state", one_of(name, ItemState))
            elif isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_ITEMS:
                self.problems.add(entry.node.place, f"{name} is no number of items from 0 to {MOST_ITEMS}", _COUNTS)
            else:
                keys = ItemKeys(state=ItemState(name))
                for _ in range(count):
                    number += 1
                    yield keys, self._item(keys, entry.key_place, selection, now, number)

    def _item(self, keys: ItemKeys, place: Place, selection: Selection, now: datetime, number: int) -> WorkItem:
        id_ = keys.id or keys.key or f"{number:04}"
        return WorkItem(
            connection=selection.connection,
            id=id_,
            key=keys.key or id_,
            title=keys.title,
            state=keys.state,
            updated_at=self._when(keys.updated_at, place) or now,
            kind=keys.kind,
            status=keys.status,
            status_id=keys.status_id or keys.status,
            resolution=keys.resolution,
            parent=keys.parent,
            level=keys.level,
            labels=tuple(sorted(set(keys.labels))),
            assignee=keys.assignee,
            created_at=self._when(keys.created_at, place),
            done_at=self._when(keys.done_at, place),
            on=self._when(keys.on, place),
            numbers=keys.numbers,
            fields=keys.fields,
        )

    def _part(self, keys: ItemKeys, entry: Entry) -> Part | None:
        if self.key_result.id not in keys.feeds or len(keys.feeds) < 2:
            what = f"feeds names {', '.join(keys.feeds)}"
            fix = f"name two key results or more in the order of the rules, {self.key_result.id} among them"
            self.problems.add(entry.key_place, what, fix)
            return None
        policy = self.objective.double_counting
        return Part(policy=policy, feeds=tuple(keys.feeds), place=keys.feeds.index(self.key_result.id))

    def _samples(self, entry: Entry, selection: Selection, now: datetime) -> Iterator[Sample]:
        node = entry.node
        if isinstance(node, Leaf) and node.value is not None:
            yield from self._sample(selection, now, node, None, "")
        elif isinstance(node, Branch):
            for day, each in node.entries.items():
                at = self._when(day, each.key_place)
                if at is not None:
                    yield from self._sample(selection, at, each.node, None, "")
        else:
            for group in self._groups(node, _SAMPLES):
                keys = self._checked(SampleKeys, group)
                if keys is not None:
                    at = self._when(keys.at, group.place) or now
                    yield from self._sample(selection, at, group.entries["value"].node, keys.unit, keys.origin)

    def _sample(
        self, selection: Selection, at: datetime, node: Node, unit: str | None, origin: str
    ) -> Iterator[Sample]:
        try:
            amount = parse_value(node.text if isinstance(node, Leaf) else "", style=NumberStyle.PLAIN)
        except OkrsyncError as error:
            what, _, fix = str(error).rpartition(": ")
            self.problems.add(node.place, what, fix)
            return
        own = None
        if amount.unit is not None:
            own = amount.unit.currency or (str(UnitKind.PERCENT) if amount.unit.kind is UnitKind.PERCENT else None)
        yield Sample(
            connection=selection.connection,
            series=selection.key,
            at=at,
            value=Decimal(amount.value),
            unit=unit or own,
            origin=origin,
        )

    def _left(self, entry: Entry) -> Mapping[str, Departure]:
        groups = self._groups(entry.node, "write a list of {id: …, how: unmatched}")
        found = [self._checked(LeftKeys, each) for each in groups]
        return {each.id: each.how for each in found if each is not None}

    def _groups(self, node: Node, fix: str) -> list[Branch]:
        if not isinstance(node, Items):
            self.problems.add(node.place, f"is {kind_of(node)}", fix)
            return []
        for each in node.nodes:
            if not isinstance(each, Branch):
                self.problems.add(each.place, f"an entry is {kind_of(each)}", fix)
        return [each for each in node.nodes if isinstance(each, Branch)]

    def _checked(self, model: type[M], node: Branch) -> M | None:
        own = own_keys(node, model, tuple(model.model_fields), self.problems)
        return validated(model, own, self.problems, at=node.place)

    def _moment(self, entry: Entry | None, *, end: bool) -> datetime | None:
        if entry is None or not isinstance(entry.node, Leaf):
            return None
        return self._when(entry.node.text, entry.node.place, end=end)

    def _when(self, said: When | None, place: Place, *, end: bool = False) -> datetime | None:
        """Return the instant that a day or a time means; of a day its beginning, or its end."""
        if said is None:
            return None
        zone = self.objective.cycle.timezone
        text = said.isoformat() if isinstance(said, date) else said
        try:
            if end or len(text) > len("2026-11-27"):
                return moment_of(text, zone)
            return start_of_day(date.fromisoformat(text), zone)
        except (OkrsyncError, ValueError):
            self.problems.add(place, f"{text!r} is no day and no time", "write 2026-11-27 or 2026-11-27T18:00")
            return None

"""From ``measure:`` in a rule to a measure: its own keys told from the selection's, both checked.

What a selection may say belongs to its connector. Where measure and selection know the same key (a table's ``done`` is
a column, a completion's ``done`` a list of statuses), a group of keys is the selection's, anything else the measure's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from config.abilities import lack
from config.compound import WantedRollup, expected_keys, formula, names_are_right, rollup_of, ticks_of
from config.connections import Connection
from config.making import Around, fault_problem, make
from config.measure_model import BY_HAND, FORMULA, KINDS, MEASURES, RATIO, ROLLUP, SERIES, TICKED
from config.model import Strict
from config.paces import KNOWN_HOLIDAYS, HolidaysError
from config.validation import Problems, field_names, has_model, one_of, unknown_key, validated
from config.variables import REFERENCE
from config.yaml_nodes import Branch, Entry, Leaf, Node, kind_of
from connectors.port import SelectionModel, Shape
from mapping.errors import Place, RuleError
from mapping.rules import ByHand, Measure, Ratio, Rollup, Ticked
from mapping.where import compile_where
from mapping.words import Selection

FROM = "from"
_HOW = f"write one of {', '.join(KINDS[:-1])} or {KINDS[-1]}, as {{count: {{from: jira, project: CHK}}}}"
_HOW_FORMULA = 'write {value: "a / (a + b)", of: {a: {count: …}, b: {count: …}}}'
_SHAPES: dict[Shape, str] = {"items": "work items", "series": "a single number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A selection as it was found in a rule: for ``check``, which speaks of it at its place."""

    selection: Selection
    shape: Shape
    place: Place


@dataclass(slots=True)
class Measures:
    """Makes the measures of a file."""

    connections: Mapping[str, Connection | None]
    """None for a connection that is declared and wrong: rules on it are not blamed for that."""
    problems: Problems
    seen: list[Seen]
    rollups: dict[str, WantedRollup] = field(default_factory=dict)
    """What the roll-ups name, by the address of their key result; filled in when all objectives are known."""

    def kind(self, entry: Entry | None) -> str:
        """Return what kind of measure stands there; empty when that cannot be told."""
        node = entry.node if entry else None
        if isinstance(node, Leaf) and node.text == BY_HAND:
            return BY_HAND
        if not isinstance(node, Branch) or len(node.entries) != 1:
            return ""
        (name,) = node.entries
        return name if name in KINDS else ""

    def measure(self, entry: Entry | None, around: Around, *, at: Place) -> Measure | None:
        """Return the measure of a key result, or report why there is none."""
        if entry is None:
            self.problems.add(at, "key 'measure' is missing", _HOW)
            return None
        kind = self.kind(entry)
        if kind == BY_HAND and isinstance(entry.node, Leaf):
            return ByHand()
        if around.steps and kind and kind != TICKED:
            what = f"milestones are ticked, not measured by {kind}"
            self.problems.add(entry.key_place, what, "write measure: {ticked: {from: jira, epic: CHK-12}}")
            return None
        if kind == ROLLUP and isinstance(entry.node, Branch):
            return self._rollup(entry.node.entries[ROLLUP], around)
        return self._one(entry, "measure", around)

    def _rollup(self, entry: Entry, around: Around) -> Measure | None:
        wanted = rollup_of(entry, self.problems)
        if wanted is None:
            return None
        self.rollups[around.address] = wanted
        return Rollup(parts=())

    def _one(self, entry: Entry, name: str, around: Around) -> Measure | None:
        node = entry.node
        if not isinstance(node, Branch):
            self.problems.add(node.place, f"{name} is {kind_of(node)}", _HOW)
            return None
        for key, inner in node.entries.items():
            if key not in KINDS:
                self.problems.add(inner.key_place, f"unknown measure {key!r}", one_of(key, KINDS))
        known = {key: inner for key, inner in node.entries.items() if key in KINDS}
        if len(node.entries) != 1:
            self._not_one(node, entry)
        if len(known) != 1 or len(node.entries) != 1:
            return None
        ((kind, inner),) = known.items()
        return self._of_kind(kind, inner, around)

    def _of_kind(self, kind: str, inner: Entry, around: Around) -> Measure | None:
        if kind == TICKED:
            return self._ticked(inner, around)
        if kind == ROLLUP:
            self.problems.add(inner.key_place, "a roll-up stands alone", "give it a key result of its own")
            return None
        if kind == BY_HAND:
            self.problems.add(inner.key_place, "by_hand stands alone and without keys", "write measure: by_hand")
            return None
        if not isinstance(inner.node, Branch):
            self.problems.add(inner.node.place, f"{kind} is {kind_of(inner.node)}", "write keys, indented below it")
            return None
        if kind == RATIO:
            return self._ratio(inner, inner.node, around)
        if kind == FORMULA:
            return self._formula(inner, inner.node, around)
        return self._plain(kind, inner, inner.node, around)

    def _formula(self, entry: Entry, node: Branch, around: Around) -> Measure | None:
        if not expected_keys(node, ("value", "of"), entry, _HOW_FORMULA, self.problems):
            return None
        names = node.entries["of"].node
        if not isinstance(names, Branch) or not names.entries:
            self.problems.add(names.place, f"of is {kind_of(names)}", _HOW_FORMULA)
            return None
        if not names_are_right(names, self.problems):
            return None
        of = {name: self._one(inner, name, around) for name, inner in names.entries.items()}
        return formula(node.entries["value"], of, names, self.problems)

    def _ticked(self, entry: Entry, around: Around) -> Measure | None:
        if around.steps is None:
            fix = "add metric: {milestones: {Design: 20 %, Build: 80 %}}"
            self.problems.add(entry.key_place, "there are no milestones to tick", fix)
            return None
        steps = tuple(around.steps.items())
        node = entry.node
        if not isinstance(node, Branch) or FROM not in node.entries:
            return Ticked(steps=steps, by_hand=ticks_of(node, around.steps, self.problems))
        connection = self._connection(entry, node)
        _, others = self._split(node, Strict, connection)
        if connection is None:
            return None
        selection = self._selection(TICKED, connection, others, entry, misspelled=False)
        return Ticked(steps=steps, selection=selection) if selection else None

    def _not_one(self, node: Branch, entry: Entry) -> None:
        if not node.entries:
            self.problems.add(entry.key_place, "the measure is empty", _HOW)
            return
        names = list(node.entries)
        second = node.entries[names[1]].key_place
        self.problems.add(second, f"{len(names)} measures stand together: {', '.join(names)}", "keep one of them")

    def _ratio(self, entry: Entry, node: Branch, around: Around) -> Measure | None:
        for name, inner in node.entries.items():
            if name not in ("of", "to"):
                unknown_key(name, inner.key_place, ("of", "to"), self.problems)
        parts: list[Measure | None] = []
        for name in ("of", "to"):
            if name not in node.entries:
                fix = f"add `{name}:` with a measure, as {name}: {{count: {{from: jira, project: CHK}}}}"
                self.problems.add(entry.key_place, f"the ratio has no {name!r}", fix)
            else:
                parts.append(self._one(node.entries[name], name, around))
        of, to = (*parts, None, None)[:2]
        return Ratio(of=of, to=to) if of and to else None

    def _plain(self, kind: str, entry: Entry, node: Branch, around: Around) -> Measure | None:
        model = MEASURES[kind]
        connection = self._connection(entry, node)
        before = len(self.problems.found)
        own, others = self._split(node, model, connection)
        misspelled = len(self.problems.found) > before
        keys = validated(model, own, self.problems, at=entry.key_place)
        self._check_where(own)
        if connection is None:
            return None
        if lacking := lack(kind, keys, connection.connector):
            self.problems.add(entry.key_place, *lacking)
            return None
        selection = self._selection(kind, connection, others, entry, misspelled=misspelled)
        if keys is None or selection is None:
            return None
        try:
            return make(kind, selection, keys, around.cycle)
        except HolidaysError as error:
            self.problems.add(entry.key_place, str(error), KNOWN_HOLIDAYS)
            return None

    def _connection(self, entry: Entry, node: Branch) -> Connection | None:
        source = node.entries.get(FROM)
        if source is None:
            self.problems.add(entry.key_place, "key 'from' is missing", f"add `from:` with {self._names()}")
            return None
        name = source.node.text if isinstance(source.node, Leaf) else ""
        if name not in self.connections:
            what = f"unknown connection {name!r}" if name else f"from is {kind_of(source.node)}"
            self.problems.add(source.node.place, what, one_of(name, self.connections))
            return None
        return self.connections[name]

    def _names(self) -> str:
        return f"one of the connections {', '.join(self.connections)}" if self.connections else "a connection"

    def _split(self, node: Branch, model: type[Strict], connection: Connection | None) -> tuple[Branch, Branch]:
        """Return the measure's own keys and the selection's; report keys that neither knows."""
        selection = connection.connector.selection if connection else None
        theirs = field_names(selection) if selection else []
        ours = field_names(model)
        own: dict[str, Entry] = {}
        others: dict[str, Entry] = {}
        for name, entry in node.entries.items():
            if name == FROM:
                continue
            if name in ours and not (name in theirs and selection and _is_theirs(selection, name, entry.node)):
                own[name] = entry
            elif name in theirs or selection is None:
                others[name] = entry
            else:
                unknown_key(name, entry.key_place, [*ours, *theirs, FROM], self.problems)
        return Branch(node.spot, own), Branch(node.spot, others)

    def _check_where(self, own: Branch) -> None:
        entry = own.entries.get("where")
        if entry is None or not isinstance(entry.node, Leaf) or not isinstance(entry.node.value, str):
            return
        try:
            compile_where(entry.node.value)
        except RuleError as error:
            self.problems.add(*fault_problem("where", str(error), entry.node))

    def _selection(
        self, kind: str, connection: Connection, node: Branch, entry: Entry, *, misspelled: bool
    ) -> Selection | None:
        self._refuse_variables(node)
        found = Problems(secrets=self.problems.secrets)
        model = validated(connection.connector.selection, node, found, at=entry.key_place)
        # that something is missing says nothing new when the key that should say it is misspelled
        self.problems.found.extend(each for each in found.found if not misspelled or each.place != entry.key_place)
        if model is None:
            return None
        wanted: Shape = "series" if kind in SERIES else "items"
        if model.shape != wanted:
            what = f"{kind} needs {_SHAPES[wanted]}, and this selection gives {_SHAPES[model.shape]}"
            fix = (
                "measure it with latest or series"
                if wanted == "items"
                else "measure it with completion, count, sum or average"
            )
            self.problems.add(entry.key_place, what, fix)
            return None
        selection = selection_of(connection.name, model)
        self.seen.append(Seen(selection=selection, shape=model.shape, place=entry.key_place))
        return selection

    def _refuse_variables(self, node: Branch) -> None:
        for each in leaves(node):
            if isinstance(each.value, str) and (found := REFERENCE.search(each.value)):
                what = f"{found[0]} is not filled in here"
                self.problems.add(each.place, what, "variables stand only in connections: write the value")


def _is_theirs(selection: type[SelectionModel], name: str, node: Node) -> bool:
    field = next(info for key, info in selection.model_fields.items() if (info.alias or key) == name)
    return isinstance(node, Branch) or not has_model(field.annotation)


def selection_of(connection: str, model: SelectionModel) -> Selection:
    """Return what a connector's selection model holds as our selection: defaults left out, aliases as written."""
    return Selection.of(connection, model.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the single values below a node, in the order written."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Branch):
        for entry in node.entries.values():
            yield from leaves(entry.node)
    else:
        for each in node.nodes:
            yield from leaves(each)

"""From ``destinations:`` to destinations: the kind found, its options checked, and which key results go there.

What is named there may be of the rules or kept by people in the store, which is not known here: ``strangers`` tells
what is of neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from config.connections import checked_options, refuse_written_secrets
from config.validation import Problems, branch_of, one_of
from config.variables import Variables
from config.yaml_nodes import Branch, Entry, Items, Leaf, Node, kind_of
from connectors import destinations as registry
from connectors.destination import DestinationKind
from connectors.port import OptionsModel
from mapping.delivery import OnConflict
from mapping.errors import FixConfigError, Place, Problem
from mapping.rules import Objective

TO = "to"
KEY_RESULTS = "key_results"
ON_CONFLICT = "on_conflict"
OWN = (TO, KEY_RESULTS, ON_CONFLICT)
OBJECTIVES, TEAMS = "objectives", "teams"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which key results go to a destination."""

    everything: bool = False
    objectives: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    targets: Mapping[str, str] = field(default_factory=dict)
    """Address to what it is written at there; the address itself where nothing else is named."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where the file names each of ``targets``, by address, and each objective and team."""

    def takes(self, objective: str, team: str | None, address: str) -> bool:
        """Return whether a key result is among them."""
        wide = self.everything or objective in self.objectives or (team or "") in self.teams
        return wide or address in self.targets


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredDestination:
    """One destination as the rules have it."""

    name: str
    kind: DestinationKind
    place: Place
    choice: Choice
    on_conflict: OnConflict
    checked: OptionsModel | None
    missing: tuple[str, ...] = ()
    """Variables that are not set; not empty only when the config was read for looking at the store."""

    @property
    def options(self) -> OptionsModel:
        """The kind's options.

        Raises:
            FixConfigError: a variable that they need is not set.
        """
        if self.checked is None:
            names = ", ".join(self.missing)
            raise FixConfigError(f"{self.place}: destination {self.name} needs {names}: set it, or put it in .env")
        return self.checked

    def wants(self, objective: Objective, address: str) -> bool:
        """Return whether a key result goes there."""
        return self.choice.takes(objective.id, objective.team, address)

    def target(self, address: str) -> str:
        """Return where a key result is written: a goal, or its own address."""
        return self.choice.targets.get(address, address)

    def place_of(self, address: str) -> Place:
        """Return where the file sends a key result there: its own line, else the destination's."""
        return self.choice.places.get(address, self.place)

    def strangers(self, objectives: Sequence[Objective]) -> list[Problem]:
        """Return a problem for each key result, objective and team that is named here and that none of these is."""
        known = {
            "no key result": (self.choice.targets, [each.id for one in objectives for each in one.key_results]),
            "no objective": (self.choice.objectives, [each.id for each in objectives]),
            "no objective of team": (self.choice.teams, [each.team for each in objectives if each.team]),
        }
        return [
            Problem(place=self.place_of(name), what=f"{what} {name!r}", fix=one_of(name, sorted(set(there))))
            for what, (named, there) in known.items()
            for name in sorted(set(named) - set(there))
        ]


def destinations_of(
    entries: Mapping[str, Entry], variables: Variables, problems: Problems
) -> dict[str, ConfiguredDestination]:
    """Return the destinations, or report what is wrong with them; one with a fault is left out."""
    made = {name: _destination(name, entry, variables, problems) for name, entry in entries.items()}
    found = {name: each for name, each in made.items() if each is not None}
    _one_writer(found, entries, problems)
    return found


def _destination(name: str, entry: Entry, variables: Variables, problems: Problems) -> ConfiguredDestination | None:
    node = branch_of(entry, f"destination {name}", problems)
    kind = None if node is None else _kind(entry, node, problems)
    if node is None or kind is None:
        return None
    given = Branch(node.spot, {key: inner for key, inner in node.entries.items() if key not in OWN})
    filled = variables.fill(given, problems)
    refuse_written_secrets(f"{name}", kind.options, given, problems)
    checked = checked_options(kind.options, given, filled, entry.key_place, problems)
    choice = _choice(entry, node, kind, problems)
    if choice is None or (checked is None and not filled.missing):
        return None
    return ConfiguredDestination(
        name=name,
        kind=kind,
        place=entry.key_place,
        choice=choice,
        on_conflict=_policy(node, problems),
        checked=None if filled.missing else checked,
        missing=tuple(filled.missing.values()),
    )


def _kind(entry: Entry, node: Branch, problems: Problems) -> DestinationKind | None:
    said = node.entries.get(TO)
    names = registry.names()
    if said is None:
        problems.add(entry.key_place, "key 'to' is missing", f"add `to:` with one of {', '.join(names)}")
        return None
    name = said.node.text if isinstance(said.node, Leaf) else ""
    if name not in names:
        what = f"unknown kind of destination {name!r}" if name else f"to is {kind_of(said.node)}"
        problems.add(said.node.place, what, one_of(name, names))
        return None
    try:
        return registry.destination_kind(name)
    except FixConfigError as error:  # another package's
        what, _, fix = str(error).rpartition(": ")
        problems.add(said.node.place, what, fix)
        return None


def _policy(node: Branch, problems: Problems) -> OnConflict:
    said = node.entries.get(ON_CONFLICT)
    if said is None:
        return OnConflict.REPORT
    text = said.node.text if isinstance(said.node, Leaf) else ""
    if text not in list(OnConflict):
        problems.add(said.node.place, f"on_conflict: unknown policy {text!r}", one_of(text, OnConflict))
        return OnConflict.REPORT
    return OnConflict(text)


def _choice(entry: Entry, node: Branch, kind: DestinationKind, problems: Problems) -> Choice | None:
    said = node.entries.get(KEY_RESULTS)
    if said is None:
        example = f"key_results: {{objective/key-result: …}}, each with {kind.target}" if kind.target else "all"
        problems.add(entry.key_place, "key 'key_results' is missing", f"say which go there, as {example}")
        return None
    inner = said.node
    if isinstance(inner, Branch) and not {*inner.entries} <= {OBJECTIVES, TEAMS}:
        return _named(inner, kind, problems)
    if kind.target:
        what = f"key_results of {kind.name} must name {kind.target} for each"
        problems.add(inner.place, what, "write objective/key-result: … for each")
        return None
    if isinstance(inner, Leaf) and inner.text == ALL:
        return Choice(everything=True)
    if isinstance(inner, Items):
        places = {text: each.place for each in inner.nodes if (text := _address(each, problems))}
        return Choice(targets={address: address for address in places}, places=places)
    if isinstance(inner, Branch):
        return _by_group(inner, problems)
    problems.add(inner.place, f"key_results is {kind_of(inner)}", "write all, a list of addresses, or {teams: […]}")
    return None


def _named(node: Branch, kind: DestinationKind, problems: Problems) -> Choice:
    targets: dict[str, str] = {}
    for address, entry in node.entries.items():
        if not _is_address(address, entry.key_place, problems):
            continue
        text = entry.node.text.strip() if isinstance(entry.node, Leaf) and entry.node.value is not None else ""
        if not text or not kind.target_is_right(text):
            wanted = kind.target or "where it goes"
            problems.add(
                entry.node.place, f"{address}: {text or kind_of(entry.node)!r} is not {wanted}", f"write {wanted}"
            )
            continue
        targets[address] = text
    return Choice(targets=targets, places={address: node.entries[address].node.place for address in targets})


def _by_group(node: Branch, problems: Problems) -> Choice:
    found: dict[str, set[str]] = {OBJECTIVES: set(), TEAMS: set()}
    places: dict[str, Place] = {}
    for name, entry in node.entries.items():
        nodes: Sequence[Node] = entry.node.nodes if isinstance(entry.node, Items) else [entry.node]
        for each in nodes:
            if text := _text(each, problems):
                found[name].add(text)
                places[text] = each.place
    return Choice(objectives=frozenset(found[OBJECTIVES]), teams=frozenset(found[TEAMS]), places=places)


def _address(node: Node, problems: Problems) -> str:
    text = _text(node, problems)
    return text if not text or _is_address(text, node.place, problems) else ""


def _is_address(text: str, place: Place, problems: Problems) -> bool:
    objective, slash, key_result = text.partition("/")
    if objective and slash and key_result:
        return True
    problems.add(place, f"{text!r} is no address of a key result", "write objective/key-result")
    return False


def _text(node: Node, problems: Problems) -> str:
    if isinstance(node, Leaf) and node.value is not None:
        return node.text
    problems.add(node.place, f"an entry of key_results is {kind_of(node)}", "write a name")
    return ""


def _one_writer(found: Mapping[str, ConfiguredDestination], entries: Mapping[str, Entry], problems: Problems) -> None:
    """Refuse two key results for one target: they would take turns in overwriting each other."""
    writers: dict[tuple[str, str], str] = {}
    for name, each in found.items():
        if each.kind.target is None:
            continue
        for address, target in each.choice.targets.items():
            other = writers.setdefault((each.kind.name, target), address)
            if other != address:
                what = f"{target} is written by {other} and by {address}"
                problems.add(entries[name].key_place, what, "give each a target of its own")

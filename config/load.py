"""Reads the rules: files in, checked and immutable rules out, or every problem at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from config.alignment import check_parents
from config.connections import Connection, connection_of
from config.coverage import coverage_of
from config.currencies import rates_of
from config.destinations import ConfiguredDestination, destinations_of
from config.files import read_rules
from config.measures import Measures, Seen
from config.metrics import MetricContext
from config.model import DEFAULT_CRON, DEFAULT_TIMEZONE, GuardKeys, ScheduleKeys
from config.paces import Paces
from config.rollups import resolved
from config.rules import Rules, cycle_of, id_is_right, zone_is_known
from config.settings import Settings, environment
from config.validation import Problems, TooManyProblemsError, entries_of, one_of, unknown_key, validated
from config.variables import Variables
from config.yaml_nodes import Branch, Leaf
from mapping.curves import LINEAR, Curve
from mapping.errors import ConfigProblemsError, Place
from mapping.numbers import NumberStyle
from mapping.profiles import OKRSYNC
from mapping.rules import (
    NO_GUARD,
    Aggregate,
    Completion,
    Cycle,
    Duration,
    Guard,
    KeyResult,
    Measure,
    Objective,
    inner_of,
    selections_of,
)
from mapping.shares import DoubleCounting
from mapping.where import ALWAYS, SOMETIMES, compile_where
from mapping.words import Selection

SECTIONS = (
    "timezone",
    "numbers",
    "schedule",
    "profile",
    "double_counting",
    "coverage",
    "guard",
    "connections",
    "currencies",
    "cycles",
    "objectives",
    "destinations",
)
_NOT_FIELDS = {*ALWAYS, *SOMETIMES}
_CRON_FIELDS = 5
_CRON_PART = re.compile(r"[0-9A-Za-z*,/#-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the nightly sync runs: five fields of cron, in a time zone of its own."""

    cron: str
    timezone: str


@dataclass(frozen=True, kw_only=True)
class Config:
    """The rules as they hold: everything in it has been checked, nothing has been asked over the network."""

    path: Path
    folder: Path
    """Relative paths in options are meant from here."""
    settings: Settings
    timezone: str
    connections: Mapping[str, Connection]
    cycles: Mapping[str, Cycle]
    objectives: tuple[Objective, ...]
    schedule: Schedule | None
    """None when the file says ``schedule: none``."""
    places: Mapping[str, Place]
    """Where objectives and key results stand, by id and by address ``objective/key-result``."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Objectives and key results that were known under another id or address, by the one of now."""
    taken_over: frozenset[str] = frozenset()
    """Those that become the file's, although people made them in the store."""
    coverage: tuple[Completion, ...] = ()
    """Work to be looked over for coverage: pulled like any selection, measured by no key result."""
    destinations: Mapping[str, ConfiguredDestination] = field(default_factory=dict)
    seen: tuple[Seen, ...] = field(default=(), repr=False)
    """Each selection where a rule states it, in file order."""

    def key_results(self) -> tuple[KeyResult, ...]:
        """Return the key results of all objectives, in file order."""
        return tuple(each for objective in self.objectives for each in objective.key_results)

    def selections_of(self, connection: str) -> tuple[Selection, ...]:
        """Return what the rules ask of a connection, each selection once."""
        return tuple(dict.fromkeys(each.selection for each in self.seen if each.selection.connection == connection))

    def fields_of(self, connection: str) -> frozenset[str]:
        """Return the fields that the rules read on a connection, by the names they give: in by, field and where."""
        return self._fields.get(connection, frozenset())

    @cached_property
    def _fields(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for measure in (*(each.measure for each in self.key_results()), *self.coverage):
            for connection, names in fields_in(measure):
                found[connection] = found.get(connection, frozenset()) | names
        return found


def fields_in(measure: Measure) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return pairs of a connection and the fields that a measure reads on it."""
    if isinstance(measure, Completion | Aggregate | Duration):
        names = _own_fields(measure) - _NOT_FIELDS
        names |= compile_where(measure.where).names - _NOT_FIELDS if measure.where else set()
        return ((measure.selection.connection, frozenset(names)),)
    inner = [pair for each in inner_of(measure) for pair in fields_in(each)]
    return tuple(inner) or tuple((each.connection, frozenset()) for each in selections_of(measure))


def _own_fields(measure: Completion | Aggregate | Duration) -> set[str]:
    match measure:
        case Completion():
            return {measure.by} if measure.by else set()
        case Aggregate():
            return {measure.field} if measure.field else set()
        case Duration():
            return set()


def load(path: Path, *, settings: Settings, environ: Mapping[str, str] | None = None, offline: bool = False) -> Config:
    """Return the rules in a file or a folder of files.

    Args:
        path: the file or folder.
        settings: for the secrets folder.
        environ: stands for the process's environment; the file ``.env`` beside the rules adds to it.
        offline: a missing variable is no problem; the options of its connection then raise when asked for.
            For commands that only look at the store.

    Raises:
        ConfigProblemsError: all that is wrong, in file order.
        FixConfigError: there are no rules, or they may not be read.
    """
    problems = Problems()
    try:
        return _load(path, settings, environ, problems, offline=offline)
    except TooManyProblemsError as error:
        # those of a connection are first gathered apart, so neither list need hold the other
        raise ConfigProblemsError(list(dict.fromkeys([*problems.found, *error.problems]))) from error


def _load(
    path: Path, settings: Settings, environ: Mapping[str, str] | None, problems: Problems, *, offline: bool
) -> Config:
    root = read_rules(path, problems)
    folder = path if path.is_dir() else path.parent
    variables = Variables(
        environ=environment(folder / ".env", environ), secrets_dir=settings.secrets_dir, tolerant=offline
    )
    config = _Loader(path, folder, settings, root, variables, problems).config()
    if not config.objectives and not config.destinations and not problems.found:
        nothing = "the rules name no objective, so there is nothing to keep true"
        problems.add(Place(file=str(path)), nothing, "write one, as `okrsync init --stdout` shows")
    if problems.found:
        raise ConfigProblemsError(problems.found)
    return config


@dataclass(frozen=True, slots=True)
class _Loader:
    path: Path
    folder: Path
    settings: Settings
    root: Branch
    variables: Variables
    problems: Problems

    def config(self) -> Config:
        for name, entry in self.root.entries.items():
            if name not in SECTIONS:
                unknown_key(name, entry.key_place, SECTIONS, self.problems)
        timezone = self._timezone()
        connections = self._connections()
        cycles = {
            name: cycle_of(name, entry, timezone=timezone, problems=self.problems)
            for name, entry in entries_of(self.root, "cycles", self.problems).items()
        }
        measures = Measures(connections, self.problems, [])
        rates = rates_of(self.root.entries.get("currencies"), self.problems)
        metrics = MetricContext(style=self._style(), rates=rates, problems=self.problems)
        paces = Paces(self.folder, metrics.style, self.problems)
        rules = Rules(
            cycles,
            measures,
            metrics,
            self.problems,
            paces,
            self._curves(cycles, paces),
            self._guard(),
            paces.profile(self.root.entries.get("profile"), otherwise=OKRSYNC),
            self._double_counting(),
        )
        objectives = [
            rules.objective(name, entry) for name, entry in entries_of(self.root, "objectives", self.problems).items()
        ]
        made = [each for each in objectives if each]
        check_parents(made, rules.parents, rules.places, self.problems)
        whole = resolved(made, measures.rollups, self.problems)
        return Config(
            path=self.path,
            folder=self.folder,
            settings=self.settings,
            timezone=timezone,
            connections={name: each for name, each in connections.items() if each},
            cycles={name: each for name, each in cycles.items() if each},
            objectives=whole,
            schedule=self._schedule(timezone),
            places=rules.places,
            renames=rules.renames.resolved(rules.places, self.problems),
            taken_over=frozenset(rules.taken_over),
            coverage=coverage_of(self.root.entries.get("coverage"), measures, self.problems),
            destinations=self._destinations(),
            seen=tuple(measures.seen),
        )

    def _destinations(self) -> dict[str, ConfiguredDestination]:
        entries = entries_of(self.root, "destinations", self.problems)
        for name, entry in entries.items():
            id_is_right(name, entry, self.problems)
        return destinations_of(entries, self.variables, self.problems)

    def _curves(self, cycles: Mapping[str, Cycle | None], paces: Paces) -> dict[str, Curve]:
        """Return the curve of each cycle that states one."""
        stated = entries_of(self.root, "cycles", self.problems)
        return {
            name: paces.curve(node.entries.get("pace"), cycles[name], otherwise=LINEAR)
            for name, node in ((name, entry.node) for name, entry in stated.items())
            if isinstance(node, Branch)
        }

    def _connections(self) -> dict[str, Connection | None]:
        found: dict[str, Connection | None] = {}
        for name, entry in entries_of(self.root, "connections", self.problems).items():
            id_is_right(name, entry, self.problems)
            found[name] = connection_of(name, entry, self.variables, self.problems)
        return found

    def _text(self, name: str) -> Leaf | None:
        entry = self.root.entries.get(name)
        if entry is None or not isinstance(entry.node, Leaf) or entry.node.value is None:
            if entry is not None and not (isinstance(entry.node, Leaf) and entry.node.value is None):
                self.problems.add(entry.node.place, f"{name} is no text", "write one value behind it")
            return None
        return entry.node

    def _timezone(self) -> str:
        leaf = self._text("timezone")
        if leaf is None or not zone_is_known(leaf.text, leaf.place, self.problems):
            return DEFAULT_TIMEZONE
        return leaf.text

    def _double_counting(self) -> DoubleCounting:
        leaf = self._text("double_counting")
        if leaf is None:
            return DoubleCounting.ALLOW
        if leaf.text not in list(DoubleCounting):
            fix = one_of(leaf.text, DoubleCounting)
            self.problems.add(leaf.place, f"double_counting: unknown policy {leaf.text!r}", fix)
            return DoubleCounting.ALLOW
        return DoubleCounting(leaf.text)

    def _style(self) -> NumberStyle:
        leaf = self._text("numbers")
        if leaf is None:
            return NumberStyle.PLAIN
        if leaf.text not in list(NumberStyle):
            self.problems.add(leaf.place, f"numbers: unknown style {leaf.text!r}", one_of(leaf.text, NumberStyle))
            return NumberStyle.PLAIN
        return NumberStyle(leaf.text)

    def _guard(self) -> Guard:
        entry = self.root.entries.get("guard")
        if entry is None:
            return Guard()
        if isinstance(entry.node, Leaf) and entry.node.text == "none":
            return NO_GUARD
        if not isinstance(entry.node, Branch):
            self.problems.add(entry.node.place, "guard is no group of keys", "write guard: {shrink: 0.5}, or none")
            return Guard()
        keys = validated(GuardKeys, entry.node, self.problems, at=entry.key_place)
        return keys.guard() if keys else Guard()

    def _schedule(self, timezone: str) -> Schedule | None:
        entry = self.root.entries.get("schedule")
        if entry is None:
            return Schedule(cron=DEFAULT_CRON, timezone=timezone)
        if isinstance(entry.node, Leaf) and entry.node.text == "none":
            return None
        if not isinstance(entry.node, Branch):
            fix = "write schedule: {cron: 0 2 * * *}, or none"
            self.problems.add(entry.node.place, "schedule is no group of keys", fix)
            return None
        keys = validated(ScheduleKeys, entry.node, self.problems, at=entry.key_place)
        if keys is None:
            return None
        if "cron" in entry.node.entries:
            self._check_cron(keys.cron, entry.node.entries["cron"].node.place)
        if keys.timezone:
            zone_is_known(keys.timezone, entry.node.entries["timezone"].node.place, self.problems)
        return Schedule(cron=keys.cron, timezone=keys.timezone or timezone)

    def _check_cron(self, cron: str, place: Place) -> None:
        parts = cron.split()
        if len(parts) != _CRON_FIELDS or not all(_CRON_PART.fullmatch(part) for part in parts):
            fix = "write minute, hour, day, month and weekday, as 0 2 * * * for 02:00 every night"
            self.problems.add(place, f"{cron!r} is no cron schedule", fix)

"""From cycles and objectives in the file to those of the core, every problem collected on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.compound import milestones_of, steps_of
from config.making import Around
from config.measures import Measures
from config.metrics import MetricContext, metric_of
from config.model import ID, CycleKeys, GuardKeys, KeyResultKeys, ObjectiveKeys
from config.paces import Paces
from config.renames import Renames
from config.validation import Problems, branch_of, entries_of, one_of, own_keys, validated
from config.yaml_nodes import Branch, Entry, Leaf
from mapping.canonical import rule_json, rule_version
from mapping.curves import LINEAR, Curve
from mapping.errors import Place
from mapping.profiles import OKRSYNC, Profile
from mapping.rules import NO_GUARD, ByHand, Cycle, Guard, KeyResult, Measure, Mode, Objective
from mapping.shares import DoubleCounting

_ID = re.compile(ID)
_CYCLE_KEYS = (*CycleKeys.model_fields, "pace")
_OBJECTIVE_KEYS = (*ObjectiveKeys.model_fields, "pace", "profile", "key_results")
_KEY_RESULT_KEYS = (*KeyResultKeys.model_fields, "pace", "metric", "measure")


def id_is_right(name: str, entry: Entry, problems: Problems) -> bool:
    """Tell whether a key may be an id, and report when not."""
    if _ID.fullmatch(name):
        return True
    fix = "use letters without accents, digits, - _ and ., at most 64, beginning with a letter or digit"
    problems.add(entry.key_place, f"{name[:70]!r} cannot be an id", fix)
    return False


def zone_is_known(name: str, place: Place, problems: Problems) -> bool:
    """Tell whether a time zone exists, and report when not."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.add(place, f"unknown time zone {name!r}", "use an IANA name such as Europe/Paris or UTC")
        return False
    return True


def cycle_of(name: str, entry: Entry, *, timezone: str, problems: Problems) -> Cycle | None:
    """Return one cycle, or report what is wrong with it."""
    node = branch_of(entry, f"cycle {name}", problems)
    if not id_is_right(name, entry, problems) or node is None:
        return None
    own = own_keys(node, CycleKeys, _CYCLE_KEYS, problems)
    keys = validated(CycleKeys, own, problems, at=entry.key_place)
    if keys is None:
        return None
    if keys.ends_on <= keys.starts_on:
        what = f"cycle {name} ends on {keys.ends_on}, not after it starts ({keys.starts_on})"
        problems.add(node.entries["ends_on"].node.place, what, "ends_on is the first day after the cycle")
        return None
    return Cycle(id=name, starts_on=keys.starts_on, ends_on=keys.ends_on, timezone=timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a key result takes from its objective."""

    cycle: Cycle | None
    curve: Curve
    double_counting: DoubleCounting


@dataclass(slots=True)
class Rules:
    """Makes the objectives of a file; keeps where each key result stands."""

    cycles: Mapping[str, Cycle | None]
    """None for a cycle that is declared and wrong."""
    measures: Measures
    metrics: MetricContext
    problems: Problems
    paces: Paces
    curves: Mapping[str, Curve]
    """Those of cycles, by the cycle's id."""
    guard: Guard
    """Of key results that state none."""
    profile: Profile = OKRSYNC
    """Where an objective names none."""
    double_counting: DoubleCounting = DoubleCounting.ALLOW
    """Where an objective says nothing."""
    places: dict[str, Place] = field(default_factory=dict)
    """Where objectives and key results stand, by id and address."""
    parents: dict[str, Place] = field(default_factory=dict)
    """Where an objective names its parent, by its id."""
    renames: Renames = field(default_factory=Renames)
    taken_over: set[str] = field(default_factory=set)

    def objective(self, name: str, entry: Entry) -> Objective | None:
        """Return one objective with its key results, or report what is wrong with any of it."""
        node = branch_of(entry, f"objective {name}", self.problems)
        id_right = id_is_right(name, entry, self.problems)
        if node is None:
            return None
        self.places[name] = entry.key_place
        own = own_keys(node, ObjectiveKeys, _OBJECTIVE_KEYS, self.problems)
        keys = validated(ObjectiveKeys, own, self.problems, at=entry.key_place)
        if keys is not None:
            self._note(name, keys, node)
        cycle = self._cycle(node.entries.get("cycle"))
        of_cycle = LINEAR if cycle is None else self.curves.get(cycle.id, LINEAR)
        curve = self.paces.curve(node.entries.get("pace"), cycle, otherwise=of_cycle)
        profile = self.paces.profile(node.entries.get("profile"), otherwise=self.profile)
        stated = None if keys is None else keys.double_counting
        given = Given(cycle=cycle, curve=curve, double_counting=stated or self.double_counting)
        key_results = self._key_results(name, entry, node, given)
        if keys is None or cycle is None or not id_right:
            return None
        return Objective(
            id=name,
            title=keys.title,
            cycle=cycle,
            team=keys.team,
            teams=keys.teams,
            parent=keys.parent,
            owner=keys.owner,
            kind=keys.kind,
            level=keys.level,
            curve=curve,
            profile=profile,
            double_counting=given.double_counting,
            key_results=tuple(key_results),
        )

    def _note(self, name: str, keys: ObjectiveKeys | KeyResultKeys, node: Branch) -> None:
        """Keep what concerns the store and is no part of the objective or key result itself."""
        if keys.was is not None:
            self.renames.add(name, keys.was, node.entries["was"].node.place)
        if keys.take_over:
            self.taken_over.add(name)
        if isinstance(keys, ObjectiveKeys) and keys.parent is not None:
            self.parents[name] = node.entries["parent"].node.place

    def _cycle(self, entry: Entry | None) -> Cycle | None:
        if entry is None or not isinstance(entry.node, Leaf) or entry.node.value is None:
            return None
        name = entry.node.text
        if name not in self.cycles:
            advice = one_of(name, self.cycles) if self.cycles else "declare it: cycles: {2026-q4: {starts_on: …}}"
            self.problems.add(entry.node.place, f"unknown cycle {name!r}", advice)
        return self.cycles.get(name)

    def _key_results(self, objective: str, entry: Entry, node: Branch, given: Given) -> list[KeyResult]:
        before = len(self.problems.found)
        entries = entries_of(node, "key_results", self.problems)
        if not entries and len(self.problems.found) == before:
            what = f"objective {objective} has no key results"
            self.problems.add(entry.key_place, what, "add key_results: with 2 to 5 of them, or remove the objective")
        made = [self._key_result(objective, name, inner, given) for name, inner in entries.items()]
        return [each for each in made if each]

    def _steps(self, metric: Entry | None) -> dict[str, Decimal] | None:
        milestones = milestones_of(metric)
        if metric is None or milestones is None:
            return None
        return steps_of(metric, milestones, style=self.metrics.style, problems=self.problems)

    def _key_result(self, objective: str, name: str, entry: Entry, given: Given) -> KeyResult | None:
        id_right = id_is_right(name, entry, self.problems)
        node = branch_of(entry, f"key result {name}", self.problems)
        if node is None:
            return None
        address = f"{objective}/{name}"
        self.places[address] = entry.key_place
        own = own_keys(node, KeyResultKeys, _KEY_RESULT_KEYS, self.problems)
        keys = validated(KeyResultKeys, own, self.problems, at=entry.key_place)
        if keys is not None:
            self._note(address, keys, node)
        stated = node.entries.get("measure")
        around = Around(address=address, cycle=given.cycle, steps=self._steps(node.entries.get("metric")))
        measure = self.measures.measure(stated, around, at=entry.key_place)
        metric = metric_of(
            node.entries.get("metric"), self.metrics, kind=self.measures.kind(stated), at=entry.key_place
        )
        own_curve = self.paces.curve(node.entries.get("pace"), given.cycle, otherwise=given.curve)
        if keys is None or measure is None or metric is None or not id_right:
            return None
        rule = rule_json(metric, measure, given.double_counting)
        return KeyResult(
            id=address,
            title=keys.title,
            owner=keys.owner,
            team=keys.team,
            weight=keys.weight,
            mode=self._mode(keys.mode, measure, node),
            guard=self._guard(keys.guard),
            metric=metric,
            measure=measure,
            rule=rule,
            rule_version=rule_version(rule),
            curve=own_curve,
            double_counting=given.double_counting,
        )

    def _mode(self, stated: Mode, measure: Measure, node: Branch) -> Mode:
        if not isinstance(measure, ByHand):
            return stated
        if "mode" in node.entries and stated is not Mode.MANUAL:
            what = f"mode: {stated} waits for values that measure: by_hand never gives"
            self.problems.add(node.entries["mode"].node.place, what, "leave the mode away")
        return Mode.MANUAL

    def _guard(self, stated: GuardKeys | Literal["none"] | None) -> Guard:
        if stated is None:
            return self.guard
        return NO_GUARD if stated == "none" else stated.guard()

"""What rules do to what is declared: made, changed, known under another id, retired. Nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from mapping.canonical import rule_json, rule_text
from mapping.curves import LINEAR
from mapping.metric_tree import metric_tree
from mapping.plain import plain
from mapping.profiles import OKRSYNC
from mapping.rules import NO_GUARD, Cycle, Guard, KeyResult, Metric, Objective
from mapping.show import show_value

Body = TypeVar("Body", Cycle, Objective, KeyResult)
Facts = Mapping[str, str]
"""What is said of a cycle, objective or key result, in words for people."""


class Origin(StrEnum):
    """Who may change something that is declared."""

    FILE = "file"
    PEOPLE = "people"
    IMPORTED = "imported"


class Declared(StrEnum):
    """What can be declared."""

    CYCLE = "cycle"
    OBJECTIVE = "objective"
    KEY_RESULT = "key result"


class Act(StrEnum):
    """What happens to something that is declared."""

    CREATE = "create"
    CHANGE = "change"
    RENAME = "rename"
    """It is known under another id from now on, with all its history; other changes may come along."""
    TAKE_OVER = "take over"
    """People made it, and it is the file's from now on."""
    HAND_OVER = "hand over"
    """The file drops it, and people have key results below it: it is theirs from now on."""
    RETIRE = "retire"
    REVIVE = "declare again"


@dataclass(frozen=True, slots=True)
class Known(Generic[Body]):
    """Something declared as the store has it."""

    body: Body
    origin: Origin
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All that was ever declared, by id and address. Objectives come without their key results."""

    cycles: Mapping[str, Known[Cycle]] = field(default_factory=dict)
    objectives: Mapping[str, Known[Objective]] = field(default_factory=dict)
    key_results: Mapping[str, Known[KeyResult]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredChange:
    """One line of the plan about what is declared."""

    kind: Declared
    id: str
    """Its id; of a key result its address."""
    act: Act
    title: str
    was: str | None = None
    """The id before, where it is renamed."""
    before: Facts
    """What is said otherwise from now on; all that was said where it is retired, nothing where it is new."""
    after: Facts


@dataclass(frozen=True, slots=True)
class Moves:
    """Ids of before to ids of now, of what the register knows."""

    objectives: Mapping[str, str] = field(default_factory=dict)
    key_results: Mapping[str, str] = field(default_factory=dict)


def objective_of(address: str) -> str:
    """Return the objective's id in the address of a key result."""
    return address.partition("/")[0]


def moves_of(register: Register, renames: Mapping[str, str]) -> Moves:
    """Return what moves where: what ``was`` names and the register knows; with an objective all its key results.

    Args:
        register: as it is before.
        renames: ids and addresses of before, by those of now.
    """
    objectives = {old: new for new, old in renames.items() if old in register.objectives}
    stated = {old: new for new, old in renames.items() if old in register.key_results}
    along = {
        address: f"{objectives[objective_of(address)]}/{address.partition('/')[2]}"
        for address in register.key_results
        if objective_of(address) in objectives and address not in stated
    }
    return Moves(objectives, {**along, **stated})


def not_ours(
    register: Register, declared: Sequence[Objective], renames: Mapping[str, str], taken_over: Collection[str]
) -> dict[str, str]:
    """Return the ids and addresses that rules declare and people own, with what they are.

    Args:
        register: as it is before.
        declared: what the rules say.
        renames: ids and addresses of before, by those of now; to name one is to take it over.
        taken_over: ids and addresses that the rules say to take over.
    """
    found = {}
    for kind, id_, _ in _said(declared):
        known = _table(register, kind).get(id_)
        if kind is Declared.CYCLE or known is None or known.origin is Origin.FILE:
            continue
        if id_ not in taken_over and id_ not in renames:
            found[id_] = f"{kind} {known.body.id}"
    return found


def declared_changes(
    register: Register, declared: Sequence[Objective], renames: Mapping[str, str]
) -> tuple[DeclaredChange, ...]:
    """Return what the rules change of what is declared, in their order; what they drop comes last.

    Args:
        register: as it is before.
        declared: all objectives of the rules.
        renames: ids and addresses of before, by those of now.
    """
    moves = moves_of(register, renames)
    moved = _moved(register, moves)
    was = {new: old for each in (moves.objectives, moves.key_results) for old, new in each.items()}
    found = []
    kept: dict[Declared, set[str]] = {kind: set() for kind in Declared}
    for kind, id_, body in _said(declared):
        if id_ not in kept[kind]:
            kept[kind].add(id_)
            before = None if kind is Declared.CYCLE else was.get(id_)
            found.append(_change(kind, id_, body, _table(moved, kind).get(id_), before))
    return (*(each for each in found if each), *_dropped(moved, kept))


def _said(declared: Sequence[Objective]) -> Iterator[tuple[Declared, str, Cycle | Objective | KeyResult]]:
    for objective in declared:
        yield Declared.CYCLE, objective.cycle.id, objective.cycle
        yield Declared.OBJECTIVE, objective.id, objective
        for each in objective.key_results:
            yield Declared.KEY_RESULT, each.id, each


def _table(
    register: Register, kind: Declared
) -> Mapping[str, Known[Cycle]] | Mapping[str, Known[Objective]] | Mapping[str, Known[KeyResult]]:
    match kind:
        case Declared.CYCLE:
            return register.cycles
        case Declared.OBJECTIVE:
            return register.objectives
        case Declared.KEY_RESULT:
            return register.key_results


def _moved(register: Register, moves: Moves) -> Register:
    """Return the register after the moves; where the new id is known already, what was known under the old one goes."""
    objectives = {id_: each for id_, each in register.objectives.items() if id_ not in moves.objectives}
    key_results = {id_: each for id_, each in register.key_results.items() if id_ not in moves.key_results}
    for old, new in moves.objectives.items():
        objectives.setdefault(new, register.objectives[old])
    for old, new in moves.key_results.items():
        key_results.setdefault(new, register.key_results[old])
    return Register(cycles=register.cycles, objectives=objectives, key_results=key_results)


def _change(
    kind: Declared,
    id_: str,
    body: Cycle | Objective | KeyResult,
    known: Known[Cycle] | Known[Objective] | Known[KeyResult] | None,
    was: str | None,
) -> DeclaredChange | None:
    after = facts_of(body)
    if known is None:
        return DeclaredChange(kind=kind, id=id_, act=Act.CREATE, title=_title(body), before={}, after=after)
    before = facts_of(known.body)
    differing = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    act = Act.CHANGE
    if was is not None:
        act = Act.RENAME
    elif known.retired:
        act = Act.REVIVE
    elif known.origin is not Origin.FILE:
        act = Act.TAKE_OVER
    if act is Act.CHANGE and not differing:
        return None
    return DeclaredChange(
        kind=kind,
        id=id_,
        act=act,
        title=_title(body),
        was=was,
        before={name: before[name] for name in differing if name in before},
        after={name: after[name] for name in differing if name in after},
    )


def _dropped(register: Register, kept: Mapping[Declared, Collection[str]]) -> Iterator[DeclaredChange]:
    """Yield what the file declared and does so no longer."""
    living = {
        kind: {
            id_
            for id_, each in _table(register, kind).items()
            if id_ in kept[kind] or not (each.retired or each.origin is Origin.FILE)
        }
        for kind in Declared
    }
    needed = {
        Declared.KEY_RESULT: set[str](),
        Declared.OBJECTIVE: {objective_of(address) for address in living[Declared.KEY_RESULT]},
        Declared.CYCLE: set[str](),
    }
    for kind in (Declared.KEY_RESULT, Declared.OBJECTIVE, Declared.CYCLE):
        if kind is Declared.CYCLE:
            holders = living[Declared.OBJECTIVE] | needed[Declared.OBJECTIVE]
            needed[kind] = {each.body.cycle.id for id_, each in register.objectives.items() if id_ in holders}
        for id_, known in _table(register, kind).items():
            if known.retired or known.origin is not Origin.FILE or id_ in kept[kind]:
                continue
            act = Act.HAND_OVER if id_ in needed[kind] else Act.RETIRE
            before = {} if act is Act.HAND_OVER else facts_of(known.body)
            yield DeclaredChange(kind=kind, id=id_, act=act, title=_title(known.body), before=before, after={})


def _title(body: Cycle | Objective | KeyResult) -> str:
    return "" if isinstance(body, Cycle) else body.title


def facts_of(body: Cycle | Objective | KeyResult) -> Facts:
    """Return what is said of something declared, by name; what has its usual value is left out.

    Whatever makes two of them differ makes their facts differ.
    """
    match body:
        case Cycle():
            found: dict[str, str | None] = {
                "starts_on": f"{body.starts_on}",
                "ends_on": f"{body.ends_on}",
                "timezone": body.timezone,
            }
        case Objective():
            found = {
                "title": body.title,
                "cycle": body.cycle.id,
                "level": body.level,
                "kind": str(body.kind),
                "parent": body.parent,
                "team": body.team,
                "teams": ", ".join(body.teams),
                "owner": body.owner,
                "pace": None if body.curve == LINEAR else _json(body.curve),
                "profile": None if body.profile == OKRSYNC else _json(body.profile),
                "double_counting": str(body.double_counting),
            }
        case KeyResult():
            found = {
                "title": body.title,
                "owner": body.owner,
                "team": body.team,
                **_metric_facts(body.metric),
                "measure": rule_text(rule_json(body.metric, body.measure)).partition("\n")[0].removeprefix("measure: "),
                "weight": f"{body.weight:f}",
                "mode": str(body.mode),
                "guard": _guard(body.guard),
                "pace": None if body.curve == LINEAR else _json(body.curve),
            }
    return {name: value for name, value in found.items() if value}


def _metric_facts(metric: Metric) -> dict[str, str | None]:
    ends = {name: getattr(metric, name) for name in ("baseline", "target", "upper", "commit", "stretch")}
    rest = {name: value for name, value in metric_tree(metric).items() if name not in ends}
    shown = {name: None if value is None else show_value(value, metric.unit) for name, value in ends.items()}
    exact = {name: value for name, value in metric_tree(metric).items() if name in ends}
    return {**shown, "metric": json.dumps({**rest, **exact}, sort_keys=True, ensure_ascii=False)}


def _guard(guard: Guard) -> str | None:
    if guard == Guard():
        return None
    return "none" if guard == NO_GUARD else _json(guard)


def _json(value: object) -> str:
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)

"""What is declared: cycles, objectives, key results, each with who may change it. Nothing of it is ever deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TypeVar

from sqlalchemy import Connection, Table, and_, func, select, update

from mapping.declared import Known, Origin, Register, objective_of
from mapping.rules import Cycle, KeyResult, Objective
from store.codec import decode, encode
from store.dialects import replace_rows
from store.tables import cycles, key_results, objectives

Values = dict[str, object]
Body = TypeVar("Body", Cycle, Objective, KeyResult)
Placed = TypeVar("Placed", Objective, KeyResult)
NOTHING: Sequence[Objective] = ()


def read_register(connection: Connection, like: Sequence[Objective] = NOTHING) -> Register:
    """Return all that was ever declared.

    Args:
        connection: to read on.
        like: what the rules say. What reads the same in the store is taken from here: to decode it takes its time.
    """
    spans = {each.cycle.id: each.cycle for each in like}
    return Register(
        cycles=_known(connection, cycles, Cycle, spans),
        objectives=_known(connection, objectives, Objective, {each.id: _alone(each) for each in like}),
        key_results=_known(
            connection, key_results, KeyResult, {each.id: each for one in like for each in one.key_results}
        ),
    )


def _known(connection: Connection, table: Table, kind: type[Body], like: Mapping[str, Body]) -> dict[str, Known[Body]]:
    order = table.c.id if table is cycles else table.c.position
    found = {}
    for row in connection.execute(select(table).order_by(order, table.c.id)):
        body = like.get(row.id)
        if body is None or encode(body) != row.body:
            body = decode(kind, row.body)
        found[row.id] = Known(body, Origin(row.origin), row.retired)
    return found


def _alone(objective: Objective) -> Objective:
    return replace(objective, key_results=())


def write_declared(connection: Connection, declared: Sequence[Objective]) -> None:
    """Make the OKRs of the file what the rules say now.

    What they say no longer is retired, never deleted. What people own stays as it is, and what it stands on becomes
    theirs too: the objective of a key result, the cycle of an objective.
    """
    put_cycles(connection, {each.cycle.id: each.cycle for each in declared}.values(), Origin.FILE)
    put_objectives(connection, enumerate(declared), Origin.FILE)
    parts = [(position, each) for objective in declared for position, each in enumerate(objective.key_results)]
    put_key_results(connection, parts, Origin.FILE)
    _drop(connection, key_results, {each.id for _, each in parts}, held=set())
    living = set(connection.scalars(select(key_results.c.objective).where(~key_results.c.retired)))
    _drop(connection, objectives, {each.id for each in declared}, held=living)
    used = set(connection.scalars(select(objectives.c.cycle).where(~objectives.c.retired)))
    _drop(connection, cycles, {each.cycle.id for each in declared}, held=used)


def _drop(connection: Connection, table: Table, kept: set[str], *, held: set[str]) -> None:
    """Retire what is the file's and not kept; what something of people's stands on is handed over to them instead."""
    ours = and_(~table.c.retired, table.c.origin == Origin.FILE)
    for id_ in set(connection.scalars(select(table.c.id).where(ours))) - kept:
        values: Values = {"origin": Origin.PEOPLE} if id_ in held else {"retired": True}
        connection.execute(update(table).where(table.c.id == id_).values(values))


def put_cycles(connection: Connection, spans: Iterable[Cycle], origin: Origin) -> None:
    """Declare cycles; objectives of others in them follow a span that has changed."""
    known = list(spans)
    rows: list[Values] = [{"id": each.id, "body": encode(each)} for each in known]
    differing = _put(connection, cycles, ("id",), rows, origin)
    for span in known:
        if span.id in differing:
            mine = objectives.c.cycle == span.id
            for row in connection.execute(select(objectives.c.id, objectives.c.body).where(mine)).all():
                body = encode(replace(decode(Objective, row.body), cycle=span))
                connection.execute(update(objectives).where(objectives.c.id == row.id).values(body=body))


def put_objectives(connection: Connection, wholes: Iterable[tuple[int, Objective]], origin: Origin) -> None:
    """Declare objectives, each with its position, without their key results."""
    rows = [
        {"id": each.id, "cycle": each.cycle.id, "position": position, "body": encode(_alone(each))}
        for position, each in wholes
    ]
    _put(connection, objectives, ("id",), rows, origin)


def put_key_results(connection: Connection, parts: Iterable[tuple[int, KeyResult]], origin: Origin) -> None:
    """Declare key results, each with its position in its objective."""
    rows = [
        {"objective": objective_of(each.id), "id": each.id, "position": position, "body": encode(each)}
        for position, each in parts
    ]
    _put(connection, key_results, ("objective", "id"), rows, origin)


def take_in(connection: Connection, declared: Sequence[Objective], origin: Origin) -> None:
    """Declare what is not the file's beside what there is: what is known keeps its position, what is new comes last.

    Cycles that are there stay as they are, whoever owns them.
    """
    living = set(connection.scalars(select(cycles.c.id).where(~cycles.c.retired)))
    spans = {each.cycle.id: each.cycle for each in declared}
    put_cycles(connection, [span for id_, span in spans.items() if id_ not in living], origin)
    put_objectives(connection, _placed(connection, objectives, declared), origin)
    for each in declared:
        put_key_results(connection, _placed(connection, key_results, each.key_results, each.id), origin)


def _placed(
    connection: Connection, table: Table, bodies: Sequence[Placed], objective: str | None = None
) -> list[tuple[int, Placed]]:
    known = {row.id: row.position for row in connection.execute(select(table.c.id, table.c.position))}
    following = count(next_position(connection, table, objective))
    return [(known[each.id] if each.id in known else next(following), each) for each in bodies]


def next_position(connection: Connection, table: Table, objective: str | None = None) -> int:
    """Return a position behind all others; of key results within their objective."""
    query = select(func.max(table.c.position))
    if objective is not None:
        query = query.where(table.c.objective == objective)
    last = connection.scalar(query)
    return 0 if last is None else last + 1


def declare(
    connection: Connection, spans: Sequence[Cycle], wholes: Sequence[Objective], parts: Sequence[KeyResult]
) -> None:
    """Declare what people own; what is new goes behind what is there."""
    put_cycles(connection, spans, Origin.PEOPLE)
    put_objectives(connection, _placed(connection, objectives, wholes), Origin.PEOPLE)
    for each in parts:
        put_key_results(connection, _placed(connection, key_results, [each], objective_of(each.id)), Origin.PEOPLE)


def retire(connection: Connection, addresses: Iterable[str]) -> None:
    """Retire objectives and key results; their history stays."""
    for address in addresses:
        table = key_results if "/" in address else objectives
        connection.execute(update(table).where(table.c.id == address).values(retired=True))


def _put(
    connection: Connection, table: Table, key: tuple[str, ...], rows: Sequence[Values], origin: Origin
) -> set[object]:
    """Write those rows that differ from what is there, and return their ids."""
    there = {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}
    whole = [{**row, "retired": False, "origin": origin} for row in rows]
    differing = [row for row in whole if there.get(row["id"]) != row]
    replace_rows(connection, table, key, differing)
    return {row["id"] for row in differing}

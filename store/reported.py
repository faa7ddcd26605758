"""OKRs that are here because another okrsync reports on them: declared by it, and never over what the file declares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Table, and_, func, insert, select, update

from mapping.declared import Origin
from mapping.rules import Objective
from store.codec import encode
from store.tables import cycles, key_results, objectives


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose an address is."""

    objective: str | None
    """The origin of its objective; None where that is not declared now."""
    key_result: str | None
    cycle: str | None
    """Id of the objective's cycle."""


def read_claims(connection: Connection, address: str) -> Claims:
    """Return whose the objective and the key result at an address are, and in which cycle they are."""
    whole = and_(objectives.c.id == address.partition("/")[0], ~objectives.c.retired)
    part = and_(key_results.c.id == address, ~key_results.c.retired)
    row = connection.execute(select(objectives.c.origin, objectives.c.cycle).where(whole)).one_or_none()
    origin = connection.scalar(select(key_results.c.origin).where(part))
    return Claims(None, origin, None) if row is None else Claims(row.origin, origin, row.cycle)


def write_adopted(connection: Connection, objective: Objective) -> None:
    """Declare an objective, its cycle and its key results, each unless it is there by another origin."""
    _adopt(connection, cycles, {"id": objective.cycle.id}, encode(objective.cycle))
    own = {"id": objective.id}
    _adopt(connection, objectives, own, encode(replace(objective, key_results=())), cycle=objective.cycle.id)
    for each in objective.key_results:
        _adopt(connection, key_results, {"objective": objective.id, "id": each.id}, encode(each))


def _adopt(connection: Connection, table: Table, key: dict[str, str], body: str, **more: str) -> None:
    found: ColumnElement[bool] = and_(*(table.c[name] == value for name, value in key.items()))
    row = connection.execute(select(table.c.origin, table.c.body, table.c.retired).where(found)).one_or_none()
    if row is None:
        made: dict[str, object] = {**key, **more, "body": body, "retired": False, "origin": Origin.IMPORTED}
        if "position" in table.c:
            made["position"] = (connection.scalar(select(func.max(table.c.position))) or 0) + 1
        connection.execute(insert(table), [made])
    elif row.retired or (row.origin == Origin.IMPORTED and row.body != body):
        values = {**more, "body": body, "retired": False, "origin": Origin.IMPORTED}
        connection.execute(update(table).where(found).values(values))

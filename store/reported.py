"""OKRs that are here because another okrsync reports on them: declared by it, and never over what the file declares."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Table, and_, func, insert, select, update

from mapping.declared import Origin
from mapping.rules import Objective
from store.codec import encode
from store.tables import cycles, key_results, objectives


def read_origins(connection: Connection, address: str) -> tuple[str | None, str | None]:
    """Return the origins of the objective and of the key result at an address, None for what is not declared now."""
    whole = and_(objectives.c.id == address.partition("/")[0], ~objectives.c.retired)
    part = and_(key_results.c.id == address, ~key_results.c.retired)
    return (
        connection.scalar(select(objectives.c.origin).where(whole)),
        connection.scalar(select(key_results.c.origin).where(part)),
    )


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

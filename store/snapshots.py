"""Closed cycles as they were frozen: text, signature, and who closed them. Written once, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from store.tables import snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A closed cycle. ``body`` is what was signed, byte for byte in UTF-8."""

    cycle: str
    closed_at: datetime
    closed_by: str
    body: str
    digest: str
    """SHA-256 of the body, in hexadecimal."""
    public_key: str
    """Ed25519, base64."""
    signature: str
    """Base64."""


def write_snapshot(connection: Connection, snapshot: Snapshot) -> None:
    """Freeze a cycle; one that is closed already is refused by the primary key."""
    connection.execute(insert(snapshots), [{name: getattr(snapshot, name) for name in Snapshot.__dataclass_fields__}])


def read_snapshots(connection: Connection) -> dict[str, Snapshot]:
    """Return the closed cycles, by id."""
    rows = connection.execute(select(snapshots).order_by(snapshots.c.cycle)).mappings()
    return {row["cycle"]: Snapshot(**row) for row in rows}

"""Tokens of the REST API, kept by their digest: what is stored opens nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from mapping.errors import FixConfigError
from store.tables import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Who may speak with the API, and how far; without the token itself, which nobody keeps."""

    name: str
    scope: str
    """``read``, or ``write``, which may read as well."""
    objectives: tuple[str, ...]
    """Those it may write to; all where there are none."""
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None


def write_token(connection: Connection, token: Token, digest: str) -> None:
    """Keep a new token.

    Raises:
        FixConfigError: there is, or was, one of that name: what it wrote stays under its name.
    """
    if connection.scalar(select(tokens.c.name).where(tokens.c.name == token.name)) is not None:
        raise FixConfigError(f"there is, or was, a token {token.name!r}: choose another name")
    row = {
        "name": token.name,
        "hash": digest,
        "scope": token.scope,
        "objectives": json.dumps(token.objectives),
        "created_at": token.created_at,
        "created_by": token.created_by,
    }
    connection.execute(insert(tokens), [row])


def revoke_token(connection: Connection, name: str, *, at: datetime) -> bool:
    """End a token, and return whether there was one that worked."""
    works = (tokens.c.name == name) & tokens.c.revoked_at.is_(None)
    return bool(connection.execute(update(tokens).where(works).values(revoked_at=at)).rowcount)


def read_tokens(connection: Connection) -> list[Token]:
    """Return all tokens, by name."""
    return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.name))]


def token_of(connection: Connection, digest: str) -> Token | None:
    """Return the token with this digest, None for one that is unknown or revoked."""
    works = (tokens.c.hash == digest) & tokens.c.revoked_at.is_(None)
    row = connection.execute(select(tokens).where(works)).one_or_none()
    return None if row is None else _token(row)


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        name=row.name,
        scope=row.scope,
        objectives=tuple(json.loads(row.objectives)),
        created_at=row.created_at,
        created_by=row.created_by,
        revoked_at=row.revoked_at,
    )

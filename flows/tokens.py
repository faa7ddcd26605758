"""Tokens of the REST API: made once, shown once, told apart by their SHA-256 from then on."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from flows.people import audited
from mapping.errors import FixConfigError
from store import Store, Token

PREFIX = "okrsync_"
"""Lets scanners for secrets find one that went astray."""
READ, WRITE = "read", "write"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def create_token(store: Store, name: str, *, scope: str, objectives: Sequence[str], author: str, now: datetime) -> str:
    """Return a new token; it cannot be shown again.

    Raises:
        FixConfigError: a name that cannot be one, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise FixConfigError(f"{name!r} cannot name a token: use letters, digits, points, dashes; 64 at most")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(name=name, scope=scope, objectives=tuple(objectives), created_at=now, created_by=author)
    what = {"scope": scope, "objectives": list(objectives)}
    store.add_token(token, digest_of(secret), audited(now, author, "token create", f"token:{name}", None, what))
    return secret


def revoke(store: Store, name: str, *, author: str, now: datetime) -> None:
    """End a token.

    Raises:
        FixConfigError: there is none of that name that works.
    """
    if not store.revoke_token(name, at=now, audit=audited(now, author, "token revoke", f"token:{name}", {}, None)):
        there = ", ".join(each.name for each in store.tokens() if each.revoked_at is None) or "none"
        raise FixConfigError(f"no token {name!r} works: there are {there}")


def digest_of(secret: str) -> str:
    """Return what a token is kept by."""
    return hashlib.sha256(secret.encode()).hexdigest()

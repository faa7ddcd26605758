"""What the vendors' servers share: JSON on the wire, instants as each vendor writes them, answers and refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

Record = dict[str, Any]
"""A raw record of a vendor. Any, because recorded ones are served as they are, with fields nobody has described."""


class RefusedError(Exception):
    """The server answers with an error status; ``body`` is in the vendor's own shape."""

    def __init__(self, status: int, body: Record, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        super().__init__(f"{status}: {body}")


def json_bytes(value: object) -> bytes:
    """Return compact UTF-8 JSON; the order of keys is that of building, so equal worlds give equal bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    return Response(
        json_bytes(value), status, headers=dict(headers or {}), media_type="application/json", background=None
    )


def jira_time(instant: datetime) -> str:
    """Return the instant as Jira writes it: milliseconds and an offset without a colon (``…T16:05:54.426+0000``)."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}" + instant.strftime("%z")


def github_time(instant: datetime) -> str:
    """Return the instant as GitHub writes it: UTC, whole seconds (``…T16:05:54Z``)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: str) -> datetime:
    """Return the instant of either vendor's notation."""
    return datetime.fromisoformat(text)


def next_hour(now: datetime) -> datetime:
    """Return the top of the coming UTC hour, at which both vendors' quotas begin anew."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def digest(*parts: object, length: int = 16) -> str:
    """Return hexadecimal digits that depend on nothing but the parts."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:length]

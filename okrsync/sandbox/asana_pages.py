"""How Asana gives lists: pages with tokens, quotas, and refusals in its own shape.

https://developers.asana.com/docs/pagination
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request

from okrsync.sandbox.asana_fields import COMPACT, projected
from okrsync.sandbox.asana_site import AsanaSite
from okrsync.sandbox.wire import Record, RefusedError, digest, instant_of

MOST_WITHOUT_LIMIT = 1000
TOKEN_LASTS = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)

Key = tuple[int, int]
Rows = list[tuple[Key, Record]]
"""What a list holds, with what it is ordered by: the next page begins after the last key."""


def asana_error(status: int, message: str, headers: dict[str, str] | None = None) -> RefusedError:
    """Return a refusal in Asana's shape."""
    help_ = "For more information on API status codes and how to handle them, read the docs on errors."
    return RefusedError(status, {"errors": [{"message": message, "help": help_}]}, headers)


@dataclass(slots=True)
class Quota:
    """Counts the requests of the last minute, those that it refuses as well."""

    asked: deque[datetime] = field(default_factory=deque)

    def count(self, now: datetime, most: int | None) -> None:
        """Count one request; raises RefusedError when there were too many."""
        self.asked.append(now)
        while self.asked and self.asked[0] <= now - MINUTE:
            self.asked.popleft()
        if most is not None and len(self.asked) > most:
            wait = (self.asked[-most] + MINUTE - now).total_seconds()
            raise asana_error(429, "You have made too many requests recently.", {"retry-after": str(int(wait) + 1)})


def page_of(rows: Rows, fields: Sequence[str], request: Request, site: AsanaSite, now: datetime) -> Record:
    """Return a page: rows after the token's key, as many as the limit says."""
    params = request.query_params
    rows = sorted(rows, key=lambda row: row[0])

    def shape(record: Record) -> Record:
        whole = site.whole(record) if record["gid"] in site.tasks else record
        return projected(whole, fields) if fields else _compact(whole)

    if "limit" not in params:
        if len(rows) > MOST_WITHOUT_LIMIT:
            raise asana_error(400, "The result is too large. You should use pagination (may require specifying limit)!")
        return {"data": [shape(record) for _, record in rows]}
    if not params["limit"].isdigit() or not 1 <= int(params["limit"]) <= 100:
        raise asana_error(400, "limit: Must be between 1 and 100.")
    question = digest(request.url.path, *sorted(f"{k}={v}" for k, v in params.items() if k != "offset"))
    if "offset" in params:
        after = _after(params["offset"], question, now)
        rows = [row for row in rows if row[0] > after]
    most = min(int(params["limit"]), site.most)
    page, more = rows[:most], len(rows) > most
    return {
        "data": [shape(record) for _, record in page],
        "next_page": _next_page(page[-1][0], question, request, now) if more else None,
    }


def _next_page(key: Key, question: str, request: Request, now: datetime) -> Record:
    # The instant is inside, as in the real token, so that no two tokens are the same.
    raw = json.dumps({"after": key, "of": question, "at": now.isoformat()}).encode()
    offset = base64.urlsafe_b64encode(raw).decode()
    link = request.url.include_query_params(offset=offset)
    return {"offset": offset, "path": f"{link.path}?{link.query}", "uri": str(link)}


def _after(offset: str, question: str, now: datetime) -> Key:
    try:
        token = json.loads(base64.urlsafe_b64decode(offset.encode()))
    except ValueError:
        raise asana_error(400, "offset: Your pagination token is invalid.") from None
    if token["of"] != question:
        raise asana_error(400, "offset: Your pagination token is not of this request.")
    if instant_of(token["at"]) + TOKEN_LASTS < now:
        raise asana_error(400, "offset: Your pagination token has expired.")
    first, second = token["after"]
    return first, second


def _compact(record: Record) -> Record:
    names = COMPACT.get(record["resource_type"], COMPACT[""])
    return {name: record[name] for name in names if name in record}

"""What a vendor's answer says about waiting: Retry-After in both its forms, and the X-RateLimit family.

Retry-After: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after · GitHub:
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api · Jira:
https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.reply import Headers

BELIEVABLE = 86_400.0
"""Seconds. No vendor has a window longer than a day; an answer beyond that is taken for a fault of the server."""
EPOCH_FROM = 1_000_000_000.0
"""A reset below this is a number of seconds to wait, one above it an instant since 1970."""
SECONDS = re.compile(r"\d+(\.\d+)?")
POLICY = re.compile(r'"[^"]*"([^,"]*)')
SECONDARY_WAIT = 60.0
"""What GitHub asks for when a secondary limit names no time."""
SECONDARY_TEXTS = (b"secondary rate limit", b"rate limit exceeded", b"abuse detection")


def retry_after(headers: Headers, now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for: 0 for a date gone by, None for words and the like.

    More than a day is taken for a fault of the server and comes as a minute.
    """
    seconds = _stated(headers, now)
    return SECONDARY_WAIT if seconds is not None and seconds > BELIEVABLE else seconds


def unbelievable(headers: Headers, now: datetime) -> bool:
    """Return whether there is a Retry-After that makes no sense or asks for more than a day."""
    seconds = _stated(headers, now)
    return bool(headers.get("retry-after", "").strip()) and (seconds is None or seconds > BELIEVABLE)


def quota_wait(headers: Headers, now: datetime) -> float | None:
    """Return the seconds until a used-up quota (remaining 0) is filled again; None while there is some left.

    Jira's newer header ``RateLimit`` names several quotas at once, and the one that takes longest decides. What comes
    as ``Beta-RateLimit`` is announced and not enforced, so nobody waits for it.
    """
    used_up = [seconds for left, seconds in _policies(headers.get("ratelimit", "")) if left < 1]
    if used_up:
        longest = max(used_up)
        return longest if longest <= BELIEVABLE else None
    remaining = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "")).strip()
    if not SECONDS.fullmatch(remaining) or float(remaining) >= 1:
        return None
    stated = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", "")).strip()
    seconds = _reset_seconds(stated, headers, now)
    if seconds is None and SECONDS.fullmatch(headers.get("x-ratelimit-interval-seconds", "")):
        seconds = float(headers["x-ratelimit-interval-seconds"])  # Jira Data Center refills its bucket by then
    return seconds if seconds is not None and seconds <= BELIEVABLE else None


def near_limit(headers: Headers) -> bool:
    """Return whether Jira warns that less than a fifth of the quota is left."""
    return headers.get("x-ratelimit-nearlimit", "").strip().lower() == "true"


def is_burst(headers: Headers) -> bool:
    """Return whether a limit is one of Jira's for a single endpoint, so that others need not wait.

    Jira names three regimes in RateLimit-Reason: quotas of points an hour (``jira-quota-global-based``,
    ``jira-quota-tenant-based``), which are for everything, bursts a second and endpoint (``jira-burst-based``), and
    writes to one issue (``jira-per-issue-on-write``).
    """
    return headers.get("ratelimit-reason", "").strip().lower() in {"jira-burst-based", "jira-per-issue-on-write"}


def asked_wait(status: int, headers: Headers, body: bytes, now: datetime) -> float | None:
    """Return the least seconds to wait when this answer is a "slow down", 0 when it names none; None when it is not.

    A 403 is one when it says so: by Retry-After, by a quota used up, or in words (GitHub's secondary limits). A
    Retry-After of 0 says nothing there and with a 503: Jira Data Center sends it with each answer while it has tokens
    left.
    """
    stated, quota = retry_after(headers, now), quota_wait(headers, now)
    asked = max((seconds for seconds in (stated, quota) if seconds is not None), default=None)
    if status == 429:
        return asked if asked is not None else _unstated(headers)
    if status == 403:
        if not asked and any(text in body[:4096].lower() for text in SECONDARY_TEXTS):
            return SECONDARY_WAIT
        return asked or None
    if status == 503:
        return stated or None
    return None


def _stated(headers: Headers, now: datetime) -> float | None:
    stated = headers.get("retry-after", "").strip()
    if SECONDS.fullmatch(stated):
        return float(stated)
    return _seconds_until(_http_date(stated), headers, now)


def _unstated(headers: Headers) -> float:
    return SECONDARY_WAIT if "x-github-request-id" in headers else 0.0


def _policies(stated: str) -> list[tuple[float, float]]:
    """Return what is left of each quota and the seconds until it is filled, of ``"hourly";r=50;t=30, "burst";r=0;t=1``.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    found = []
    for item in POLICY.findall(stated):
        said = dict(part.split("=", 1) for part in item.replace(" ", "").split(";") if "=" in part)
        if SECONDS.fullmatch(said.get("r", "")) and SECONDS.fullmatch(said.get("t", "")):
            found.append((float(said["r"]), float(said["t"])))
    return found


def _reset_seconds(stated: str, headers: Headers, now: datetime) -> float | None:
    if SECONDS.fullmatch(stated):
        value = float(stated)
        if value < EPOCH_FROM:
            return value
        return _seconds_until(datetime.fromtimestamp(value, UTC), headers, now) if value < 1e11 else None
    try:
        return _seconds_until(datetime.fromisoformat(stated), headers, now)
    except ValueError:
        return None


def _seconds_until(instant: datetime | None, headers: Headers, now: datetime) -> float | None:
    """Return how far off an instant of the server is, by the server's own clock where it tells it, never negative."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    here = _http_date(headers.get("date", "")) or now
    return max(0.0, (instant - here).total_seconds())


def _http_date(stated: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

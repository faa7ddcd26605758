"""What ``okrsync check`` tells about a Jira account."""

from __future__ import annotations

from datetime import date, datetime

from connectors.jira.metadata import Account
from connectors.jira.options import JiraOptions, Login
from connectors.port import Identity

WARN_DAYS = 30


def identity_of(account: Account, options: JiraOptions, now: datetime) -> Identity:
    """Return who we are; ``detail["warning"]`` is there from a month before the token ends."""
    detail = {
        "time zone": account.time_zone,
        "deployment": account.deployment,
        "version": account.version,
        "login": options.login.value,
    }
    if options.login is Login.CLIENT:
        detail["token"] = "lasts an hour at most and is renewed by itself"  # noqa: S105 - a sentence for people
    if options.token_expires_on is not None:
        detail["token"] = f"ends on {options.token_expires_on}"
        detail["warning"] = _warning(options.token_expires_on, now.date())
    server = f"{account.site} at {options.url}" if account.site else options.url
    named = options.email or options.username
    return Identity(
        account=f"{account.name} ({named})" if named else account.name,
        server=server,
        detail={name: value for name, value in detail.items() if value},
    )


def _warning(ends_on: date, today: date) -> str:
    days = (ends_on - today).days
    if days > WARN_DAYS:
        return ""
    if days <= 0:
        return f"its token ended on {ends_on} by what token_expires_on says: make a new one and renew the date"
    return f"its token ends on {ends_on}, in {days} day{'s' if days > 1 else ''}: make a new one before"

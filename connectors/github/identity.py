"""Who we are at GitHub, until when, and what may still be asked this hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.github.client import GitHubClient, User
from connectors.github.options import GitHubOptions
from connectors.port import Identity

EXPIRY = "github-authentication-token-expiration"
SOON = timedelta(days=14)
SHAPES = ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %z")
"""``2026-12-01 08:00:00 UTC`` and ``2026-12-01 08:00:00 +0100``."""


async def identify(client: GitHubClient, options: GitHubOptions) -> Identity:
    """Return the account, when its credential ends, and what is left of the quotas.

    Raises:
        FixConfigError: GitHub refuses the credential.
    """
    account, detail = await _account(client, options)
    rates = await client.rate_limit()
    for name in ("core", "graphql"):
        if name in rates:
            detail[f"{name} requests left"] = f"{rates[name].remaining} of {rates[name].limit}"
    return Identity(account=account, server=client.server, detail=detail)


async def _account(client: GitHubClient, options: GitHubOptions) -> tuple[str, dict[str, str]]:
    if client.app is not None:
        return await _app(client)
    if options.token is None:
        return "anonymous", {"reads": "public repositories only"}
    reply = await client.user()
    detail = {}
    if expires := reply.headers.get(EXPIRY):
        detail["token expires"] = _with_days(expires, client.now())
        if (at := expires_at(expires)) is not None and at - client.now() < SOON:
            detail["warning"] = f"the token ends on {at:%Y-%m-%d}: make a new one before that, or syncs will fail"
    if scopes := reply.headers.get("x-oauth-scopes"):
        detail["scopes"] = scopes
    # "Resource not accessible by integration": the token of an App's installation belongs to no user.
    return ("App installation" if reply.status == 403 else reply.decode(User).login), detail


async def _app(client: GitHubClient) -> tuple[str, dict[str, str]]:
    if client.app is None:
        raise RuntimeError("asked for the App of a connection that has none")
    app = await client.app.app()
    found = await client.app.installation()
    owner = found.account.login if found.account else "?"
    return f"{app.slug}[bot]", {"App installed for": owner, "installation": str(found.id)}


def _with_days(expires: str, now: datetime) -> str:
    """Return an instant of expiry with the days until then: ``2026-12-01 08:00:00 UTC (in 9 days)``."""
    at = expires_at(expires)
    if at is None:
        return expires
    days = (at - now).days
    ahead = "today" if days == 0 else f"in {days} day{'s' if days != 1 else ''}"
    return f"{expires} ({ahead if at > now else 'expired'})"


def expires_at(text: str) -> datetime | None:
    """Return the instant in GitHub's header about a token's end; None when it is written in a new way.

    >>> expires_at("2026-12-01 08:00:00 UTC").isoformat()
    '2026-12-01T08:00:00+00:00'
    """
    for shape in SHAPES:
        try:
            at = datetime.strptime(text.strip(), shape)  # noqa: DTZ007 - made aware on the next line where it is not
        except ValueError:
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None

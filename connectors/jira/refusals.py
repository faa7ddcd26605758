"""What Jira's refusals mean, in words that say what to do; one place for the shared client and the jira library."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from connectors.jira.options import JiraOptions
from connectors.reply import Reply
from mapping.errors import FixConfigError

TOKENS_PAGE = "https://id.atlassian.com/manage-profile/security/api-tokens"
LOGIN_REASON = "x-seraph-loginreason"
DENIED_REASON = "x-authentication-denied-reason"


class LoginTrouble(Enum):
    """Why a login did not count."""

    REFUSED = "refused"
    CAPTCHA = "captcha"
    """After several failed logins Jira wants to see a person."""


class NotThereError(FixConfigError):
    """Jira answered 404: nothing of that name, or nothing that the account may see."""


def refusal(reply: Reply, options: JiraOptions) -> FixConfigError:
    """Return the error for an answer of 400 and above that is neither busy nor away."""
    login = refused_login(reply, options)
    if login is not None:
        return login
    who, says = f"{reply.connection}: Jira", reply.says()
    said = f" ({says})" if says else ""
    match reply.status:
        case 401:
            return _refused_token(reply.connection, options)
        case 403:
            what = f"does not let {options.email} read {reply.url} (403){said}: give the account that permission"
        case 404:
            return NotThereError(
                f"{who} has nothing at {reply.url} that {options.email} may see (404){said}: check url and permissions"
            )
        case 410:
            what = f"has removed {reply.url} (410){said}: look for a newer okrsync"
        case _:
            what = f"refuses {reply.url} ({reply.status}){said}: check the config of connection {reply.connection}"
    return FixConfigError(f"{who} {what}")


def refused_login(reply: Reply, options: JiraOptions) -> FixConfigError | None:
    """Return the error for an answer that Jira gave to nobody in particular, whatever its status; None for others.

    With an expired token, what may be read anonymously is answered with 200: a search then finds nothing at all, and
    the only sign is a header (https://github.com/MrRefactoring/jira.js/issues/418). Taken for an answer, it would empty
    every key result.
    """
    trouble = login_trouble(reply.headers)
    if trouble is LoginTrouble.CAPTCHA:
        return FixConfigError(
            f"{reply.connection}: Jira asks {options.email} to solve a CAPTCHA after failed logins: "
            f"log in once at {options.url} in a browser, then check the token"
        )
    return _refused_token(reply.connection, options) if trouble is LoginTrouble.REFUSED else None


def login_trouble(headers: Mapping[str, str]) -> LoginTrouble | None:
    """Return what an answer's headers say against our login; None when nothing."""
    reason = headers.get(LOGIN_REASON, "").upper()
    if "CAPTCHA" in headers.get(DENIED_REASON, "").upper() or "AUTHENTICATION_DENIED" in reason:
        return LoginTrouble.CAPTCHA
    return LoginTrouble.REFUSED if "AUTHENTICATED_FAILED" in reason else None


def _refused_token(connection: str, options: JiraOptions) -> FixConfigError:
    scoped = "" if options.api_url else "; a token with scopes also needs api_url"
    return FixConfigError(
        f"{connection}: Jira at {options.url} refuses the e-mail or token of {options.email}: "
        f"tokens expire after a year at most, make a new one at {TOKENS_PAGE}{scoped}"
    )

"""What Jira's refusals mean, in words that say what to do; one place for the shared client and the jira library."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from connectors.jira.options import JiraOptions, Login
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


class QueryRefusedError(FixConfigError):
    """Jira does not accept a query."""


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
            what = f"does not let {options.account} read {reply.url} (403){said}: give the account that permission"
        case 404:
            return NotThereError(
                f"{who} has nothing at {reply.url} that {options.account} may see (404){said}: "
                "check url and permissions"
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
            f"{reply.connection}: Jira asks {options.account} to solve a CAPTCHA after failed logins: "
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
    match options.login:
        case Login.TOKEN:
            scoped = "" if options.api_url or options.at_gateway else "; a token with scopes also needs scoped: true"
            what = f"the e-mail or token of {options.account}: tokens expire after a year at most, make a new one at "
            do = f"{TOKENS_PAGE}{scoped}"
        case Login.PERSONAL:
            what = "the personal access token: it may have expired or been revoked, "
            do = "make a new one in your profile; a token of Cloud also needs email"
        case Login.PASSWORD:
            what = f"the username or password of {options.account}: check them, "
            do = "or make a personal access token, for many servers take no passwords"
        case Login.CLIENT:
            what = f"the token granted to {options.account}: "
            do = "give the service account access to the site and its credential the scope read:jira-work"
    return FixConfigError(f"{connection}: Jira at {options.url} refuses {what}{do}")

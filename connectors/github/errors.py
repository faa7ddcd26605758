"""What GitHub's refusals mean, in words that say what to do."""

from __future__ import annotations

import re

from connectors.reply import Reply
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError


class NoGraphQLError(FixConfigError):
    """The server has no GraphQL API; REST may do."""


_REPO = re.compile(r"/repos/([^/]+/[^/]+)")
_APP = re.compile(r"/app(/installations(/\d+(/access_tokens)?)?)?$|/(orgs|users)/[^/]+/installation$")


def classify(reply: Reply) -> OkrsyncError | None:
    """Return the error for an answer of 400 and above; None leaves it to the general one.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    who, says = f"{reply.connection}: GitHub", f" ({said})" if (said := reply.says()) else ""
    match = _REPO.search(reply.url)
    thing = match[1] if match else reply.url
    match reply.status:
        case 401 if match is None and _APP.search(reply.url):
            return FixConfigError(
                f"{who} refused what the App of connection {reply.connection} signed (401){says}: check app and its "
                "private key, and this machine's clock"
            )
        case 401:
            return FixConfigError(
                f"{who} refused the token of connection {reply.connection} (401){says}: "
                "it is wrong, expired or revoked, make a new one"
            )
        case 403 if "x-github-sso" in reply.headers:
            return FixConfigError(
                f"{who} wants single sign-on before it shows {thing} (403): "
                f"authorise the token of connection {reply.connection} for that organisation in GitHub's token settings"
            )
        case 403:
            return FixConfigError(
                f"{who} does not let connection {reply.connection} read {thing} (403){says}: "
                "give its token read access to issues, pull requests and metadata"
            )
        case 404:
            return not_visible(reply.connection, thing)
        case 410:
            return FixConfigError(f"{who} has no issues at {thing} (410){says}: they are switched off there")
        case 422 if "paginat" in says.lower():
            return PartialReadError(
                f"{who} ends the list of {thing} before its last page (422){says}: "
                "narrow the selection by labels, milestone or since, or set via: graphql on the connection"
            )
    return None


def not_visible(connection: str, repo: str) -> FixConfigError:
    """Return the error for something that is not there, or not there for us: GitHub answers both alike."""
    return FixConfigError(
        f"{connection}: GitHub shows no {repo} (404): check how it is written, and that the token of connection "
        f"{connection} may read it; GitHub answers 404 for both"
    )


def issues_off(connection: str, repo: str) -> FixConfigError:
    """Return the error for a repository without issues."""
    return FixConfigError(f"{connection}: issues are switched off in {repo}: select another repository")

"""What Asana's refusals mean, in words that say what to do.

https://developers.asana.com/docs/errors
"""

from __future__ import annotations

from connectors.reply import Reply
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError

HIDDEN = 403
GONE = 404
_TOKEN_WORDS = ("pagination", "offset")


class RefusedError(FixConfigError):
    """Asana refuses one thing; whoever asked knows better than the address how people call it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[type[RefusedError], tuple[str, int]]:
        """Let it be copied, as errors of tasks are."""
        return type(self), (str(self), self.status)


def classify(reply: Reply) -> OkrsyncError | None:
    """Return the error for an answer of 400 and above; None leaves it to the general one."""
    who, says = f"{reply.connection}: Asana", f" ({said})" if (said := reply.says()) else ""
    thing = reply.url.rpartition("/api/1.0/")[2]
    match reply.status:
        case 400 if any(word in says.lower() for word in _TOKEN_WORDS):
            return PartialReadError(
                f"{who} no longer takes its own token for the next page of {thing} (400){says}: "
                "tokens last for some minutes, the next run reads the list anew"
            )
        case 400:
            return RefusedError(
                f"{who} does not understand what is asked of {thing} (400){says}: check the rule's gids and names", 400
            )
        case 401:
            return FixConfigError(
                f"{who} refuses the token of connection {reply.connection} (401){says}: "
                "it is wrong or revoked, make a new one in Asana's developer console"
            )
        case 402:
            return RefusedError(
                f"{who} wants a paid plan for {thing} (402){says}: the account's plan lacks this feature, "
                "choose another selection or an account with that plan",
                402,
            )
        case 403:
            return RefusedError(
                f"{who} does not let connection {reply.connection} read {thing} (403){says}: "
                "share it with the token's account, or give the token its scopes",
                HIDDEN,
            )
        case 404:
            return RefusedError(
                f"{who} has no record of {thing} (404){says}: it was deleted, or the gid is not one of these", GONE
            )
    return None


def refused(connection: str, what: str, error: RefusedError) -> FixConfigError:
    """Return the error for a thing that people know by its name."""
    match error.status:
        case 402:
            do = "the account's plan lacks this feature, choose another selection or an account with that plan"
            return FixConfigError(f"{connection}: Asana wants a paid plan for {what} (402): {do}")
        case 403:
            do = "share it with the token's account"
            return FixConfigError(f"{connection}: Asana does not show {what} to connection {connection} (403): {do}")
        case 404:
            do = "it was deleted, or its gid is another; a name of digits only is taken for a gid"
            return FixConfigError(f"{connection}: Asana has no record of {what} (404): {do}")
    return error

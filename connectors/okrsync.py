"""Another okrsync server as a destination: a team's key results reach the company's store over its REST API.

Each row of the outbox is one PUT under its id, so that the other side tells a repetition and repeating does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from pydantic import Field, SecretStr, field_validator

from connectors.addresses import plain_address
from connectors.destination import DestinationKind, Write
from connectors.http import HttpClient
from connectors.port import OptionsModel, Surroundings
from connectors.reply import Reply
from mapping.delivery import VALUE, Held, Update, shown
from mapping.errors import FixConfigError, OkrsyncError
from mapping.plain import plain
from mapping.report import report_of


class OkrsyncOptions(OptionsModel):
    """What may stand in a destination beside ``to: okrsync``."""

    url: str = Field(description="Address of the other server's page; https, or http on this machine.")
    token: SecretStr = Field(description="Made there by `okrsync token create NAME --scope write`.")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return plain_address(value, "https://okrs.example.com", sends="the token").rstrip("/")


class _Token(msgspec.Struct):
    name: str
    scope: str


class _Trial(msgspec.Struct):
    known: bool
    value: str | None


class OkrsyncServer:
    """One other server."""

    at_once = 1

    def __init__(self, options: OkrsyncOptions, surroundings: Surroundings) -> None:
        self._url = options.url
        self._token: _Token | None = None
        self._http = HttpClient(
            base_url=options.url,
            vendor="okrsync",
            headers={"authorization": SecretStr(f"Bearer {options.token.get_secret_value().strip()}")},
            surroundings=surroundings,
            classify=classify,
        )

    async def read(self, _target: str, update: Update) -> Held:
        """Return what will be reported; the other side tells a repetition by its id, and people there outrank it."""
        value = "nothing" if update.value is None else str(plain(update.value))
        return Held(wanted={VALUE: f"{value} ({update.status})"}, blind=True)

    async def write(self, writes: Sequence[Write]) -> None:
        """Report each."""
        for each in writes:
            path = f"{_path(each.update.key_result)}/check-ins/{each.id}"
            await self._http.request("PUT", path, json=plain(report_of(each.update)))

    async def probe(self, _target: str, update: Update) -> str:
        """Ask whose the token is and whether a report would be taken; the server writes nothing."""
        if self._token is None:
            self._token = (await self._http.get("/api/v1/token")).decode(_Token)
        reply = await self._http.post(f"{_path(update.key_result)}/trial", json=plain(report_of(update)))
        trial = reply.decode(_Trial)
        stands = "is new there" if not trial.known else f"has {VALUE} {shown(trial.value)}"
        return f"{stands} and would be taken from {self._token.name}"

    def describe(self, target: str) -> str:
        """Return where it is."""
        return f"{target} at {self._url}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _path(address: str) -> str:
    objective, _, key_result = address.partition("/")
    return f"/api/v1/key-results/{quote(objective)}/{quote(key_result)}"


def classify(reply: Reply) -> OkrsyncError | None:
    """Return the error for an answer of 400 and above; None leaves it to the general one."""
    says = f" ({said})" if (said := reply.says()) else ""
    who = f"{reply.connection}: okrsync"
    match reply.status:
        case 401:
            return FixConfigError(f"{who} does not know the token (401): make one there, okrsync token create NAME")
        case 403:
            return FixConfigError(f"{who} does not let this token report here (403){says}")
        case 404:
            return FixConfigError(f"{who} has no REST API at this address (404): check url, and its version")
        case 409 | 422:
            return FixConfigError(f"{who} does not take the report ({reply.status}){says}")
    return None


DESTINATION = DestinationKind(
    name="okrsync",
    title="Another okrsync server, over its REST API",
    options=OkrsyncOptions,
    open=OkrsyncServer,
)

"""A signed HTTP webhook as a destination, by the rules of Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

The id is that of the row in the outbox: a receiver that sees it twice has seen a repetition.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import msgspec
from pydantic import Field, SecretStr, field_validator

from connectors.addresses import plain_address, without_query
from connectors.destination import DestinationKind, Write
from connectors.http import HttpClient
from connectors.port import OptionsModel, Surroundings
from mapping.delivery import VALUE, Held, Update
from mapping.errors import FixConfigError
from mapping.plain import Plain, plain

TYPE, RETIRED = "key_result.updated", "key_result.retired"
MOVED = frozenset({301, 308})
SHORTEST = 24
"""Bytes of a secret, as the specification asks."""


class WebhookOptions(OptionsModel):
    """What may stand in a destination beside ``to: webhook``."""

    url: str = Field(description="Where the updates are posted to; https, or http on this machine.")
    secret: SecretStr = Field(
        description="Key of the signature: whsec_ and base64 of 24 to 64 random bytes; write ${HOOK_SECRET}."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return plain_address(value, "https://hooks.example.com/okrs", sends="everything", query=True)

    @field_validator("secret")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        try:
            size = len(binascii.a2b_base64(value.get_secret_value().removeprefix("whsec_") + "=="))
        except binascii.Error:
            size = 0
        if size < SHORTEST:
            raise ValueError(f"is no key: make one with `openssl rand -base64 32`, {SHORTEST} bytes at least")
        return value


class Webhook:
    """One receiver."""

    at_once = 1
    hears_of_retired = True

    def __init__(self, options: WebhookOptions, surroundings: Surroundings) -> None:
        parts = urlsplit(options.url)
        self._where = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._bare = parts.path or "/"
        self._path = self._bare + (f"?{parts.query}" if parts.query else "")
        self._secret = options.secret
        self._now = surroundings.now
        self._answered = ""
        self._http = HttpClient(
            base_url=f"{parts.scheme}://{parts.netloc}", vendor="the webhook", headers={}, surroundings=surroundings
        )

    async def read(self, _target: str, update: Update) -> Held:
        """Return what will be told; nobody can ask a webhook what it was told before."""
        value = "nothing" if update.value is None else str(plain(update.value))
        stands = "retired" if update.retired else update.status
        return Held(wanted={VALUE: f"{value} ({stands})"}, blind=True)

    async def write(self, writes: Sequence[Write]) -> None:
        """Post each update, signed. A redirect is refused: the body would go where nobody meant it to."""
        for each in writes:
            body = payload(each.update)
            now = self._now().astimezone(UTC)
            await self._http.request(
                "POST",
                self._path,
                json=body,
                headers=signed(self._secret, each.id, now, body),
                idempotent=False,
                expect_json=False,
            )

    async def probe(self, _target: str, _update: Update) -> str:
        """Ask what the server offers there, without query or body: no receiver takes that for an event.

        https://www.rfc-editor.org/rfc/rfc9110#name-options: any answer tells that name, guard, certificate and server
        are as they should be. Whether it takes events, and this secret, it does not tell.
        """
        if self._answered:
            return self._answered
        reply = await self._http.request("OPTIONS", self._bare, accept=range(300, 600), expect_json=False)
        if reply.status in MOVED:
            where = without_query(urljoin(reply.url, reply.headers.get("location", "")))
            raise FixConfigError(
                f"{reply.connection}: {self._where} has moved to {where} ({reply.status}), and events follow no "
                "redirect: set url to the new address"
            )
        secure = ", its certificate is trusted" if self._where.startswith("https:") else ""
        self._answered = (
            f"answers (OPTIONS: {reply.status}){secure}; whether it takes events shows at the first delivery"
        )
        return self._answered

    def describe(self, _target: str) -> str:
        """Return where it is, without its query."""
        return self._where

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def payload(update: Update) -> dict[str, Plain]:
    """Return the body of a webhook: what happened, when, and how the key result stands now."""
    return {
        "type": RETIRED if update.retired else TYPE,
        "timestamp": plain(update.at),
        "data": {
            "key_result": update.key_result,
            "title": update.title,
            "objective": {"id": update.objective, "title": update.objective_title, "team": update.team},
            "cycle": update.cycle.id,
            "owner": update.owner,
            "value": plain(update.value),
            "unit": plain(update.metric.unit),
            "baseline": plain(update.metric.baseline),
            "target": plain(update.metric.target),
            "progress": plain(update.progress),
            "status": plain(update.status),
            "confidence": plain(update.confidence),
            "author": update.author,
            "note": update.note,
        },
    }


def signed(secret: SecretStr, id_: str, now: datetime, body: object) -> dict[str, str | SecretStr]:
    """Return the three headers of Standard Webhooks for a body as the shared client encodes it."""
    from standardwebhooks import Webhook as Signer

    text = msgspec.json.encode(body).decode()
    signature = Signer(secret.get_secret_value()).sign(id_, now, text)
    return {"webhook-id": id_, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


DESTINATION = DestinationKind(
    name="webhook",
    title="Signed HTTP webhook (Standard Webhooks)",
    options=WebhookOptions,
    open=Webhook,
)

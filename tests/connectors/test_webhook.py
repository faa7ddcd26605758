"""The webhook: signed by Standard Webhooks, sent once, never along a redirect, never to an address inside."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook as Receiver

from connectors.destination import Write
from connectors.guard import PUBLIC_ONLY, Guard
from connectors.webhook import Webhook, WebhookOptions
from mapping.errors import FixConfigError, TryAgainError
from tests.connectors.asana.test_goals import UPDATE
from tests.connectors.clock import ON_LOOPBACK, FakeClock, Handler, surroundings

SECRET = "whsec_" + base64.b64encode(b"a made-up secret of 32 bytes ....").decode()
URL = "https://localhost/okrs?team=7"


def send(handler: Handler | None, *, url: str = URL, guard: Guard = ON_LOOPBACK) -> None:
    async def run() -> None:
        clock = FakeClock(instant=datetime.now(UTC))  # the library holds the time against its own clock
        options = WebhookOptions.model_validate({"url": url, "secret": SECRET})
        there = Webhook(options, surroundings(handler, clock, guard=guard))
        held = await there.read("launch/epic", UPDATE)
        assert held.blind
        try:
            await there.write([Write(id="row-1", target="launch/epic", update=UPDATE, held=held, parts=("value",))])
        finally:
            await there.aclose()

    asyncio.run(run())


def test_a_receiver_can_verify_what_it_is_sent_and_tell_a_repetition_by_the_id() -> None:
    seen: list[httpx.Request] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    send(receive)
    (request,) = seen
    assert str(request.url) == URL
    told = Receiver(SECRET).verify(request.content, dict(request.headers))
    assert request.headers["webhook-id"] == "row-1"
    assert told["type"] == "key_result.updated"
    assert told["data"]["key_result"] == "launch/epic"
    assert (told["data"]["value"], told["data"]["status"]) == ("0.256", "at_risk")
    assert json.loads(request.content) == told


def test_a_busy_receiver_is_asked_again_later_and_not_at_once() -> None:
    count = 0

    def receive(_request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(503)

    with pytest.raises(TryAgainError):
        send(receive)
    assert count == 1


def test_a_redirect_is_refused_with_the_body_unsent() -> None:
    seen: list[str] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(307, headers={"location": "https://elsewhere.example/okrs"})

    with pytest.raises(FixConfigError, match=r"sends https://localhost/okrs on to https://elsewhere\.example/okrs"):
        send(receive)
    assert seen == [URL]


def test_an_address_inside_is_refused() -> None:
    with pytest.raises(FixConfigError):
        send(lambda _request: httpx.Response(204), url="https://169.254.169.254/", guard=PUBLIC_ONLY)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"url": "http://hooks.example.com/", "secret": SECRET}, "would send everything in clear"),
        ({"url": "hooks.example.com", "secret": SECRET}, "is no plain address"),
        ({"url": URL, "secret": "whsec_short"}, "is no key"),
    ],
)
def test_what_cannot_be_safe_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        WebhookOptions.model_validate(given)


def test_the_secret_is_shown_nowhere() -> None:
    options = WebhookOptions.model_validate({"url": URL, "secret": SECRET})
    assert SECRET not in repr(options)
    assert SECRET.removeprefix("whsec_") not in repr(replace(UPDATE))

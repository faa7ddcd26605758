"""Credentials that do not last for a whole run."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest
from pydantic import SecretStr

from connectors.http import HeaderValues, HttpClient
from mapping.errors import FixConfigError
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import CANARY, assert_no_canary


class Tokens:
    """Lends ``first``, ``second`` and so on, a new one after each 401 as long as ``spare`` are left."""

    def __init__(self, spare: int = 1) -> None:
        self.spare = spare
        self.number = 1

    async def headers(self) -> HeaderValues:
        return {"authorization": SecretStr(f"Bearer {CANARY}-{self.number}")}

    def refused(self) -> bool:
        self.spare -= 1
        self.number += 1
        return self.spare >= 0


def client(server: httpx.MockTransport, tokens: Tokens, headers: Mapping[str, str] | None = None) -> HttpClient:
    return HttpClient(
        base_url="https://vendor.test",
        vendor="Vendor",
        headers=headers or {},
        surroundings=surroundings(server, FakeClock()),
        authority=tokens,
    )


def takes(*tokens: str) -> httpx.MockTransport:
    def server(request: httpx.Request) -> httpx.Response:
        fine = request.headers["authorization"] in {f"Bearer {CANARY}-{token}" for token in tokens}
        return httpx.Response(200 if fine else 401, json={"fine": fine, "message": request.headers["authorization"]})

    return httpx.MockTransport(server)


async def test_a_lent_credential_goes_with_the_request() -> None:
    reply = await client(takes("1"), Tokens()).get("/things")
    assert reply.status == 200


async def test_a_credential_that_ended_on_the_way_is_exchanged_for_a_new_one() -> None:
    http = client(takes("2"), Tokens(spare=1))
    assert (await http.get("/things")).status == 200
    assert http.sent == 2


async def test_a_credential_refused_again_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(FixConfigError) as caught:
        await client(takes("9"), Tokens(spare=1)).get("/things")
    assert "401" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_request_with_a_credential_of_its_own_borrows_none_and_keeps_it_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    http = client(takes("own"), Tokens(spare=0))
    reply = await http.get("/things", headers={"Authorization": SecretStr(f"Bearer {CANARY}-own")})
    assert reply.status == 200
    with pytest.raises(FixConfigError) as caught:
        await http.get("/things", headers={"Authorization": SecretStr(f"Bearer {CANARY}-wrong")})
    assert_no_canary(caught.value, caplog)


async def test_a_redirect_that_the_caller_wants_to_see_is_not_followed() -> None:
    moved = httpx.MockTransport(lambda request: httpx.Response(301, json={}, headers={"location": "/elsewhere"}))
    reply = await client(moved, Tokens()).request("GET", "/things", accept=(301,))
    assert (reply.status, reply.headers["location"]) == (301, "/elsewhere")

"""Each way of logging in: what is sent, where to, and what happens when it ends on the way."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from connectors.jira import JiraOptions, JiraSource
from connectors.jira.options import Login
from mapping.errors import FixConfigError, PartialReadError
from mapping.words import Selection
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.contract import CANARY, assert_no_canary
from tests.connectors.jira.replay import SEARCH, Site, error, issue
from tests.connectors.served import Answer, Asked

PROJECT = Selection.of("jira", {"project": "CHK"})
URL = {"url": "https://acme.atlassian.net"}
CLOUD_ID = "1324a887-45db-1bf4-1e99-ef0ff456d421"
CLIENT = {"client_id": "s3rv1ce", "client_secret": CANARY}
GATEWAY = f"/ex/jira/{CLOUD_ID}"


class TestOptions:
    @pytest.mark.parametrize(
        ("said", "login"),
        [
            ({"email": "a@acme.test", "token": "t0k3n"}, Login.TOKEN),
            ({"token": "t0k3n"}, Login.PERSONAL),
            ({"username": "sync", "password": "s3cret"}, Login.PASSWORD),
            ({"client_id": "abc", "client_secret": "s3cret"}, Login.CLIENT),
        ],
    )
    def test_each_set_of_options_is_one_login(self, said: dict[str, str], login: Login) -> None:
        assert JiraOptions.model_validate(URL | said).login is login

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({}, "exactly one of token, password, client_secret; there is none"),
            ({"email": "a@acme.test"}, "there is none"),
            ({"token": "t", "username": "u", "password": "p"}, "there is token and password"),
            ({"token": "t", "client_secret": "p", "client_id": "c"}, "there is token and client_secret"),
            ({"email": "a@acme.test", "username": "u", "password": "p"}, "email goes with token"),
            ({"token": "t", "username": "u"}, "username goes with password"),
            ({"token": "t", "client_id": "u"}, "client_id goes with client_secret"),
            ({"password": "p"}, "password needs username"),
            ({"client_secret": "p"}, "client_secret needs client_id"),
            ({"username": "u", "password": "p", "scoped": True}, "which has no gateway"),
            ({"token": "t", "api_url": "https://x.test", "cloud_id": "1"}, "leave out cloud_id and scoped"),
            ({"username": "u", "password": "p", "token_expires_on": "2026-12-01"}, "about a token, and there is none"),
            ({"token": "t", "cloud_id": "a/../b"}, "String should match pattern"),
            ({"token": "t", "story_points": "x", "board": 3}, "leave one out"),
        ],
    )
    def test_a_mixture_is_refused(self, said: dict[str, object], why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            JiraOptions.model_validate(URL | said)


def behind_the_gateway(site: Site, tokens: list[str]) -> None:
    """Let a site answer under the gateway's path alone, for the granted tokens that still count."""

    def answer(asked: Asked) -> Answer | None:
        if asked.path == "/_edge/tenant_info":
            return Answer({"cloudId": CLOUD_ID})
        if asked.path == "/oauth/token":
            return Answer(
                {"access_token": f"{CANARY}-{len(granted(site))}", "expires_in": 3600, "token_type": "Bearer"}
            )
        if not asked.path.startswith(GATEWAY):
            return error("only at the gateway", status=404)
        if asked.headers["authorization"] not in tokens:
            return error("expired", status=401)
        return site._right_answer(replace(asked, path=asked.path.removeprefix(GATEWAY)))

    site.faults.append(answer)


def granted(site: Site) -> list[Asked]:
    return site.to("/oauth/token")


@asynccontextmanager
async def connected(address: str, clock: FakeClock, **said: object) -> AsyncIterator[JiraSource]:
    options = JiraOptions.model_validate(
        {"url": address, "gateway": address, "token_url": f"{address}/oauth/token"} | said
    )
    source = JiraSource(options, surroundings(clock=clock, connection="jira"))
    yield source
    await source.aclose()


async def census(source: JiraSource) -> list[str]:
    return [id_ async for page in source.census(PROJECT, frozenset(), print) for id_ in page.ids]


class TestScoped:
    async def test_the_gateways_address_is_looked_up_and_the_account_goes_there(
        self, site: Site, address: str, clock: FakeClock
    ) -> None:
        site.issues = [issue(1)]
        header = "Basic " + base64.b64encode(f"a@acme.test:{CANARY}".encode()).decode()
        behind_the_gateway(site, [header])
        async with connected(address, clock, email="a@acme.test", token=CANARY, scoped=True) as source:
            assert await census(source) == ["10001"]
            assert (await source.identify()).account == "Sync (a@acme.test)"
            assert source.requests() == len(site.asked)
        asked = site.to("/_edge/tenant_info")
        assert len(asked) == 1
        assert "authorization" not in asked[0].headers  # everybody may know it

    async def test_a_cloud_id_spares_the_look_up(self, site: Site, address: str, clock: FakeClock) -> None:
        behind_the_gateway(site, [f"Bearer {CANARY}"])
        async with connected(address, clock, token=CANARY, cloud_id=CLOUD_ID) as source:
            assert await census(source) == []
        assert [asked.path for asked in site.asked] == [GATEWAY + SEARCH]

    async def test_a_site_that_tells_no_id_is_named(self, site: Site, address: str, clock: FakeClock) -> None:
        site.faults.append(lambda _asked: Answer({"nothing": "here"}))
        async with connected(address, clock, token=CANARY, scoped=True) as source:
            with pytest.raises(FixConfigError, match="does not tell its cloud id: check url, or write cloud_id"):
                await census(source)


class TestClientCredentials:
    async def test_a_token_is_granted_once_and_used_for_everything(
        self, site: Site, address: str, clock: FakeClock
    ) -> None:
        behind_the_gateway(site, [f"Bearer {CANARY}-1"])
        async with connected(address, clock, **CLIENT) as source:
            await census(source)
            await source.fingerprint(frozenset({"story_points"}))
            identity = await source.identify()
        assert [asked.body for asked in granted(site)] == [
            {"grant_type": "client_credentials", "client_id": "s3rv1ce", "client_secret": CANARY}
        ]
        assert identity.detail["token"].startswith("lasts an hour")

    async def test_it_is_renewed_before_it_ends(self, site: Site, address: str, clock: FakeClock) -> None:
        behind_the_gateway(site, [f"Bearer {CANARY}-1", f"Bearer {CANARY}-2"])
        async with connected(address, clock, **CLIENT) as source:
            await census(source)
            clock.elapsed += 3400
            await census(source)
            assert len(granted(site)) == 1
            clock.elapsed += 100  # 100 seconds before the end a long read might not get through any more
            await census(source)
        assert len(granted(site)) == 2
        assert site.asked[-1].headers["authorization"] == f"Bearer {CANARY}-2"

    async def test_one_that_ends_early_in_the_middle_of_reading_is_renewed_for_all_reads_in_flight(
        self, site: Site, address: str, clock: FakeClock
    ) -> None:
        site.issues = [issue(number) for number in range(800)]
        valid = [f"Bearer {CANARY}-1"]
        behind_the_gateway(site, valid)
        async with connected(address, clock, **CLIENT) as source:
            ids = await census(source)
            clock.elapsed += 120
            valid[:] = [f"Bearer {CANARY}-2"]
            found = [item.id async for items in source.by_ids(ids, frozenset(), print) for item in items]
            assert sorted(found) == sorted(ids)
            clock.elapsed += 120
            valid[:] = [f"Bearer {CANARY}-3"]
            await source.fingerprint(frozenset())  # the jira library's reads renew it too
        assert len(granted(site)) == 3

    async def test_one_that_never_counts_ends_as_what_it_is(self, site: Site, address: str, clock: FakeClock) -> None:
        behind_the_gateway(site, [])
        async with connected(address, clock, **CLIENT) as source:
            with pytest.raises(FixConfigError, match="refuses the token granted to client s3rv1ce: give the service"):
                await census(source)
            with pytest.raises(FixConfigError, match="refuses the token granted to client s3rv1ce: give the service"):
                await source.fingerprint(frozenset())

    @pytest.mark.parametrize("code", [400, 401, 403])
    async def test_a_refused_secret_is_told_without_showing_it(
        self, site: Site, address: str, clock: FakeClock, code: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        site.faults.append(
            lambda asked: (
                error(f"bad secret {CANARY}", status=code) if asked.path == "/oauth/token" else Answer({"cloudId": "1"})
            )
        )
        async with connected(address, clock, **CLIENT) as source:
            with pytest.raises(FixConfigError, match=r"jira: Atlassian's .* refuses client s3rv1ce") as caught:
                await census(source)
        assert_no_canary(caught.value, caplog)

    async def test_an_answer_without_a_token_is_no_login(self, site: Site, address: str, clock: FakeClock) -> None:
        site.faults.append(lambda asked: Answer({"cloudId": "1"} if "tenant" in asked.path else {"error": "none"}))
        async with connected(address, clock, **CLIENT) as source:
            with pytest.raises(PartialReadError, match="in a shape that okrsync cannot read"):
                await census(source)


class TestTheTokensEnd:
    @pytest.mark.parametrize(
        ("today", "said"),
        [
            (datetime(2026, 11, 1, 12, tzinfo=UTC), None),
            (datetime(2026, 11, 2, 12, tzinfo=UTC), "ends on 2026-12-02, in 30 days: make a new one before"),
            (datetime(2026, 12, 1, 12, tzinfo=UTC), "ends on 2026-12-02, in 1 day: make a new one before"),
            (datetime(2026, 12, 2, 12, tzinfo=UTC), "its token ended on 2026-12-02 by what token_expires_on says"),
        ],
    )
    async def test_it_is_told_from_a_month_before(
        self, options: JiraOptions, today: datetime, said: str | None
    ) -> None:
        options = options.model_copy(update={"token_expires_on": datetime(2026, 12, 2, tzinfo=UTC).date()})
        source = JiraSource(options, surroundings(clock=FakeClock(today), connection="jira"))
        detail = (await source.identify()).detail
        await source.aclose()
        assert detail["token"] == "ends on 2026-12-02"
        assert (said is None) == ("warning" not in detail)
        assert (said or "") in detail.get("warning", "")

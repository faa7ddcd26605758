"""GitHub Apps and tokens: signed statements, tokens of an hour renewed on the way, and when a token ends."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr, ValidationError

from connectors.github import CONNECTOR
from connectors.github.identity import expires_at
from connectors.github.options import GitHubOptions
from connectors.port import Identity
from mapping.errors import FixConfigError
from okrsync.sandbox.github_kinds import App
from tests.connectors.clock import FakeClock, surroundings
from tests.connectors.github.server import Server, refused
from tests.connectors.github.stage import Stage, census, options


@cache
def keys() -> tuple[str, str]:
    """Return a made-up private key and its public one, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def with_app(**installations: int) -> Stage:
    stage = Stage()
    owners = {number: owner for owner, number in (installations or {"acme": 77}).items()}
    stage.site.app = App(
        id=4711, client_id="Iv23sandbox", slug="okrsync-acme", public_key=keys()[1], installations=owners
    )
    return stage


def app_options(**more: object) -> GitHubOptions:
    return GitHubOptions.model_validate({"app": "Iv23sandbox", "private_key": keys()[0]} | more)


async def test_an_app_reads_with_a_token_of_its_only_installation() -> None:
    stage = with_app()
    stage.issue()
    async with stage.source(app_options()) as source:
        assert len((await census(source, repo="acme/shop")).ids) == 1
        identity = await source.identify()
    assert identity.account == "okrsync-acme[bot]"
    assert identity.detail["App installed for"] == "acme"
    assert stage.site.app is not None
    assert len(stage.site.app.tokens) == 1


async def test_the_statement_is_dated_back_a_minute_and_lasts_ten_at_most() -> None:
    stage = with_app()
    async with stage.source(app_options()) as source:
        await source.identify()
    (request,) = [request for request, _, _ in stage.watch.calls if request.url.path == "/app"]
    token = request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, keys()[1], algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
    now = int(stage.clock.now().timestamp())
    assert claims["iss"] == "Iv23sandbox"
    assert claims["iat"] == now - 60
    assert now < claims["exp"] <= now + 600 - 60


async def test_a_token_is_renewed_during_the_run_before_its_hour_is_over() -> None:
    stage = with_app()
    stage.issue()
    async with stage.source(app_options()) as source:
        await census(source, repo="acme/shop")
        stage.clock.instant += timedelta(minutes=54)
        await census(source, repo="acme/shop")
        assert stage.site.app is not None
        assert len(stage.site.app.tokens) == 1
        stage.clock.instant += timedelta(minutes=2)
        await census(source, repo="acme/shop")
        assert len(stage.site.app.tokens) == 2


async def test_a_token_taken_back_early_is_exchanged_once() -> None:
    stage = with_app()
    stage.issue()
    async with stage.source(app_options()) as source:
        await census(source, repo="acme/shop")
        assert stage.site.app is not None
        stage.site.app.tokens.clear()
        assert len((await census(source, repo="acme/shop")).ids) == 1
        assert len(stage.site.app.tokens) == 1


async def test_the_installation_is_found_by_owner_or_number_and_several_are_listed() -> None:
    stage = with_app(acme=77, umbrella=78)
    async with stage.source(app_options(owner="acme")) as source:
        assert (await source.identify()).detail["installation"] == "77"
    async with stage.source(app_options(installation=78)) as source:
        assert (await source.identify()).detail["App installed for"] == "umbrella"
    async with stage.source(app_options()) as source:
        with pytest.raises(FixConfigError, match=r"acme \(installation 77\), umbrella \(installation 78\).*owner"):
            await source.identify()
    async with stage.source(app_options(owner="nobody")) as source:
        with pytest.raises(FixConfigError, match="not installed for nobody"):
            await source.identify()


async def test_the_key_may_stand_in_a_file_or_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text(keys()[0], encoding="ascii")
    stage = with_app()
    one_line = keys()[0].replace("\n", "\\n")
    async with stage.source(app_options(private_key=one_line)) as source:
        await source.identify()
    in_file = GitHubOptions.model_validate({"app": 4711, "private_key_file": str(tmp_path / "app.pem")})
    async with stage.source(in_file) as source:
        assert (await source.identify()).account == "okrsync-acme[bot]"
    missing = GitHubOptions.model_validate({"app": 4711, "private_key_file": "nowhere.pem"})
    async with stage.source(missing) as source:
        with pytest.raises(FixConfigError, match=r"cannot read the App's private key.*nowhere\.pem"):
            await source.identify()


async def test_a_key_that_is_none_is_named_and_not_shown() -> None:
    async with with_app().source(app_options(private_key="-----BEGIN secret-canary-----")) as source:
        with pytest.raises(FixConfigError, match="private key cannot be used") as caught:
            await source.identify()
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_statement_that_github_refuses_points_at_key_and_clock() -> None:
    stage = with_app()
    async with stage.source(app_options(app="Iv23other")) as source:
        with pytest.raises(FixConfigError, match="private key, and this machine's clock"):
            await source.identify()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"app": 1}, "signs with its private key"),
        ({"app": 1, "private_key": "x", "private_key_file": "y"}, "one of them"),
        ({"app": 1, "private_key": "x", "token": "t"}, "two credentials"),
        ({"private_key": "x"}, "name the App's client id"),
        ({"installation": 3}, "is of a GitHub App"),
    ],
)
def test_credentials_that_cannot_be_meant_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        GitHubOptions.model_validate(given)


async def identified(expires: str) -> Identity:
    def server(request: httpx.Request) -> httpx.Response:
        headers = {"github-authentication-token-expiration": expires}
        if request.url.path == "/user":
            return httpx.Response(200, json={"login": "octo"}, headers=headers)
        return refused(404, "Not Found")

    source = CONNECTOR.open(options(), surroundings(server, FakeClock(), connection="hub"))
    return await source.identify()


@pytest.mark.parametrize(
    ("expires", "says"),
    [
        ("2026-11-11 09:00:00 UTC", "in 9 days"),
        ("2026-11-03 10:00:00 +0100", "in 1 day"),
        ("2026-11-02 10:00:00 UTC", "today"),
        ("2026-11-01 10:00:00 UTC", "expired"),
    ],
)
async def test_the_end_of_a_token_is_shown_with_the_days_until_then(expires: str, says: str) -> None:
    identity = await identified(expires)
    assert identity.detail["token expires"] == f"{expires} ({says})"
    assert "make a new one" in identity.detail["warning"]


async def test_a_token_that_lasts_is_nothing_to_warn_of() -> None:
    assert "warning" not in (await identified("2027-01-11 09:00:00 UTC")).detail


async def test_an_end_written_in_a_new_way_is_shown_as_it_is() -> None:
    assert expires_at("some day") is None
    assert (await identified("some day")).detail["token expires"] == "some day"


async def test_a_token_of_any_length_and_letters_is_sent_as_it_is() -> None:
    long = f"ghs_{'A1b2.' * 120}end"
    server = Server()
    source = CONNECTOR.open(GitHubOptions(token=SecretStr(f" {long}\n")), surroundings(server, connection="hub"))
    await source.identify()
    assert {request.headers["authorization"] for request in server.asked} == {f"Bearer {long}"}

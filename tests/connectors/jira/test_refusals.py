"""What is refused, and that it is said in one clear line without a secret."""

from __future__ import annotations

import base64
import logging

import pytest

from connectors.jira import JiraSource
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError
from mapping.words import Selection
from tests.connectors.clock import FakeClock
from tests.connectors.jira.replay import SEARCH, Fault, Site, error, issue
from tests.connectors.served import Answer

PROJECT = Selection.of("jira", {"project": "CHK"})
TOKEN = "t0k3n-made-up"
PAGE = Answer(b"<!DOCTYPE html><html><title>Log in</title></html>", headers={"content-type": "text/html"})
REFUSED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
CAPTCHA = {
    "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
    "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://acme.test/login",
}


async def ask(source: JiraSource, how: str) -> None:
    if how == "census":
        async for _page in source.census(PROJECT, frozenset(), print):
            pass
    elif how == "fingerprint":
        await source.fingerprint(frozenset({"story_points"}))
    else:
        await source.identify()


def always(answer: Answer) -> Fault:
    return lambda _asked: answer


@pytest.mark.parametrize("how", ["census", "fingerprint", "identify"])
class TestBothClientsSayTheSame:
    """The shared client does the census, the jira library the other two."""

    @pytest.mark.parametrize(
        ("answer", "kind", "said"),
        [
            (
                error("Log in first", status=401),
                FixConfigError,
                r"refuses the e-mail or token of sync@",
            ),
            (Answer({"issues": [], "isLast": True}, 200, REFUSED), FixConfigError, r"refuses the e-mail or token"),
            (Answer([], 200, REFUSED), FixConfigError, r"refuses the e-mail or token"),
            (Answer(b"", 403, CAPTCHA), FixConfigError, r"CAPTCHA after failed logins: log in once at http"),
            (error("Not licensed", status=403), FixConfigError, r"does not let sync@acme.test read .*Not licensed"),
            (error("Gone", status=410), FixConfigError, r"has removed http.*\(410\).*look for a newer okrsync"),
            (PAGE, FixConfigError, r"a web page instead of JSON"),
            (Answer(b'{"issues": [', 200), TryAgainError, r"cut short or broken \(tried 6 times\)"),
            (Answer(b"", 503), TryAgainError, r"with 503 \(tried 6 times\)"),
            (Answer(b"", 429, {"Retry-After": "1847"}), TryAgainError, r"asks to wait 1847 s"),
        ],
    )
    async def test_a_refusal_is_one_line_that_says_what_to_do(
        self, how: str, answer: Answer, kind: type[OkrsyncError], said: str, source: JiraSource, site: Site
    ) -> None:
        site.faults.append(always(answer))
        with pytest.raises(kind, match=said) as caught:
            await ask(source, how)
        assert str(caught.value).startswith("jira: Jira")
        assert "\n" not in str(caught.value)

    async def test_a_busy_server_is_waited_for_by_a_date_too(
        self, how: str, source: JiraSource, site: Site, clock: FakeClock
    ) -> None:
        busy = iter([Answer(b"", 429, {"Retry-After": "Mon, 02 Nov 2026 09:00:40 GMT", "Date": ""})])
        site.faults.append(lambda _asked: next(busy, None))
        await ask(source, how)
        assert max(clock.slept) >= 39

    async def test_a_secret_that_the_server_echoes_stays_out_of_errors_and_logs(
        self, how: str, source: JiraSource, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        basic = base64.b64encode(f"sync@acme.test:{TOKEN}".encode()).decode()
        site.faults.append(lambda asked: error(f"You sent {asked.headers['authorization']} and {TOKEN}"))
        with pytest.raises(FixConfigError) as caught:
            await ask(source, how)
        link: BaseException | None = caught.value
        while link is not None:
            assert TOKEN not in f"{link} {link!r}"
            assert basic not in f"{link} {link!r}"
            link = link.__cause__ or link.__context__
        assert TOKEN not in caplog.text
        assert basic not in caplog.text

    async def test_the_account_goes_with_every_request(self, how: str, source: JiraSource, site: Site) -> None:
        await ask(source, how)
        expected = "Basic " + base64.b64encode(f"sync@acme.test:{TOKEN}".encode()).decode()
        assert {asked.headers["authorization"] for asked in site.asked} == {expected}


async def test_who_we_are_comes_with_the_time_zone(source: JiraSource) -> None:
    identity = await source.identify()
    assert identity.account == "Sync (sync@acme.test)"
    assert identity.server.startswith("Acme at http://127.0.0.1:")
    assert identity.detail == {"time zone": "Asia/Shanghai", "deployment": "Cloud", "version": "1001.0.0"} | {
        "login": "email and token"
    }


async def test_an_address_without_jira_behind_it_is_told_as_such(source: JiraSource, site: Site) -> None:
    site.faults.append(always(error("no", status=404)))
    with pytest.raises(FixConfigError, match=r"has nothing at .*/rest/api/2/serverInfo that sync@acme.test may see"):
        await source.identify()


async def test_metadata_of_an_unknown_shape_is_partial_and_not_a_crash(source: JiraSource, site: Site) -> None:
    site.faults.append(always(Answer([{"name": "no id"}])))
    with pytest.raises(PartialReadError, match="okrsync cannot read"):
        await source.fingerprint(frozenset())


async def test_a_server_that_is_not_there_is_told_as_such(source: JiraSource, site: Site) -> None:
    closed = JiraSource(source._options.model_copy(update={"url": "http://127.0.0.1:9"}), source._metadata._around)
    for how in ("census", "identify"):
        with pytest.raises(TryAgainError, match=r"does not answer: .*check the address and the network"):
            await ask(closed, how)
    await closed.aclose()


async def test_the_search_is_never_the_librarys(source: JiraSource, site: Site) -> None:
    site.issues = [issue(1)]
    await ask(source, "census")
    assert {asked.headers["user-agent"] for asked in site.to(SEARCH)} == {"okrsync"}

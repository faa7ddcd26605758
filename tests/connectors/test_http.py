from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import httpx
import pytest
from msgspec import Struct
from pydantic import SecretStr

from connectors.http import HttpClient, Limits, Reply
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError
from tests.connectors.clock import FakeClock, Handler, surroundings
from tests.connectors.contract import CANARY, assert_no_canary

URL = "https://vendor.test/api"


def client(
    server: Handler,
    clock: FakeClock | None = None,
    *,
    budget: float = 900.0,
    in_flight: int = 8,
    classify: Callable[[Reply], OkrsyncError | None] | None = None,
    limited: Callable[[Reply], float | None] | None = None,
    limits: Limits | None = None,
) -> HttpClient:
    return HttpClient(
        base_url=URL,
        vendor="Vendor",
        headers={"authorization": SecretStr(f"Bearer {CANARY}")},
        surroundings=surroundings(server, clock, budget_seconds=budget, in_flight=in_flight),
        classify=classify,
        limited=limited,
        limits=limits,
    )


def then_fine(*answers: httpx.Response | Exception) -> Handler:
    """Give these answers first, then good ones."""
    left = list(answers)

    def server(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if left else httpx.Response(200, json={"fine": True})
        if isinstance(answer, Exception):
            raise answer
        return answer

    return server


def always(answer: httpx.Response | Exception) -> Handler:
    def server(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return server


async def failing(http: HttpClient, *, method: str = "GET", idempotent: bool = True) -> OkrsyncError:
    with pytest.raises(OkrsyncError) as caught:
        await http.request(method, "/things?page=2&key=1", idempotent=idempotent)
    await http.aclose()
    assert "\n" not in str(caught.value)
    assert "key=1" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500),
        httpx.Response(502, text="<html>"),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(429),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.ReadError("reset"),
        httpx.Response(200, content=b'{"fine": tr'),
        httpx.Response(200, content=b""),
    ],
)
async def test_trouble_that_passes_is_waited_out(trouble: httpx.Response | Exception) -> None:
    clock = FakeClock()
    http = client(then_fine(trouble), clock)
    assert (await http.get("/things")).json() == {"fine": True}
    assert http.sent == 2
    assert len(clock.slept) >= 1


class Fine(Struct, frozen=True):
    fine: bool


async def test_a_shape_makes_the_check_and_the_reading_one() -> None:
    http = client(then_fine(httpx.Response(200, content=b'{"fine": "no", "more": [')))
    reply = await http.request("GET", "/things", shape=Fine)
    assert reply.decode(Fine) is reply.decode(Fine)
    assert reply.decode(Fine).fine, "JSON that is cut short is asked for again, of whatever shape its beginning is"
    assert reply.json() == {"fine": True}
    await http.aclose()


async def test_an_answer_of_another_shape_is_named_when_it_is_read() -> None:
    http = client(always(httpx.Response(200, json={"fine": "no"})))
    reply = await http.request("GET", "/things", shape=Fine)
    with pytest.raises(PartialReadError, match="in a shape that okrsync cannot read"):
        reply.decode(Fine)
    assert reply.json() == {"fine": "no"}
    await http.aclose()


@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.Response(429), httpx.ReadTimeout("slow")])
async def test_what_may_not_be_sent_twice_is_sent_once(trouble: httpx.Response | Exception) -> None:
    http = client(then_fine(trouble))
    assert isinstance(await failing(http, method="POST", idempotent=False), TryAgainError)
    assert http.sent == 1


async def test_a_search_by_post_is_tried_again() -> None:
    http = client(then_fine(httpx.Response(502)))
    assert (await http.post("/search", json={"jql": "x"})).status == 200


@pytest.mark.parametrize("trouble", [httpx.Response(502), httpx.ReadTimeout("slow"), httpx.Response(200, content=b"{")])
async def test_trouble_that_stays_ends_after_a_few_attempts(trouble: httpx.Response | Exception) -> None:
    http = client(always(trouble))
    error = await failing(http)
    assert isinstance(error, TryAgainError)
    assert "acme: Vendor" in str(error)
    assert "tried 6 times" in str(error)
    assert http.sent == 6


async def test_a_host_that_is_not_there_is_named_with_the_reason() -> None:
    error = await failing(client(always(httpx.ConnectError("[Errno 111] Connection refused"))))
    assert isinstance(error, TryAgainError)
    assert "cannot reach vendor.test: [Errno 111] Connection refused" in str(error)


async def test_a_certificate_that_is_not_trusted_is_for_a_person_to_settle() -> None:
    http = client(always(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")))
    error = await failing(http)
    assert isinstance(error, FixConfigError)
    assert "the certificate of vendor.test is not trusted" in str(error)
    assert "SSL_CERT_FILE" in str(error)
    assert http.sent == 1


async def test_the_wait_is_at_least_what_the_vendor_asks() -> None:
    clock = FakeClock()
    await client(then_fine(httpx.Response(429, headers={"retry-after": "41"})), clock).get("/things")
    assert 41 <= sum(clock.slept) < 42


@pytest.mark.parametrize("stated", ["0", "-5", "soon", "Mon, 02 Nov 2020 00:00:00 GMT", "1000000000"])
async def test_an_absurd_wait_is_neither_obeyed_nor_ignored(stated: str, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    answers = [httpx.Response(429, headers={"retry-after": stated}) for _ in range(4)]
    assert (await client(then_fine(*answers), clock).get("/things")).status == 200
    assert 0 < sum(clock.slept) <= 900
    assert ("cannot wait for Retry-After" in caplog.text) == (stated in {"-5", "soon", "1000000000"})


async def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    clock = FakeClock()
    http = client(always(httpx.Response(429, headers={"retry-after": "3600"})), clock, budget=900)
    error = await failing(http)
    assert isinstance(error, TryAgainError)
    assert "asks to wait 3600 s (60 min), but this run has 900 s (15 min) left" in str(error)
    assert http.sent == 1
    assert clock.slept == []


async def test_the_budget_is_spent_over_all_requests_of_a_run() -> None:
    busy = httpx.Response(429, headers={"retry-after": "40"})
    http = client(then_fine(busy, busy, busy), budget=100)
    error = await failing(http)
    assert isinstance(error, TryAgainError)
    assert http.sent == 3


async def test_nobody_calls_while_one_was_told_to_wait() -> None:
    clock = FakeClock()
    forbidden_until = 0.0
    calls: list[float] = []
    left = 30

    def server(request: httpx.Request) -> httpx.Response:
        nonlocal forbidden_until, left
        calls.append(clock.elapsed)
        assert clock.elapsed >= forbidden_until
        left -= 1
        if left % 4 == 0 and left > 0:
            forbidden_until = clock.elapsed + 11
            return httpx.Response(429, headers={"retry-after": "11"})
        return httpx.Response(200, json={})

    http = client(server, clock)
    await asyncio.gather(*(http.get(f"/things/{number}") for number in range(40)))
    assert len(calls) == http.sent == 47
    assert clock.elapsed >= 1077


async def test_waiting_at_the_same_time_is_paid_for_once() -> None:
    clock = FakeClock()

    def server(request: httpx.Request) -> httpx.Response:
        if clock.elapsed < 1050:
            return httpx.Response(429, headers={"retry-after": "50"})
        return httpx.Response(200, json={})

    http = client(server, clock, budget=60)
    await asyncio.gather(*(http.get(f"/things/{number}") for number in range(8)))
    assert sum(clock.slept) > 3 * 60  # several waited, and one wait was paid for
    assert clock.elapsed == 1050


@pytest.mark.parametrize("status", [200, 404])
async def test_a_quota_used_up_closes_the_door_until_it_is_filled(status: int) -> None:
    clock = FakeClock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(clock.now().timestamp()) + 30)}
    http = client(then_fine(httpx.Response(status, json={}, headers=empty)), clock)
    await http.request("GET", "/first", accept=(404,))
    assert clock.slept == []
    await http.get("/second")
    assert clock.slept == [30]


async def test_a_quota_filled_only_after_the_budget_ends_the_run() -> None:
    clock = FakeClock()
    empty = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(clock.now().timestamp()) + 3000)}
    http = client(then_fine(httpx.Response(200, json={}, headers=empty)), clock)
    await http.get("/first")
    assert isinstance(await failing(http), TryAgainError)
    assert http.sent == 1


async def test_a_vendor_may_say_slow_down_in_its_own_way() -> None:
    clock = FakeClock()
    http = client(
        then_fine(httpx.Response(200, json={"error": "too fast"})),
        clock,
        limited=lambda reply: 20.0 if b"too fast" in reply.body else None,
    )
    assert (await http.get("/things")).json() == {"fine": True}
    assert sum(clock.slept) >= 20


async def test_never_more_in_flight_than_allowed_and_fewer_after_a_429() -> None:
    now, most_before, most_after, told = 0, 0, 0, False

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal now, most_before, most_after, told
            now += 1
            if told:
                most_after = max(most_after, now)
            else:
                most_before = max(most_before, now)
            for _ in range(5):
                await asyncio.sleep(0)
            now -= 1
            if request.url.path.endswith("/15") and not told:
                told = True
                return httpx.Response(429, headers={"retry-after": "1"})
            return httpx.Response(200, json={})

    http = HttpClient(base_url=URL, vendor="Vendor", headers={}, surroundings=surroundings(Slow(), in_flight=4))
    await asyncio.gather(*(http.get(f"/{number}") for number in range(16)))
    await asyncio.gather(*(http.get(f"/{number}") for number in range(100, 104)))
    assert most_before == 4
    assert 1 <= most_after <= 3


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "refused the credential of connection acme.*renew its token"),
        (403, "does not let connection acme read.*permission"),
        (404, "knows no https://vendor.test/api/things "),
        (410, "has removed https://vendor.test/api/things "),
        (400, "refused https://vendor.test/api/things .*because of this"),
    ],
)
async def test_a_refusal_says_what_to_do_and_is_not_repeated(status: int, says: str) -> None:
    http = client(always(httpx.Response(status, json={"message": "because of this"})))
    error = await failing(http)
    assert isinstance(error, FixConfigError)
    assert http.sent == 1
    with pytest.raises(FixConfigError, match=says):
        raise error


async def test_the_vendors_own_reading_of_an_error_goes_first() -> None:
    http = client(always(httpx.Response(404)), classify=lambda reply: PartialReadError(f"mine: {reply.status}"))
    assert str(await failing(http)) == "mine: 404"


async def test_an_expected_status_is_an_answer() -> None:
    reply = await client(always(httpx.Response(404, json={}))).request("GET", "/things", accept=(404,))
    assert reply.status == 404


@pytest.mark.parametrize(
    "page",
    [
        httpx.Response(200, html="<!DOCTYPE html><title>Log in</title>"),
        httpx.Response(200, content=b"  <HTML><body>Sign on</body>", headers={"content-type": "text/plain"}),
    ],
)
async def test_a_login_page_with_status_200_is_no_answer(page: httpx.Response) -> None:
    http = client(always(page))
    error = await failing(http)
    assert isinstance(error, FixConfigError)
    assert "a web page instead of JSON: the address or the credential is wrong" in str(error)
    assert http.sent == 1


async def test_redirects_on_the_same_host_are_followed_with_their_query() -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/old":
            return httpx.Response(301, headers={"location": "/api/new?moved=1"})
        return httpx.Response(200, json=str(request.url))

    assert (await client(server).get("/old", params={"a": "b"})).json() == "https://vendor.test/api/new?moved=1"


@pytest.mark.parametrize("where", ["https://evil.test/api", "http://vendor.test/api", "https://vendor.test:8443/api"])
async def test_a_credential_never_follows_a_redirect_to_another_origin(where: str) -> None:
    hosts: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        hosts.append(f"{request.url.scheme}://{request.url.netloc.decode()}")
        return httpx.Response(302, headers={"location": where})

    assert isinstance(await failing(client(server)), FixConfigError)
    assert hosts == ["https://vendor.test"]


async def test_a_file_behind_a_signed_address_is_fetched_without_any_credential() -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization"), request.headers.get("x-mine")))
        there = {"vendor.test": "https://files.test/a?signed=1", "files.test": "https://vendor.test/api/last"}
        if request.url.path == "/api/last":
            return httpx.Response(200, content=b"bytes")
        return httpx.Response(302, headers={"location": there[request.url.host]})

    http = client(server)
    reply = await http.request("GET", "/content", elsewhere=True, expect_json=False, headers={"x-mine": "2"})
    assert reply.body == b"bytes"
    assert seen == [("vendor.test", f"Bearer {CANARY}", "2"), ("files.test", None, None), ("vendor.test", None, None)]


async def test_no_redirect_elsewhere_leads_out_of_https() -> None:
    http = client(always(httpx.Response(302, headers={"location": "http://files.test/a"})))
    with pytest.raises(FixConfigError, match=r"sends https://vendor\.test/api/content on to http://files\.test/a"):
        await http.request("GET", "/content", elsewhere=True)


async def test_a_form_is_sent_as_one_and_its_secrets_show_in_no_error() -> None:
    def server(request: httpx.Request) -> httpx.Response:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        return httpx.Response(400, json={"error": request.content.decode()})

    with pytest.raises(FixConfigError) as caught:
        await client(server).request("POST", "/token", form={"grant": "a b", "secret": SecretStr("canary-1")})
    assert "grant=a+b&secret=***" in str(caught.value)


async def test_redirects_in_a_circle_end() -> None:
    http = client(always(httpx.Response(302, headers={"location": "/api/things"})))
    assert "in a circle" in str(await failing(http))
    assert http.sent <= 6


async def test_a_link_elsewhere_is_not_called() -> None:
    http = client(always(httpx.Response(200, json={})))
    for link in ("https://evil.test/x", "http://vendor.test/x", "https://vendor.test:99999/x", "http://[bad"):
        with pytest.raises(FixConfigError):
            await http.get(link)
    assert http.sent == 0


async def test_a_body_beyond_the_limit_is_not_taken() -> None:
    http = client(always(httpx.Response(200, json="x" * 5000)), limits=Limits(body=4096))
    assert isinstance(await failing(http), PartialReadError)
    assert http.sent == 1


async def test_an_answer_in_another_shape_is_a_partial_read() -> None:
    class Thing(Struct):
        id: str

    reply = await client(always(httpx.Response(200, json={"id": 5}))).get("/things")
    with pytest.raises(PartialReadError, match=r"acme: Vendor answered https://vendor.test/api/things in a shape"):
        reply.decode(Thing)


async def test_no_cookie_is_kept() -> None:
    cookies: list[str | None] = []

    def server(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        return httpx.Response(200, json={}, headers={"set-cookie": "session=1; Path=/"})

    http = client(server)
    await http.get("/one")
    await http.get("/two")
    assert cookies == [None, None]


ECHO = {"message": f"bad token {CANARY}"}


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(401, json=ECHO),
        httpx.Response(403, json=ECHO),
        httpx.Response(400, json={"errors": {"token": f"Bearer {CANARY}"}}),
        httpx.Response(429, headers={"retry-after": "99999", "ratelimit-reason": CANARY}),
        httpx.Response(502, text=CANARY),
        httpx.Response(200, text=f"<html>{CANARY}"),
        httpx.Response(302, headers={"location": f"https://evil.test/?token={CANARY}"}),
        httpx.ConnectError(f"cannot connect with Bearer {CANARY}"),
        httpx.ReadTimeout(f"https://vendor.test/?token={CANARY}"),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {CANARY}'"),
        httpx.InvalidURL(f"https://{CANARY}@vendor.test"),
    ],
)
async def test_the_secret_is_in_no_error_and_no_log(
    trouble: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http = client(always(trouble))
    assert_no_canary(await failing(http), caplog)
    assert CANARY not in repr(http)


async def test_a_good_answer_leaves_no_query_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reply = await client(always(httpx.Response(200, json={}))).get("/search", params={"jql": "salary-review"})
    assert "https://vendor.test/api/search?…" in caplog.text
    assert "salary" not in caplog.text
    assert "salary" not in repr(reply)
    assert reply.url == "https://vendor.test/api/search"


@pytest.mark.parametrize("value", [f"Bearer {CANARY}\r\nx-evil: 1", f"Bearer {CANARY}é"])
def test_a_credential_that_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(FixConfigError, match="copy it again") as caught:
        HttpClient(
            base_url=URL, vendor="Vendor", headers={"authorization": SecretStr(value)}, surroundings=surroundings()
        )
    assert CANARY not in str(caught.value)


async def test_a_line_break_at_the_end_of_a_secret_is_dropped() -> None:
    seen: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    http = HttpClient(
        base_url=URL,
        vendor="Vendor",
        headers={"authorization": SecretStr(f"Bearer {CANARY}\n")},
        surroundings=surroundings(server),
    )
    await http.get("/")
    assert seen == [f"Bearer {CANARY}"]


@pytest.mark.parametrize("address", ["vendor.test", "ftp://vendor.test", "https://", "https://vendor.test:port", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(FixConfigError, match="no http or https address"):
        HttpClient(base_url=address, vendor="Vendor", headers={}, surroundings=surroundings())


def test_an_account_in_the_address_is_refused_without_showing_it() -> None:
    with pytest.raises(FixConfigError, match="holds an account") as caught:
        HttpClient(base_url=f"https://ana:{CANARY}@v.test", vendor="V", headers={}, surroundings=surroundings())
    assert CANARY not in str(caught.value)

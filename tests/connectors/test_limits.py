from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.limits import asked_wait, near_limit, quota_wait, retry_after, unbelievable
from connectors.reply import Headers

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def headers(**named: str) -> Headers:
    return Headers((name.replace("_", "-"), value) for name, value in named.items())


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 02 Nov 2026 09:00:30 GMT", 30.0),
        ("Mon, 02 Nov 2026 10:00:30 +0100", 30.0),
        ("Mon, 02 Nov 2026 08:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("1000000000", 60.0),
        ("9" * 400, 60.0),
        ("-5", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("Mon, 99 Foo 2026", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_nonsense_is_not_believed(stated: str, seconds: float | None) -> None:
    assert retry_after(headers(retry_after=stated), NOW) == seconds


def test_no_retry_after_asks_for_nothing() -> None:
    assert retry_after(headers(), NOW) is None
    assert not unbelievable(headers(), NOW)


@pytest.mark.parametrize(
    ("stated", "odd"), [("7", False), ("60", False), ("-5", True), ("soon", True), ("1000000000", True)]
)
def test_a_wait_that_nobody_can_mean_is_told(stated: str, odd: bool) -> None:
    assert unbelievable(headers(retry_after=stated), NOW) is odd


def test_a_date_is_measured_by_the_clock_of_the_server_that_set_it() -> None:
    an_hour_ahead = format_datetime(NOW + timedelta(hours=1), usegmt=True)
    until = format_datetime(NOW + timedelta(hours=1, seconds=20), usegmt=True)
    assert retry_after(headers(retry_after=until, date=an_hour_ahead), NOW) == 20


@given(st.text(max_size=40))
def test_no_text_in_retry_after_breaks_anything(stated: str) -> None:
    seconds = retry_after(headers(retry_after=stated), NOW)
    assert seconds is None or 0 <= seconds <= 86_400


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_in_quota_headers_breaks_anything(remaining: str, reset: str) -> None:
    seconds = quota_wait(headers(x_ratelimit_remaining=remaining, x_ratelimit_reset=reset), NOW)
    assert seconds is None or 0 <= seconds <= 86_400


@pytest.mark.parametrize(
    ("given_headers", "seconds"),
    [
        (headers(x_ratelimit_remaining="0", x_ratelimit_reset=str(EPOCH + 90)), 90.0),
        (headers(x_ratelimit_remaining="0", x_ratelimit_reset="2026-11-02T09:01Z"), 60.0),
        (headers(x_ratelimit_remaining="0", x_ratelimit_reset="45"), 45.0),
        (headers(x_ratelimit_remaining="0", x_ratelimit_interval_seconds="5"), 5.0),
        (headers(x_ratelimit_remaining="0", x_ratelimit_reset=str(EPOCH - 90)), 0.0),
        (headers(x_ratelimit_remaining="12", x_ratelimit_reset=str(EPOCH + 90)), None),
        (headers(x_ratelimit_remaining="0"), None),
        (headers(ratelimit_remaining="0", ratelimit_reset="9"), 9.0),
        (headers(ratelimit='"jira-quota-tenant";r=0;t=1800'), 1800.0),
        (headers(ratelimit='"hourly"; r=0; t=1800, "burst";r=0;t=1'), 1800.0),
        (headers(ratelimit='"hourly";r=50;t=1800, "burst";r=0;t=1'), 1.0),
        (headers(ratelimit='"hourly";r=50;t=1800'), None),
        (headers(ratelimit='"hourly";r=0;t=99999999'), None),
        (headers(ratelimit='"hourly";r=0'), None),
        (headers(ratelimit="r=0;t=5"), None),
        (headers(beta_ratelimit='"hourly";r=0;t=1800'), None),
        (headers(x_ratelimit_remaining="many"), None),
        (headers(), None),
    ],
)
def test_a_quota_used_up_says_when_it_is_filled_again(given_headers: Headers, seconds: float | None) -> None:
    assert quota_wait(given_headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "given_headers", "body", "seconds"),
    [
        (429, headers(retry_after="3"), b"", 3.0),
        (429, headers(), b"", 0.0),
        (429, headers(x_github_request_id="A:1"), b"", 60.0),
        (429, headers(retry_after="3", x_ratelimit_remaining="0", x_ratelimit_reset="40"), b"", 40.0),
        (403, headers(retry_after="3"), b"", 3.0),
        (403, headers(x_ratelimit_remaining="0", x_ratelimit_reset=str(EPOCH + 90)), b"", 90.0),
        (403, headers(), b'{"message": "You have exceeded a secondary rate limit."}', 60.0),
        (403, headers(), b'{"message": "Resource not accessible"}', None),
        (503, headers(retry_after="8"), b"", 8.0),
        (503, headers(), b"", None),
        (200, headers(retry_after="8"), b"", None),
        (404, headers(retry_after="8"), b"", None),
    ],
)
def test_which_answers_mean_slow_down(status: int, given_headers: Headers, body: bytes, seconds: float | None) -> None:
    assert asked_wait(status, given_headers, body, NOW) == seconds


def test_a_warning_that_the_quota_is_near_its_end_is_seen() -> None:
    assert near_limit(headers(x_ratelimit_nearlimit="true"))
    assert not near_limit(headers(x_ratelimit_nearlimit="false"))
    assert not near_limit(headers())


def test_a_data_centers_retry_after_of_nought_is_no_slow_down() -> None:
    always = headers(Retry_After="0", X_RateLimit_Remaining="99")
    assert asked_wait(403, always, b"", NOW) is None
    assert asked_wait(503, always, b"", NOW) is None
    assert asked_wait(429, always, b"", NOW) == 0

from __future__ import annotations

import base64
import logging

import pytest
from pydantic import SecretStr

from connectors.redact import Redactor, guard_logs, release_logs
from tests.connectors.contract import CANARY

BASIC = "Basic " + base64.b64encode(f"ana@acme.test:{CANARY}".encode()).decode()


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (f"Bearer {CANARY}", f"header 'Bearer {CANARY}' is bad"),
        (f"Bearer {CANARY}", f"token {CANARY} expired"),
        (BASIC, f"sent {BASIC}"),
        (BASIC, f"account ana@acme.test:{CANARY}"),
        (BASIC, f"password {CANARY}"),
        (f"{CANARY}+/=", f"?key={CANARY}%2B%2F%3D"),
    ],
)
def test_a_secret_goes_in_every_form_it_may_be_echoed_in(secret: str, text: str) -> None:
    cleaned = Redactor([SecretStr(secret)]).clean(text)
    assert CANARY not in cleaned
    assert "***" in cleaned


def test_two_letters_are_no_secret() -> None:
    assert Redactor([SecretStr("ab")]).clean("about") == "about"


def test_a_line_loses_queries_and_line_breaks() -> None:
    cleaned = Redactor().clean_line("GET https://x.test/search?jql=salary%20%3E%203 failed\nagain")
    assert cleaned == "GET https://x.test/search?… failed again"


def test_what_the_http_library_logs_is_cleaned_before_any_handler_sees_it(caplog: pytest.LogCaptureFixture) -> None:
    redactor = Redactor([SecretStr(f"Bearer {CANARY}")])
    guard_logs(redactor)
    try:
        caplog.set_level(logging.DEBUG)
        logging.getLogger("httpx").info(
            'HTTP Request: %s %s "%s"', "GET", f"https://x.test/a?key={CANARY}&b=2", "200 OK"
        )
        logging.getLogger("httpcore.http11").debug("headers %r", [(b"authorization", f"Bearer {CANARY}")])
    finally:
        release_logs(redactor)
    assert CANARY not in caplog.text
    assert "b=2" not in caplog.text
    assert 'GET https://x.test/a?… "200 OK"' in caplog.text

"""Keep secrets and query strings out of messages and logs."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

from pydantic import SecretStr

STARS = "***"
SHORTEST = 4
"""Shorter values are no secrets; hiding every occurrence of two letters would make messages unreadable."""

QUERY = re.compile(r"(?<=[^\s?])\?[^\s\"'<>)\]]+")
TRACE_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")


class Redactor:
    """Knows the secrets of one client and takes them, and every query string, out of a text."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._values: tuple[str, ...] = ()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: SecretStr) -> None:
        """Add a secret (a token, or a whole header such as ``Basic …``) in every form it could be echoed in."""
        forms = {form for form in _forms(secret.get_secret_value().strip()) if len(form) >= SHORTEST}
        self._values = tuple(
            sorted({*self._values, *forms}, key=len, reverse=True)
        )  # longest first: one may hold another

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        for value in self._values:
            text = text.replace(value, STARS)
        return text

    def clean_line(self, text: str) -> str:
        """Return the text as one line without secrets and query strings."""
        return " ".join(self.clean(QUERY.sub("?…", text)).split())


class RedactingFilter(logging.Filter):
    """Rewrites records of the HTTP library before any handler sees them: it logs whole URLs and answer headers."""

    def __init__(self) -> None:
        super().__init__()
        self.redactors: list[Redactor] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place and let it through."""
        text = QUERY.sub("?…", record.getMessage())
        for redactor in self.redactors:
            text = redactor.clean(text)
        record.msg, record.args = text, ()
        return True


_FILTER = RedactingFilter()


def guard_logs(redactor: Redactor) -> None:
    """Let the HTTP library's loggers leave out what this redactor knows, until ``release_logs``."""
    _FILTER.redactors.append(redactor)
    for name in TRACE_LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # adding the same filter again changes nothing


def release_logs(redactor: Redactor) -> None:
    """Forget a redactor; query strings stay out of the logs."""
    _FILTER.redactors = [known for known in _FILTER.redactors if known is not redactor]


def _forms(value: str) -> set[str]:
    scheme, _, rest = value.partition(" ")
    forms = {value, rest.strip()}
    if scheme.lower() == "basic":
        try:
            account = base64.b64decode(rest, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            account = ""
        forms |= {account, account.partition(":")[2]}
    return forms | {quote(form, safe="") for form in forms}

"""The logins that servers without an account system of their own take: a token, a name with a password, headers."""

from __future__ import annotations

import base64
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.addresses import LOOPBACK
from connectors.http import HeaderValues
from connectors.port import OptionsModel

_OURS = frozenset({"authorization", "host", "content-length", "content-type", "transfer-encoding", "connection"})


class LoginOptions(OptionsModel):
    """Where a server is, and at most one login."""

    url: str = Field(description="Address of the server.")
    token: SecretStr | None = Field(default=None, description="Sent as Bearer token; write ${API_TOKEN}.")
    username: str | None = Field(default=None, min_length=1, description="With password: Basic authentication.")
    password: SecretStr | None = Field(default=None, description="Write ${API_PASSWORD}.")
    headers: dict[str, SecretStr] = Field(
        default_factory=dict, description="Further headers, such as X-Api-Key: ${API_KEY}; never the key itself."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError("is no address: write it like https://api.acme.example/v2")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise ValueError("holds more than scheme, host and path: take account, query and fragment out")
        return value.strip().rstrip("/")

    @field_validator("headers")
    @classmethod
    def _headers(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name in headers:
            if name.lower() in _OURS or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
                raise ValueError(f"{name!r} is no header that can be set here: write token, or username and password")
        return headers

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        if self.token is not None and self.username is not None:
            raise ValueError("token and password are two logins: take one out")
        parts = urlsplit(self.url)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and self.has_secret:
            raise ValueError("url would send the credential in clear: use https")
        return self

    @property
    def has_secret(self) -> bool:
        """Whether anything is sent that nobody else may see."""
        return bool(self.token or self.password or self.headers)

    @property
    def account(self) -> str:
        """Who we are there, as far as the options tell."""
        login = self.username or ("the account of the token" if self.token else "")
        return login or ("the account of the headers" if self.headers else "anonymous")

    def sent_headers(self) -> HeaderValues:
        """Return the headers of every request."""
        found: dict[str, SecretStr] = dict(self.headers)
        if self.token is not None:
            found["authorization"] = SecretStr(f"Bearer {self.token.get_secret_value().strip()}")
        elif self.username is not None and self.password is not None:
            login = f"{self.username}:{self.password.get_secret_value().strip()}"
            found["authorization"] = SecretStr(f"Basic {base64.b64encode(login.encode()).decode()}")
        return found

"""A service account's key: signs a statement of an hour, which buys a token for reading.

https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from pydantic import SecretStr

from connectors.http import HeaderValues, HttpClient
from connectors.port import Surroundings
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.tokens import Token
from mapping.errors import FixConfigError

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets.readonly",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)
WRITING = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive.metadata.readonly")
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LASTS = timedelta(hours=1)
"""Of a statement; Google takes no longer one."""


class Key(Struct, frozen=True):
    """The JSON file that Google makes for a service account."""

    type: str
    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105  (an address, as Google names it)

    def __repr__(self) -> str:
        """Leave the key itself out."""
        return f"Key({self.client_email})"


class _Answer(Struct, frozen=True):
    access_token: str
    expires_in: int


def read_key(options: SpreadsheetOptions, folder: Path) -> Key:
    """Return the key that the options name.

    Raises:
        FixConfigError: it cannot be read, or is no key of a service account.
    """
    where = "key"
    if options.key is not None:
        text = options.key.get_secret_value().encode()
    else:
        where = f"key_file {options.key_file}"
        try:
            text = (folder / (options.key_file or "")).read_bytes()
        except OSError as error:
            raise FixConfigError(f"the {where} cannot be read ({error.strerror}): check the path") from error
    try:
        key = msgspec.json.decode(text, type=Key)
    except msgspec.MsgspecError:
        key = None
    if key is None or key.type != "service_account" or urlsplit(key.token_uri).scheme != "https":
        raise FixConfigError(
            f"the {where} is no JSON key of a service account: make one in Google Cloud's console "
            "(service account, Keys, Add key, JSON), and give the whole file"
        )
    return key


class GoogleSeller:
    """Buys tokens for a service account; its requests go through a shared client of their own."""

    def __init__(self, key: Key, surroundings: Surroundings, scopes: Sequence[str] = SCOPES) -> None:
        self._key = key
        self._scopes = scopes
        self._now = surroundings.now
        parts = urlsplit(key.token_uri)
        self._path = parts.path or "/"
        self.http = HttpClient(
            base_url=f"{parts.scheme}://{parts.netloc}", vendor="Google", headers={}, surroundings=surroundings
        )

    async def buy(self) -> Token:
        """Return a new token.

        Raises:
            FixConfigError: google-auth is not installed, or Google refuses the key.
            TryAgainError: busy or away.
        """
        now = self._now()
        statement = await asyncio.to_thread(self._statement, now)  # loading the library takes a tenth of a second
        form: HeaderValues = {"grant_type": GRANT, "assertion": statement}
        reply = await self.http.request("POST", self._path, form=form, accept={400, 401})
        if reply.status in (400, 401):
            raise FixConfigError(
                f"Google refuses the key of {self._key.client_email} ({reply.says() or reply.status}): it may be "
                "deleted, or this machine's clock wrong; make a new key in Google Cloud's console"
            )
        answer = reply.decode(_Answer)
        return Token(value=SecretStr(answer.access_token), expires_at=now + timedelta(seconds=answer.expires_in))

    def _statement(self, now: datetime) -> SecretStr:
        """Return what the account claims about itself, signed."""
        crypt, jwt = _google_auth("crypt"), _google_auth("jwt")
        issued = int(now.timestamp())
        claims = {
            "iss": self._key.client_email,
            "scope": " ".join(self._scopes),
            "aud": self._key.token_uri,
            "iat": issued,
            "exp": issued + int(LASTS.total_seconds()),
        }
        try:
            signer = crypt.RSASigner.from_string(self._key.private_key, self._key.private_key_id or None)
            signed: bytes = jwt.encode(signer, claims)
        except (ValueError, TypeError) as error:
            raise FixConfigError(
                f"the private key of {self._key.client_email} cannot be used ({type(error).__name__}): give the JSON "
                "file as Google made it"
            ) from None  # the cause may quote the key
        return SecretStr(signed.decode())


def _google_auth(module: str) -> Any:
    try:
        return importlib.import_module(f"google.auth.{module}")  # late: nobody else needs it
    except ModuleNotFoundError as error:
        raise FixConfigError("a google_sheet needs the package google-auth: pip install 'okrsync[google]'") from error

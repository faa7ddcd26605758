"""Tokens of an hour, bought with a credential that lasts, and renewed before they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr

from connectors.http import HeaderValues

EARLY = timedelta(minutes=5)
"""A token is renewed this long before it ends, so that none ends while a request is under way."""
MOST_REFUSALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token and when it ends."""

    value: SecretStr
    expires_at: datetime


class Seller(Protocol):
    """Gives a new token for our credential; raises FixConfigError or TryAgainError when it does not."""

    async def buy(self) -> Token:
        """Return a token that nobody had before."""
        ...


class TokenAuthority:
    """Lends the present token to the shared client."""

    def __init__(self, seller: Seller, now: Callable[[], datetime]) -> None:
        self._seller = seller
        self._now = now
        self._token: Token | None = None
        self._turn = asyncio.Lock()
        self._refusals = 0

    async def headers(self) -> HeaderValues:
        """Return the header with a token that is good for some minutes at least, buying one when needed."""
        async with self._turn:
            if self._token is None or self._token.expires_at - EARLY <= self._now():
                self._token = await self._seller.buy()
            return {"authorization": SecretStr(f"Bearer {self._token.value.get_secret_value()}")}

    def refused(self) -> bool:
        """Forget the token, and say whether to try with a new one: tokens may be taken back before their hour."""
        self._token = None
        self._refusals += 1
        return self._refusals <= MOST_REFUSALS

"""What a vendor answered, read to its end and within its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar, cast

import msgspec

from mapping.errors import FixConfigError, OkrsyncError, PartialReadError

T = TypeVar("T")
SHOWN = 200
"""Characters of a vendor's own message that go into ours."""


class Headers(Mapping[str, str]):
    """Headers of an answer; the case of names does not matter, repeated ones are joined by a comma."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            known = self._values.get(name.lower())
            self._values[name.lower()] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. Bodies and headers stay out of its repr, for they may hold what nobody should log."""

    connection: str
    vendor: str
    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    url: str
    """Without query."""
    read: tuple[type, object] | None = field(default=None, repr=False)
    """A shape, and the body decoded as that; None: not decoded yet."""

    def json(self) -> object:
        """Return the body as dicts and lists.

        Raises:
            PartialReadError: it is no JSON.
        """
        return self.decode(object)

    def decode(self, shape: type[T]) -> T:
        """Return the body as an instance of a msgspec type; members the type does not name are left out.

        Raises:
            PartialReadError: the body is no JSON or lacks what the type needs.
        """
        if self.read is not None and self.read[0] == shape:
            return cast("T", self.read[1])
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.MsgspecError as error:
            raise PartialReadError(
                f"{self.connection}: {self.vendor} answered {self.url} in a shape that okrsync cannot read ({error}): "
                "look for a newer okrsync, or report it"
            ) from error

    def says(self) -> str:
        """Return the vendor's own message in an error's body, one short line; empty when there is none."""
        try:
            body = msgspec.json.decode(self.body)
        except msgspec.MsgspecError:
            return ""
        line = " ".join("; ".join(_messages(body)).split())
        return "".join(letter for letter in line if letter.isprintable())[:SHOWN]

    def refusal(self) -> OkrsyncError:
        """Return the error for a status of 400 and above that no vendor has words of its own for."""
        says = f" ({said})" if (said := self.says()) else ""
        match self.status:
            case 401:
                what, do = (
                    f"refused the credential of connection {self.connection}",
                    "renew its token and check the account",
                )
            case 403:
                what, do = (
                    f"does not let connection {self.connection} read {self.url}",
                    "give its account that permission",
                )
            case 404:
                what, do = f"knows no {self.url}", "check the address and whether the account may see it"
            case 410:
                what, do = f"has removed {self.url}", "check the address, or look for a newer okrsync"
            case _:
                what, do = f"refused {self.url}", f"check the config of connection {self.connection}"
        return FixConfigError(f"{self.connection}: {self.vendor} {what} ({self.status}){says}: {do}")

    def is_web_page(self) -> bool:
        """Return whether this is HTML, as a login page is, where data was expected."""
        html = "html" in self.headers.get("content-type", "").lower()
        return html or self.body[:256].lstrip().lower().startswith((b"<!doctype html", b"<html"))

    def whole_json(self, shape: type) -> Self | None:
        """Return the reply, decoded already if its body is of that shape; None if it is not one whole JSON value."""
        try:
            return replace(self, read=(shape, msgspec.json.decode(self.body, type=shape)))
        except msgspec.ValidationError:  # of another shape, which whoever decodes it tells, if it is whole
            return None if shape is msgspec.Raw else self.whole_json(msgspec.Raw)
        except msgspec.DecodeError:
            return None


def _messages(body: object) -> list[str]:
    """Return the texts under the names that Jira, GitHub and Asana use for errors."""
    if isinstance(body, str):
        return [body]
    if isinstance(body, list):
        return [text for part in body[:3] for text in _messages(part)]
    if isinstance(body, dict):
        named = [
            body[name] for name in ("message", "errorMessages", "error_description", "errors", "error") if name in body
        ]
        texts = [text for part in named for text in _messages(part)]
        return texts or [f"{name} {value}" for name, value in body.items() if isinstance(value, str)][:3]
    return []

"""What may be configured for a spreadsheet: where it is kept, and how what stands in it is written."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.port import OptionsModel
from connectors.zone import ZoneName

DecimalStyle = Literal["plain", "en", "fr"]
DateStyle = Literal["iso", "day-first", "month-first"]
Text = Annotated[str, Field(min_length=1)]


Cloud = Literal["global", "us", "us-dod", "china"]
_SHEET_ID = re.compile(r"[A-Za-z0-9_-]{20,}")
_SHEET_ADDRESS = re.compile(
    r"https://docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]{20,})(?:/.*)?"
)


class Part(BaseModel):
    """Base of what is said in several words."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)


class DriveFile(Part):
    """A file on SharePoint or OneDrive, by one of: drive and item, site and path, user and path."""

    drive: Text | None = Field(default=None, description="Id of the drive, with item.")
    item: Text | None = Field(default=None, description="Id of the file in its drive.")
    site: str | None = Field(default=None, description="Address of the site: https://acme.sharepoint.com/sites/ops.")
    library: Text | None = Field(
        default=None, description="With site: name of the document library; its default one when left out."
    )
    user: Text | None = Field(default=None, description="Whose OneDrive it is: the person's sign-in name.")
    path: Text | None = Field(default=None, description="Path of the file in the library: OKR/kpis.xlsx.")

    @field_validator("site")
    @classmethod
    def _is_a_site(cls, site: str | None) -> str | None:
        if site is not None:
            _https(site, "https://acme.sharepoint.com/sites/ops")
        return site

    @model_validator(mode="after")
    def _is_one_file(self) -> Self:
        given = {name for name in ("drive", "item", "site", "user", "path") if getattr(self, name) is not None}
        if given not in ({"drive", "item"}, {"site", "path"}, {"user", "path"}):
            found = ", ".join(sorted(given)) or "nothing"
            raise ValueError(f"name the file by drive and item, site and path, or user and path: found {found}")
        if self.library is not None and self.site is None:
            raise ValueError("library goes with site and path only")
        return self


class SpreadsheetOptions(OptionsModel):
    """One spreadsheet: a file on disk, a file behind an address, a Google sheet, or a file on SharePoint or OneDrive.

    Whoever writes the config runs the sync, so absolute paths and ``..`` are allowed.
    """

    file: Text | None = Field(default=None, description="Path of the file, relative to the folder of the config.")
    url: str | None = Field(default=None, description="Address of the file, https.")
    token: SecretStr | None = Field(
        default=None, description="url only: sent as bearer token, if the server wants one; write ${NAME}."
    )
    google_sheet: str | None = Field(
        default=None, description="The sheet's address in the browser, or its id. Share it with the service account."
    )
    key: SecretStr | None = Field(
        default=None, description="google_sheet: JSON key of the service account; write ${GOOGLE_KEY} or ${file:NAME}."
    )
    key_file: Text | None = Field(
        default=None, description="google_sheet: file with that key, relative to the folder of the config."
    )
    sharepoint: str | DriveFile | None = Field(
        default=None,
        description="A file on SharePoint or OneDrive: its sharing link, or {site, path}, {user, path}, {drive, item}.",
    )
    tenant: Text | None = Field(default=None, description="sharepoint: id or domain of the tenant.")
    client_id: Text | None = Field(default=None, description="sharepoint: application id of the app registration.")
    client_secret: SecretStr | None = Field(
        default=None, description="sharepoint: secret of the app registration; write ${MICROSOFT_SECRET}."
    )
    cloud: Cloud = Field(default="global", description="sharepoint: which of Microsoft's clouds the tenant lives in.")
    encoding: str | None = Field(
        default=None, description="csv only: the encoding of the file. utf-8 when left out; never guessed."
    )
    delimiter: str | None = Field(default=None, description='csv only: one character, or "tab". A comma when left out.')
    decimal: DecimalStyle | None = Field(
        default=None,
        description="How numbers that stand as text are written: plain 1234.5, en 1,234.5, fr 1 234,5. "
        "When left out, csv is plain, and in a workbook text is no number.",
    )
    dates: DateStyle = Field(
        default="iso", description="How dates that stand as text are written: iso 2026-03-31, day-first 31/03/2026."
    )
    timezone: ZoneName | None = Field(
        default=None,
        description="IANA name of the zone in which the dates of the file are meant; a Google sheet knows its own, "
        "elsewhere UTC when left out.",
    )

    @field_validator("file")
    @classmethod
    def _is_a_path(cls, file: str | None) -> str | None:
        if file is not None and "://" in file:
            raise ValueError(f"{file!r} is an address: write url: for a file on the web, google_sheet: or sharepoint:")
        if file is not None and "\0" in file:
            raise ValueError("a path holds no NUL character")
        return file

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None:
            host = _https(url, "https://acme.test/kpis.csv")
            if host == "docs.google.com" and "/pub" not in url and "/export" not in url:
                raise ValueError("this is a page of Google's, not a file: write google_sheet: with this address")
        return url

    @field_validator("google_sheet")
    @classmethod
    def _is_a_sheet(cls, sheet: str | None) -> str | None:
        """Keep the id alone, so that all ways to say the same sheet are one."""
        if sheet is None or _SHEET_ID.fullmatch(sheet):
            return sheet
        match = _SHEET_ADDRESS.fullmatch(sheet.strip())
        if match is None or match[1] == "e":
            raise ValueError(
                f"{sheet[:80]!r} is no Google sheet: copy its address from the browser, "
                "https://docs.google.com/spreadsheets/d/…/edit"
            )
        return match[1]

    @field_validator("sharepoint")
    @classmethod
    def _is_a_link(cls, sharepoint: str | DriveFile | None) -> str | DriveFile | None:
        if isinstance(sharepoint, str):
            _https(sharepoint, "https://acme.sharepoint.com/:x:/s/ops/…")
        return sharepoint

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, encoding: str | None) -> str | None:
        if encoding is None:
            return None
        try:
            "a".encode(encoding)
            return codecs.lookup(encoding).name
        except (LookupError, TypeError) as error:
            raise ValueError(f"unknown encoding {encoding!r}: use a name such as utf-8, cp1252 or utf-16") from error

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, delimiter: str | None) -> str | None:
        if delimiter in ("tab", "\\t"):
            return "\t"
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0' or delimiter.isalnum()):
            raise ValueError(f"{delimiter!r} cannot delimit: use one character such as , or ; or |, or the word tab")
        return delimiter

    @model_validator(mode="after")
    def _is_one_spreadsheet(self) -> Self:
        given = [name for name in _PLACES if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"say exactly one of file, url, google_sheet or sharepoint: found {found}")
        place = given[0]
        for other, terms in _PLACES.items():
            unfit = [name for name in terms if other != place and getattr(self, name) is not None]
            if unfit:
                raise ValueError(f"{', '.join(unfit)} goes with {other} only: this is a {place}")
        if place == "google_sheet":
            if (self.key is None) == (self.key_file is None):
                raise ValueError("a google_sheet needs the key of a service account: give key or key_file, one of them")
            if self.encoding is not None or self.delimiter is not None:
                raise ValueError("encoding and delimiter go with csv files only")
        if place == "sharepoint" and (missing := [name for name in _PLACES[place] if getattr(self, name) is None]):
            raise ValueError(f"sharepoint needs {', '.join(missing)} of an app registration")
        return self


_PLACES: dict[str, tuple[str, ...]] = {
    "file": (),
    "url": ("token",),
    "google_sheet": ("key", "key_file"),
    "sharepoint": ("tenant", "client_id", "client_secret"),
}


def _https(address: str, such_as: str) -> str:
    """Return the host of an https address.

    Raises:
        ValueError: it is none, or holds an account.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise ValueError(f"this is no https address such as {such_as}")
    return parts.hostname

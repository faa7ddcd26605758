"""A file behind an https address: fetched when it changed, as its server tells by ETag or Last-Modified.

https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from connectors.http import Headers, HttpClient, Limits, Reply
from connectors.port import Surroundings
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.sniff import OLE, ZIP
from connectors.spreadsheet.csvfile import SUFFIXES
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.places import Book, Edition, open_file, unnamed_copy
from mapping.errors import FixConfigError

FRESH_FOR = 60.0
DOWNLOAD = Limits(body=caps.FILE_BYTES)
NOT_MODIFIED = 304
_NAMED = re.compile(r'filename\*?=(?:UTF-8\'\')?"?([^";]+)"?', re.IGNORECASE)
_CSV_TYPES = ("text/csv", "text/tab-separated-values", "application/csv")
_EARLY = timedelta(days=1)


class UrlPlace:
    """One file of a web server. One request asks whether it changed and brings it if it did."""

    fresh_for = FRESH_FOR
    account = ""

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._url = (options.url or "").strip()
        parts = urlsplit(self._url)
        self.server = parts.netloc
        self.said = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._now = surroundings.now
        self._zone = ZoneInfo(options.timezone or "UTC")
        token = options.token
        self._http = HttpClient(
            base_url=f"{parts.scheme}://{parts.netloc}",
            vendor=parts.netloc,
            headers={"authorization": SecretStr(f"Bearer {token.get_secret_value().strip()}")} if token else {},
            surroundings=surroundings,
            limits=DOWNLOAD,
        )
        self._held: tuple[Edition, Headers] | None = None
        self._fetched: Reply | None = None

    async def edition(self) -> Edition:
        """Ask whether the file changed since it was last fetched; if so, it is kept for ``open``."""
        headers = self._held[1] if self._held else Headers()
        asked = {
            name: headers[stated]
            for name, stated in (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
            if stated in headers
        }
        reply = await self._http.request(
            "GET", self._url, headers={"accept": "*/*", **asked}, accept={NOT_MODIFIED}, expect_json=False,
            elsewhere=True,
        )  # fmt: skip
        if reply.status == NOT_MODIFIED:
            if self._held is None:
                raise FixConfigError(f"{self.said} was answered with 304 although nothing is held: mend the server")
            return self._held[0]
        edition = self._edition(reply)
        if self._held is not None and edition.mark == self._held[0].mark:  # a server that knows no 304
            return self._held[0]
        self._fetched = reply
        return edition

    async def open(self) -> tuple[Book, Edition]:
        """Open what is there now, fetching it unless ``edition`` just did.

        Raises:
            FixConfigError: it is a web page, or as ``open_file``.
            TryAgainError: as ``open_file``.
        """
        while (reply := self._fetched) is None:
            self._held = None  # so that the server sends the whole file
            await self.edition()
        self._fetched = None
        edition = self._edition(reply)
        if reply.is_web_page():
            raise FixConfigError(
                f"{self.said} is a web page and no spreadsheet, perhaps one to log in: give the address of the file"
            )
        with unnamed_copy(reply.body, self.said) as copy:
            book = await open_file(copy, self.said, self._options, is_csv=_is_csv(reply, self._url, self._options))
        self._held = edition, reply.headers
        return book, edition

    def requests(self) -> int:
        """Return how many requests were sent."""
        return self._http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _edition(self, reply: Reply) -> Edition:
        """Return the edition of an answer; without a sound Last-Modified it is dated at the start of our day.

        That keeps what a second read of the day finds equal to what the first found.
        """
        today = self._now().astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        stated = _instant(reply.headers.get("last-modified", ""))
        if stated is not None and stated > self._now() + _EARLY:
            stated = None  # a clock that is a day ahead says nothing
        mark = hashlib.sha256(reply.body).hexdigest()
        return Edition(mark=mark, changed_at=stated or today.astimezone(UTC), size=len(reply.body))


def _instant(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):  # no date, or one of another form: the header is advice, not data
        return None


def _is_csv(reply: Reply, url: str, options: SpreadsheetOptions) -> bool:
    """Tell csv from workbooks: by how it begins, what was declared, the name, and the media type, in this order."""
    if reply.body.startswith((ZIP, OLE)):
        return False
    if options.encoding is not None or options.delimiter is not None:
        return True
    named = _NAMED.search(reply.headers.get("content-disposition", ""))
    name = unquote(named[1]) if named else urlsplit(url).path
    return PurePosixPath(name).suffix.lower() in SUFFIXES or reply.headers.get("content-type", "").lower().startswith(
        _CSV_TYPES
    )

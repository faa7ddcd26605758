"""A Google sheet, read as a service account that it is shared with.

Drive tells whether it changed (``version`` grows with every change), Sheets gives properties and values. Quotas: 300
reads a minute and project, 60 a minute and account, and a 429 names no time to wait:
https://developers.google.com/workspace/sheets/api/limits
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.http import HttpClient, Limits, Reply
from connectors.port import Surroundings
from connectors.spreadsheet.cells import Directory, Sheet, column_name
from connectors.spreadsheet.google_key import SCOPES, GoogleSeller, Key, read_key
from connectors.spreadsheet.google_wire import (
    DriveFile,
    SheetAnswer,
    Spreadsheet,
    Values,
    area_of,
    cells_of,
    directory_of,
    grids,
    quoted,
    reach,
    told_of,
    utc,
)
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.places import Book, Edition
from connectors.spreadsheet.tokens import TokenAuthority
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError

SHEETS = "https://sheets.googleapis.com"
DRIVE = "https://www.googleapis.com/drive/v3"
FRESH_FOR = 60.0
RATE = Limits(rate=(60, 60.0))
TOGETHER = 200_000
"""Sheets whose grids come to so many cells are read in one request, asked for or not: a file is mostly small."""
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PROPERTIES = (
    "properties(title,locale,timeZone),namedRanges(name,range),"
    "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),merges,tables(name,range))"
)
FORMATS = (
    "sheets(properties(sheetId,title),data(startRow,startColumn,"
    "rowData(values(effectiveValue(errorValue(type)),effectiveFormat(numberFormat)))))"
)


class GooglePlace:
    """One Google sheet."""

    server = "Google Sheets"
    fresh_for = FRESH_FOR

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings, scopes: Sequence[str] = SCOPES) -> None:
        self._id = options.google_sheet or ""
        self._scopes = scopes
        self._options = options
        self._around = surroundings
        self._title = ""
        self._wire: _Wire | None = None

    @property
    def said(self) -> str:
        """Return its title once it is known."""
        return self._title or f"the Google sheet {self._id[:12]}…"

    @property
    def account(self) -> str:
        """Return the e-mail of the service account, once its key was read."""
        return self._wire.key.client_email if self._wire else ""

    async def edition(self) -> Edition:
        """Ask Drive for the present version.

        Raises:
            FixConfigError: it is in the trash, no spreadsheet, not shared with us, or there is none of this id.
        """
        file = await (await self._opened_wire()).file(self._id)
        self._title = file.name
        if file.trashed:
            raise FixConfigError(f"{self.said} is in Google Drive's trash: restore it, or name another sheet")
        if file.mime_type != SPREADSHEET:
            raise FixConfigError(
                f"{self.said} is no Google sheet but {file.mime_type or 'something else'} in Drive: open it there and "
                "choose File, Save as Google Sheets"
            )
        return Edition(mark=file.version, changed_at=utc(file.modified_time))

    async def open(self) -> tuple[Book, Edition]:
        """Read properties and the small sheets of one version.

        Raises:
            FixConfigError: as ``edition``.
            TryAgainError: it is being edited.
        """
        for _ in range(2):
            edition = await self.edition()
            book = GoogleBook(await self._opened_wire(), self._id, edition, self)
            await book.look()
            if self._options.timezone is None:
                _check_zone(book.directory.zone or "", self.said)
            if (await self.edition()).mark == edition.mark:
                return book, edition
        raise self.being_edited()

    async def column(self, sheet: str, column: int) -> list[object]:
        """Return what was typed into the cells of a column, from the top; formulas as such, empty cells None.

        Args:
            sheet: its name, quoted.
            column: from 0.
        """
        letters = column_name(column)
        answer = await (await self._opened_wire()).typed(self._id, f"{sheet}!{letters}:{letters}")
        rows = answer.value_ranges[0].values if answer.value_ranges else []
        return [row[0] if row else None for row in rows]

    async def put(self, values: Mapping[str, Decimal | str]) -> None:
        """Set cells, by their quoted addresses, in one request.

        Raises:
            FixConfigError: the account may not edit the sheet.
            TryAgainError: busy, away, or the answer was lost.
        """
        await (await self._opened_wire()).put(self._id, values)

    def being_edited(self) -> TryAgainError:
        """Return the error for a version that went while it was read."""
        return TryAgainError(f"{self.said} is being edited: it changed while it was read: sync again later")

    def requests(self) -> int:
        """Return how many requests were sent."""
        return self._wire.sent if self._wire else 0

    async def aclose(self) -> None:
        """Close the connections."""
        if self._wire is not None:
            await self._wire.aclose()

    async def _opened_wire(self) -> _Wire:
        if self._wire is None:
            key = await asyncio.to_thread(read_key, self._options, self._around.folder)
            self._wire = _Wire(key, self._around, self._scopes)
        return self._wire


class GoogleBook:
    """One version of a Google sheet."""

    def __init__(self, wire: _Wire, id_: str, edition: Edition, place: GooglePlace) -> None:
        self.alive = True
        self.directory = Directory(format="Google Sheets", sheets=())
        self._wire = wire
        self._id = id_
        self._edition = edition
        self._place = place
        self._about: dict[str, SheetAnswer] = {}
        self._sheets: dict[str, Sheet] = {}

    async def look(self) -> None:
        """Read the directory, and the sheets that are small enough to go together."""
        answer = await self._wire.properties(self._id)
        self.directory = directory_of(answer)
        self._about = {sheet.properties.title: sheet for sheet in grids(answer)}
        together, cells = [], 0
        for name, sheet in self._about.items():
            grid = sheet.properties.grid_properties
            cells += grid.row_count * grid.column_count
            if cells > TOGETHER:
                break
            together.append(name)
        await self._read(together)

    async def sheet(self, name: str | None) -> Sheet:
        """Return the cells of a sheet.

        Raises:
            FixConfigError: it holds more than we take.
            TryAgainError: the spreadsheet has changed since it was opened.
        """
        if name is None or name not in self._about:
            raise FixConfigError(f"{self._place.said} has no sheet {name!r}")
        if name not in self._sheets:
            await self._read([name])
            if (await self._place.edition()).mark != self._edition.mark:
                self.alive = False
                raise self._place.being_edited()
        return self._sheets[name]

    async def aclose(self) -> None:
        """Nothing is held."""
        self.alive = False

    async def _read(self, names: list[str]) -> None:
        """Read values, then what is told of the cells that have one."""
        if not names:
            return
        values = await self._wire.values(self._id, [quoted(name) for name in names])
        if len(values.value_ranges) != len(names):
            raise PartialReadError(
                f"{self._place.said}: Google answered {len(values.value_ranges)} of {len(names)} ranges: sync again"
            )
        filled = {name: found for name, found in zip(names, values.value_ranges, strict=True) if reach(found)}
        told = await self._wire.formats(self._id, [f"{quoted(name)}!{reach(found)}" for name, found in filled.items()])
        data = {sheet.properties.title: sheet.data for sheet in told.sheets}
        for name in names:
            about = self._about[name]
            sheet = Sheet(file=self._place.said, name=name)
            sheet.merged = tuple(area_of(merge, about.properties) for merge in about.merges)
            if name in filled:
                cells_of(sheet, filled[name], dict(told_of(data.get(name, []))))
            self._sheets[name] = sheet


class _Wire:
    """The requests, on three hosts: tokens, Drive, Sheets."""

    def __init__(self, key: Key, surroundings: Surroundings, scopes: Sequence[str]) -> None:
        self.key = key
        self._seller = GoogleSeller(key, surroundings, scopes)
        authority = TokenAuthority(self._seller, surroundings.now)

        def client(base_url: str, vendor: str) -> HttpClient:
            return HttpClient(
                base_url=base_url, vendor=vendor, headers={}, surroundings=surroundings, authority=authority,
                classify=self._classify, limited=_limited, limits=RATE,
            )  # fmt: skip

        self._sheets = client(SHEETS, "Google Sheets")
        self._drive = client(DRIVE, "Google Drive")

    async def file(self, id_: str) -> DriveFile:
        """Return what Drive knows of the file."""
        fields = "name,version,modifiedTime,trashed,mimeType"
        reply = await self._drive.get(f"/files/{id_}", params={"fields": fields, "supportsAllDrives": "true"})
        return reply.decode(DriveFile)

    async def properties(self, id_: str) -> Spreadsheet:
        """Return sheets, names and tables."""
        return (await self._sheets.get(f"/v4/spreadsheets/{id_}", params={"fields": PROPERTIES})).decode(Spreadsheet)

    async def values(self, id_: str, ranges: list[str]) -> Values:
        """Return the values of whole sheets, as they are and not as they are shown."""
        reply = await self._sheets.get(
            f"/v4/spreadsheets/{id_}/values:batchGet",
            params={
                "ranges": ranges,
                "majorDimension": "ROWS",
                "valueRenderOption": "UNFORMATTED_VALUE",
                "dateTimeRenderOption": "SERIAL_NUMBER",
            },
        )
        return reply.decode(Values)

    async def typed(self, id_: str, range_: str) -> Values:
        """Return what was typed into cells: formulas instead of what they come to."""
        reply = await self._sheets.get(
            f"/v4/spreadsheets/{id_}/values:batchGet",
            params={"ranges": [range_], "majorDimension": "ROWS", "valueRenderOption": "FORMULA"},
        )
        return reply.decode(Values)

    async def put(self, id_: str, values: Mapping[str, Decimal | str]) -> None:
        """Set cells; RAW, so that no text is read as a formula, a date or a number."""
        data = [
            {"range": at, "values": [[float(value) if isinstance(value, Decimal) else value]]}
            for at, value in values.items()
        ]
        body = {"valueInputOption": "RAW", "data": data}
        await self._sheets.post(f"/v4/spreadsheets/{id_}/values:batchUpdate", json=body, idempotent=False)

    async def formats(self, id_: str, ranges: list[str]) -> Spreadsheet:
        """Return which of the values are percentages, money, dates, errors."""
        if not ranges:
            return Spreadsheet()
        reply = await self._sheets.get(f"/v4/spreadsheets/{id_}", params={"ranges": ranges, "fields": FORMATS})
        return reply.decode(Spreadsheet)

    @property
    def sent(self) -> int:
        """How many requests went out."""
        return self._sheets.sent + self._drive.sent + self._seller.http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        for client in (self._sheets, self._drive, self._seller.http):
            await client.aclose()

    def _classify(self, reply: Reply) -> OkrsyncError | None:
        email, says = self.key.client_email, reply.says()
        who = f"{reply.connection}: {reply.vendor}"
        if reply.status == 403 and (b"SERVICE_DISABLED" in reply.body or b"accessNotConfigured" in reply.body):
            return FixConfigError(
                f"{who} is not switched on in the project of {email} (403): enable the Google Sheets API and the "
                "Google Drive API in Google Cloud's console"
            )
        if reply.status == 403 and reply.url.endswith(":batchUpdate"):
            return FixConfigError(
                f"{who} does not let {email} edit the sheet (403, {says}): share it with this address as editor"
            )
        if reply.status == 403:
            return FixConfigError(f"{who} does not show the sheet to {email} (403, {says}): share it with this address")
        if reply.status == 404:
            return FixConfigError(
                f"{who} shows {email} no sheet of this id (404): share it with this address, and check the id"
            )
        return None


def _limited(reply: Reply) -> float | None:
    """Return 0 for Drive's 403 that means "slow down"; it names no time."""
    return 0.0 if reply.status == 403 and b"ateLimitExceeded" in reply.body else None


def _check_zone(zone: str, said: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FixConfigError(
            f"{said} is set to the time zone {zone!r}, which is no IANA name: choose a place in its settings, "
            "or declare timezone"
        ) from error

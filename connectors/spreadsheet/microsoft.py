"""A file on SharePoint or OneDrive, by Microsoft Graph: downloaded whole and read as a file on disk is.

Graph's own workbook functions do not take an app's permission, the file's content does. It is handed out behind an
address that is signed for some minutes: https://learn.microsoft.com/graph/api/driveitem-get-content
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote, urlsplit

from msgspec import Meta, Struct, field

from connectors.http import HttpClient, Limits, Reply
from connectors.port import Surroundings
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.csvfile import SUFFIXES
from connectors.spreadsheet.microsoft_app import GRAPHS, MicrosoftSeller
from connectors.spreadsheet.options import DriveFile, SpreadsheetOptions
from connectors.spreadsheet.places import Book, Edition, check_size, open_file, unnamed_copy
from connectors.spreadsheet.tokens import TokenAuthority
from mapping.errors import FixConfigError, OkrsyncError, PartialReadError, TryAgainError

FRESH_FOR = 60.0
ITEM = "id,name,size,eTag,cTag,lastModifiedDateTime,file,folder,parentReference"
VERSION = "id,lastModifiedDateTime,size"
PAGES = 100
Instant = Annotated[datetime, Meta(tz=True)]


class _Parent(Struct, frozen=True, rename="camel"):
    drive_id: str = ""


class Item(Struct, frozen=True, rename="camel"):
    """A file or folder, see https://learn.microsoft.com/graph/api/resources/driveitem ."""

    id: str
    name: str
    last_modified_date_time: Instant
    size: int = 0
    e_tag: str = ""
    c_tag: str = ""
    parent_reference: _Parent = _Parent()
    folder: object = None

    @property
    def mark(self) -> str:
        """Which content it is: the cTag changes with it alone, the eTag with a name as well."""
        return self.c_tag or self.e_tag


class Version(Struct, frozen=True, rename="camel"):
    """A kept version of a file, see https://learn.microsoft.com/graph/api/driveitem-list-versions ."""

    id: str
    last_modified_date_time: Instant
    size: int = 0


class _Versions(Struct, frozen=True):
    value: list[Version]
    next: str = field(name="@odata.nextLink", default="")


class _Site(Struct, frozen=True):
    id: str


class _Drive(Struct, frozen=True):
    id: str
    name: str = ""


class _Drives(Struct, frozen=True):
    value: list[_Drive]


class SharePointPlace:
    """One file of a document library or of somebody's OneDrive, with the editions that are kept of it."""

    server = "SharePoint"
    fresh_for = FRESH_FOR

    def __init__(self, options: SpreadsheetOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._connection = surroundings.connection
        self.account = f"app {options.client_id} of {options.tenant}"
        self._where = options.sharepoint if options.sharepoint is not None else ""
        self._seller = MicrosoftSeller(options, surroundings)
        self._http = HttpClient(
            base_url=f"{GRAPHS[options.cloud]}/v1.0",
            vendor="Microsoft Graph",
            headers={},
            surroundings=surroundings,
            classify=self._classify,
            limits=Limits(body=caps.FILE_BYTES),
            authority=TokenAuthority(self._seller, surroundings.now),
        )
        self._name = ""
        self._address = ""
        """Path of the item by drive and id, which renames and moves leave alone."""

    @property
    def said(self) -> str:
        """Return the file's name once it is known."""
        if self._name:
            return self._name
        if isinstance(self._where, DriveFile):
            return PurePosixPath(self._where.path).name if self._where.path else f"the item {self._where.item}"
        return "the file of the sharing link"

    async def edition(self) -> Edition:
        """Ask for the file's present state.

        Raises:
            FixConfigError: it is not there, not for us, or a folder.
        """
        return _edition(await self._item())

    async def open(self) -> tuple[Book, Edition]:
        """Download and open what is there now.

        Raises:
            FixConfigError: as ``edition`` and ``open_file``.
            TryAgainError: it is being saved, or the machine is too busy.
        """
        for _ in range(2):
            item = await self._item()
            body = await self._content(f"{self._address}/content")
            if (await self._item()).mark == item.mark:
                return await self._book(body), _edition(item)
        raise TryAgainError(f"{self.said} is being saved: it changed while it was read: sync again when it is saved")

    async def past(self, since: datetime) -> AsyncIterator[tuple[Edition, Callable[[], Awaitable[Book]]]]:
        """Give the version that stood at ``since`` and those kept after it, without the present one, oldest first.

        Raises:
            FixConfigError: as ``edition``.
            PartialReadError: the list of versions does not end.
        """
        await self._item()
        oldest_first = await self._versions()
        oldest_first.reverse()
        oldest_first.sort(key=lambda each: each.last_modified_date_time)
        # The newest is the present content, which Graph gives at the item itself and not by its version.
        old = [each for each in oldest_first[:-1] if each.last_modified_date_time <= since][-1:]
        new = [each for each in oldest_first[:-1] if each.last_modified_date_time > since]
        for version in old + new:
            yield (
                Edition(mark=version.id, changed_at=_utc(version.last_modified_date_time), size=version.size),
                self._opener(version),
            )

    def requests(self) -> int:
        """Return how many requests were sent."""
        return self._http.sent + self._seller.http.sent

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._seller.http.aclose()

    def _opener(self, version: Version) -> Callable[[], Awaitable[Book]]:
        async def open_it() -> Book:
            return await self._book(await self._content(f"{self._address}/versions/{quote(version.id)}/content"))

        return open_it

    async def _item(self) -> Item:
        first = not self._address
        path = self._address or await self._path()
        item = (await self._http.get(path, params={"$select": ITEM})).decode(Item)
        self._name = item.name
        if item.folder is not None:
            raise FixConfigError(f"{self.said} is a folder: name a file in it")
        check_size(item.size, self.said)
        if first:
            where = self._where
            drive = where.drive if isinstance(where, DriveFile) and where.drive else item.parent_reference.drive_id
            self._address = f"/drives/{quote(drive)}/items/{quote(item.id)}"
        return item

    async def _path(self) -> str:
        """Return where the item is first looked for."""
        where = self._where
        if not isinstance(where, DriveFile):
            return f"/shares/{share_id(where)}/driveItem"
        if where.drive is not None:
            return f"/drives/{quote(where.drive)}/items/{quote(where.item or '')}"
        path = quote((where.path or "").strip("/"))
        if where.user is not None:
            return f"/users/{quote(where.user)}/drive/root:/{path}"
        site = urlsplit((where.site or "").strip())
        inner = f":{quote(site.path.rstrip('/'))}" if site.path.strip("/") else ""
        found = (await self._http.get(f"/sites/{site.hostname}{inner}", params={"$select": "id"})).decode(_Site)
        if where.library is None:
            return f"/sites/{found.id}/drive/root:/{path}"
        return f"/drives/{quote(await self._library(found.id, where.library))}/root:/{path}"

    async def _library(self, site: str, name: str) -> str:
        drives = (await self._http.get(f"/sites/{site}/drives", params={"$select": "id,name"})).decode(_Drives).value
        found = [drive.id for drive in drives if drive.name.casefold() == name.casefold()]
        if len(found) != 1:
            names = ", ".join(drive.name for drive in drives)
            raise FixConfigError(f"the site has no library {name!r}: it has {names}")
        return found[0]

    async def _content(self, path: str) -> bytes:
        reply = await self._http.request("GET", path, headers={"accept": "*/*"}, expect_json=False, elsewhere=True)
        return reply.body

    async def _book(self, body: bytes) -> Book:
        is_csv = PurePosixPath(self._name).suffix.lower() in SUFFIXES
        with unnamed_copy(body, self.said) as copy:
            return await open_file(copy, self.said, self._options, is_csv=is_csv)

    async def _versions(self) -> list[Version]:
        found: list[Version] = []
        seen: set[str] = set()
        reply = await self._http.get(f"{self._address}/versions", params={"$select": VERSION})
        while True:
            page = reply.decode(_Versions)
            found += page.value
            if not page.next:
                return found
            if page.next in seen or len(seen) >= PAGES:
                raise PartialReadError(f"{self.said}: its list of versions leads in a circle: look again later")
            seen.add(page.next)
            reply = await self._http.get(page.next)

    def _classify(self, reply: Reply) -> OkrsyncError | None:
        who = f"{self._connection}: Microsoft Graph"
        says = f" ({said})" if (said := reply.says()) else ""
        if reply.status == 403:
            return FixConfigError(
                f"{who} does not let {self.account} read {self.said} (403){says}: grant the application permission "
                "Files.Read.All with an administrator's consent, or Sites.Selected and this site"
            )
        if reply.status in (404, 410):
            return FixConfigError(
                f"{who} finds no {self.said} ({reply.status}){says}: it was moved, deleted or never there: correct the "
                "link or the path"
            )
        return None


def _edition(item: Item) -> Edition:
    return Edition(mark=item.mark, changed_at=_utc(item.last_modified_date_time), size=item.size)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def share_id(link: str) -> str:
    """Return a sharing link as Graph wants it, see https://learn.microsoft.com/graph/api/shares-get .

    >>> share_id("https://acme.sharepoint.com/:x:/s/ops/EaB")
    'u!aHR0cHM6Ly9hY21lLnNoYXJlcG9pbnQuY29tLzp4Oi9zL29wcy9FYUI'
    """
    return "u!" + base64.urlsafe_b64encode(link.strip().encode()).decode().rstrip("=")

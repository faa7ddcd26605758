"""Microsoft as the connector meets it: Entra's discovery and tokens, Graph's files and versions, signed addresses.

Every request of ours to Graph and every answer is held against Graph's own metadata where that is at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

from connectors.spreadsheet.microsoft import share_id
from tests.connectors.contract import CANARY
from tests.connectors.spreadsheet.graph_described import problems

TENANT = "acme.onmicrosoft.com"
CLIENT = "0b5f0c3e-1111-4222-8333-944445555666"
SECRET = f"secret-{CANARY}"
LINK = "https://acme.sharepoint.com/:x:/s/ops/EaBcD?e=hidden"
SITE = "acme.sharepoint.com,5a58bb09,9f3a"
DRIVE, ITEM = "b!drive-1", "01ITEM"
NAMED = {
    f"/shares/{share_id(LINK)}/driveItem",
    f"/drives/{DRIVE}/items/{ITEM}",
    f"/drives/{DRIVE}/root:/OKR/kpis.xlsx",
    f"/sites/{SITE}/drive/root:/OKR/kpis.xlsx",
    "/users/ana@acme.test/drive/root:/OKR/kpis.xlsx",
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """One version of the file."""

    id: str
    changed_at: str
    content: bytes


@dataclass
class GraphServer:
    """One file, its versions (newest first), and an app that may read it."""

    versions: list[Kept]
    now: Callable[[], datetime]
    name: str = "kpis.xlsx"
    folder: bool = False
    size: int | None = None
    """What Graph says of it; None is the truth."""
    secret: str = SECRET
    page: int = 2
    """Versions a page."""
    fail: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
    """May answer instead."""
    after: Callable[[httpx.Request], None] = lambda _request: None
    """Called after each answer; it may save the file."""
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.host}{unquote(request.url.path)}")
        answer = self.fail(request) or self._answer(request)
        self.after(request)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.microsoftonline.com":
            return self._login(request)
        if request.url.host == "acme.sharepoint.com":
            return self._download(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, self.now()) <= self.now():
            return refusal(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        path = unquote(request.url.path).removeprefix("/v1.0")
        found = self._found(path, parse_qs(request.url.query.decode()))
        if found is None:
            return refusal(404, "itemNotFound", "The resource could not be found.")
        if isinstance(found, str):
            assert problems(request, None) == []
            where = f"https://acme.sharepoint.com/download/{found}?tempauth=signed"
            return httpx.Response(302, headers={"location": where})
        assert problems(request, found) == []
        return httpx.Response(200, json=found)

    def _found(self, path: str, query: dict[str, list[str]]) -> Json | str | None:
        """Return an answer, or the version whose content is asked for."""
        item = f"/drives/{DRIVE}/items/{ITEM}"
        if path in NAMED:
            return self._item()
        if path == "/sites/acme.sharepoint.com:/sites/ops":
            return {"id": SITE}
        if path == f"/sites/{SITE}/drives":
            return {"value": [{"id": "b!other", "name": "Archive"}, {"id": DRIVE, "name": "Documents"}]}
        if path == f"{item}/content":
            return "current"
        if path == f"{item}/versions":
            return self._page(int(query.get("$skiptoken", ["0"])[0]))
        for version in self.versions[1:]:  # the newest one's content is not given here
            if path == f"{item}/versions/{version.id}/content":
                return version.id
        return None

    def _item(self) -> Json:
        newest = self.versions[0]
        facet: Json = {"folder": {"childCount": 3}} if self.folder else {"file": {"mimeType": "application/x"}}
        return {
            "id": ITEM, "name": self.name, "size": self.size or len(newest.content),
            "lastModifiedDateTime": newest.changed_at,
            "eTag": f'"{{{ITEM}}},{newest.id}"', "cTag": f'"c:{{{ITEM}}},{newest.id}"',
            "parentReference": {"driveId": DRIVE, "driveType": "documentLibrary"},
        } | facet  # fmt: skip

    def _page(self, start: int) -> Json:
        page = self.versions[start : start + self.page]
        value = [{"id": each.id, "lastModifiedDateTime": each.changed_at, "size": len(each.content)} for each in page]
        if start + self.page >= len(self.versions):
            return {"value": value}
        link = f"https://graph.microsoft.com/v1.0/drives/{DRIVE}/items/{ITEM}/versions?$skiptoken={start + self.page}"
        return {"value": value, "@odata.nextLink": link}

    def _download(self, request: httpx.Request) -> httpx.Response:
        assert "authorization" not in request.headers
        assert request.url.query == b"tempauth=signed"
        wanted = request.url.path.rpartition("/")[2]
        found = self.versions[0] if wanted == "current" else next(v for v in self.versions if v.id == wanted)
        return httpx.Response(200, content=found.content, headers={"content-type": "application/octet-stream"})

    def _login(self, request: httpx.Request) -> httpx.Response:
        base = f"https://login.microsoftonline.com/{TENANT}"
        if TENANT not in request.url.path:
            body = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'x' not found."}
            return httpx.Response(400, json=body)
        if request.url.path.endswith("/.well-known/openid-configuration"):
            ends = {"token_endpoint": f"{base}/oauth2/v2.0/token", "authorization_endpoint": f"{base}/oauth2/v2.0/x"}
            return httpx.Response(200, json={"issuer": f"{base}/v2.0", **ends})
        assert request.url.path == f"/{TENANT}/oauth2/v2.0/token"
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert form["grant_type"] == "client_credentials"
        assert form["scope"] == "https://graph.microsoft.com/.default"
        if form["client_secret"] != self.secret or form["client_id"] != CLIENT:
            told = f"AADSTS7000215: Invalid client secret provided ({form['client_secret']}). Trace ID: 1\r\nMore"
            return httpx.Response(401, json={"error": "invalid_client", "error_description": told})
        token = f"eyJ0.{CANARY}.{len(self.tokens)}"
        self.tokens[token] = self.now() + timedelta(seconds=3599)
        return httpx.Response(200, json={"token_type": "Bearer", "expires_in": 3599, "access_token": token})


def refusal(status: int, code: str, message: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message}})

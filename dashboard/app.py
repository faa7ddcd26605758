"""``create_app`` puts the page together: routes, headers, errors, static files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dashboard.api import PREFIX as API_PREFIX
from dashboard.api import Counter, api_routes
from dashboard.drafts import draft_routes
from dashboard.headers import SECURITY_HEADERS, SecurityHeaders
from dashboard.pages import Site
from dashboard.reader import Reader
from dashboard.templating import environments
from dashboard.texts import LANGUAGES
from mapping.errors import FixConfigError, OkrsyncError
from mapping.show import Lang

STATIC = Path(str(files("dashboard").joinpath("static")))
A_YEAR = "public, max-age=31536000, immutable"


def create_app(
    reader: Reader,
    *,
    default_language: Lang = LANGUAGES[0],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    counter: Counter | None = None,
) -> Starlette:
    """Return the read-only page over ``reader`` as an ASGI application.

    Args:
        reader: called from the server's threads, several at once.
        default_language: ``en`` or ``fr``, for browsers that prefer neither.
        now: the clock against which ages are told.
        counter: takes reports of other servers and knows tokens; None leaves the REST API out.

    Raises:
        FixConfigError: the page does not speak ``default_language``.
    """
    if default_language not in LANGUAGES:
        raise FixConfigError(f"page language {default_language!r}: use one of {', '.join(LANGUAGES)}")
    site = Site(reader=reader, environments=environments(), default_language=default_language, now=now, asset=asset)
    return Starlette(
        routes=[
            Route("/", site.overview, name="overview"),
            Route("/overview.json", site.overview_json, name="overview_json"),
            Route("/kr/{objective}/{key_result}.json", site.key_result_json, name="key_result_json"),
            Route("/kr/{objective}/{key_result}", site.key_result, name="key_result"),
            Route("/runs", site.runs, name="runs"),
            *draft_routes(site),
            Route("/healthz", site.health, name="health"),
            *(api_routes(reader, counter) if counter is not None else ()),
            Mount("/static", Assets(directory=STATIC), name="static"),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(GZipMiddleware, minimum_size=1024)],
        exception_handlers={
            HTTPException: lambda request, error: refusal(site, request, error),
            OkrsyncError: lambda request, error: unavailable(site, request, error),
            Exception: lambda request, _error: failure(site, request),
        },
    )


class Assets(StaticFiles):
    """Static files with an ETag; one asked for by its fingerprint never changes and is kept for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        if response.status_code in {200, 304}:
            current = asset(path).partition("?")[2].encode()
            response.headers["Cache-Control"] = A_YEAR if scope["query_string"] == current else "public, no-cache"
        return response


@cache
def asset(name: str) -> str:
    """Return the path of a static file with the fingerprint of its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


def refusal(site: Site, request: Request, error: Exception) -> Response:
    """Answer a request that has no page, such as an unknown key result."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return _problem(site, request, status, detail=None, headers=headers)


def unavailable(site: Site, request: Request, error: Exception) -> Response:
    """Answer an expected failure below with its one clear line."""
    return _problem(site, request, 503, detail=str(error), headers={"Retry-After": "60"})


def failure(site: Site, request: Request) -> Response:
    """Answer a fault of ours; the server's log has the traceback, the page has none of it."""
    response = _problem(site, request, 500, detail=None, headers=None)
    response.headers.update(SECURITY_HEADERS)  # this answer is sent from outside all middleware
    return response


def _problem(
    site: Site, request: Request, status: int, *, detail: str | None, headers: Mapping[str, str] | None
) -> Response:
    response: Response
    if request.url.path.endswith(".json") or request.url.path.startswith(API_PREFIX):
        response = JSONResponse({"status": status, "error": detail or HTTPStatus(status).phrase}, status_code=status)
    else:
        response = site.render(request, "error.html", status, status=status, detail=detail)
    response.headers.update(headers or {})
    return response

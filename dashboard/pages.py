"""The pages: each reads once, arranges, and renders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, zip_longest
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from dashboard import board, drawing
from dashboard.as_json import explanation_json, overview_json
from dashboard.languages import COOKIE, ONE_YEAR, known, language_of
from dashboard.reader import Reader
from mapping.explanation import Explanation
from mapping.periods import local_date
from mapping.readings import Contribution
from mapping.rules import Cycle
from mapping.show import Lang
from mapping.standing import Overview
from mapping.status import Status

RUNS_SHOWN = 30
ITEMS_A_PAGE = 100
FILTERS = ("all", "counted", "left-out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every page needs: where to read, how to render, what time it is."""

    reader: Reader
    environments: Mapping[str, Environment]
    default_language: Lang
    now: Callable[[], datetime]
    asset: Callable[[str], str]

    def render(self, request: Request, template: str, status_code: int = 200, **context: object) -> Response:
        """Return a page in the language of the request, remembering a language that the address asked for."""
        language = language_of(request, self.default_language)
        here = Here(request)
        page = self.environments[language].get_template(template)
        body = page.render(here=here, asset=lambda name: here.root + self.asset(name), **context)
        response = HTMLResponse(body, status_code=status_code)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept-Language, Cookie"
        response.headers["Content-Language"] = language
        if known(request.query_params.get("lang")) is not None:
            response.set_cookie(
                COOKIE, language, max_age=ONE_YEAR, path=here.root or "/", httponly=True, samesite="lax"
            )
        return response

    def overview(self, request: Request) -> Response:
        """Answer ``/``: a cycle's objectives; ``?cycle=`` names another, ``?status=`` keeps its key results only."""
        cycles = newest_first(self.reader.cycles())
        if not cycles:
            return self.render(request, "empty.html")
        shown = self._overview(request)
        chosen = status_filter(request)
        standings = board.standings_of(shown)
        return self.render(
            request,
            "overview.html",
            overview=shown,
            cycle=shown.cycle,
            cycles=cycles,
            now=shown.as_of,
            passed=drawing.place_in(shown.cycle, shown.as_of),
            days_left=(shown.cycle.ends_on - local_date(shown.as_of, shown.cycle.timezone)).days,
            total=len(standings),
            tallies=board.tallies(standings),
            counts=board.counts(standings),
            chosen=chosen,
            teams=board.teams(shown.objectives, chosen),
            moves=board.moves(shown, self.reader),
        )

    def overview_json(self, request: Request) -> Response:
        """Answer ``/overview.json``: the same standing for machines."""
        return json_response(overview_json(self._overview(request)))

    def key_result(self, request: Request) -> Response:
        """Answer ``/kr/{objective}/{key_result}``: why one number is what it is."""
        explanation, now = self._explain(request), self.now()
        cycles = newest_first(self.reader.cycles())
        cycle = next((cycle for cycle in cycles if cycle.id == explanation.cycle), None)
        if cycle is None:
            raise HTTPException(404)
        return self.render(
            request,
            "key_result.html",
            why=explanation,
            standing=explanation.standing,
            cycle=cycle,
            cycles=cycles,
            now=now,
            chart=drawing.chart(
                explanation.check_ins,
                cycle,
                explanation.standing.metric,
                now,
                explanation.expected_line,
                explanation.rebuilt,
            ),
            outlook=None if explanation.forecast is None else drawing.outlook(explanation.forecast),
            history=with_previous(explanation),
            items=items_page(request, explanation.reading.evidence),
        )

    def key_result_json(self, request: Request) -> Response:
        """Answer ``/kr/{objective}/{key_result}.json``."""
        return json_response(explanation_json(self._explain(request)))

    def runs(self, request: Request) -> Response:
        """Answer ``/runs``: how the last syncs went, connection by connection."""
        cycles = newest_first(self.reader.cycles())
        timezone = cycles[0].timezone if cycles else "UTC"
        runs = list(islice(self.reader.runs(RUNS_SHOWN), RUNS_SHOWN))
        return self.render(
            request, "runs.html", runs=runs, cycles=cycles, cycle=None, now=self.now(), timezone=timezone
        )

    def health(self, _request: Request) -> Response:
        """Answer ``/healthz``: 200 when the store answers; an error of the store becomes a 5xx as anywhere."""
        self.reader.cycles()
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    def _overview(self, request: Request) -> Overview:
        try:
            return self.reader.overview(request.query_params.get("cycle") or None)
        except LookupError as error:
            raise HTTPException(404) from error

    def _explain(self, request: Request) -> Explanation:
        address = f"{request.path_params['objective']}/{request.path_params['key_result']}"
        try:
            return self.reader.explain(address)
        except LookupError as error:
            raise HTTPException(404) from error


class Here:
    """Addresses as seen from the page being rendered, behind a proxy with a path prefix too."""

    def __init__(self, request: Request) -> None:
        self._request = request
        # inside a mount, root_path also holds the mount's own path
        root: str = request.scope.get("app_root_path", request.scope.get("root_path", ""))
        self.root = root.rstrip("/")

    def to(self, page: str, /, **params: str) -> str:
        """Return the path of one of our pages."""
        return self.root + str(self._request.app.url_path_for(page, **params))

    def key_result(self, address: str) -> str:
        """Return the path of the page of ``objective/key-result``."""
        objective, _, key_result = address.partition("/")
        return self.to("key_result", objective=objective, key_result=key_result)

    def again(self, **changes: str | None) -> str:
        """Return this page with some parameters changed, or with None left out."""
        query = {**self._request.query_params, **changes}
        kept = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self._request.url.path}?{kept}" if kept else self._request.url.path


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPage:
    """A part of the evidence that fits on a page."""

    rows: tuple[Contribution, ...]
    filter: str
    counts: Mapping[str, int]
    page: int
    pages: int
    filters: tuple[str, ...] = field(default=FILTERS)


def items_page(request: Request, evidence: tuple[Contribution, ...]) -> ItemsPage:
    """Return the items that ``?items=`` and ``?page=`` ask for; what cannot be read asks for the first of all."""
    by_filter = {
        "all": evidence,
        "counted": tuple(item for item in evidence if item.counted),
        "left-out": tuple(item for item in evidence if not item.counted),
    }
    wish = request.query_params.get("items", "all")
    chosen = by_filter.get(wish, evidence)
    pages = max(1, -(-len(chosen) // ITEMS_A_PAGE))
    number = request.query_params.get("page", "1")
    page = min(pages, max(1, int(number))) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    return ItemsPage(
        rows=chosen[(page - 1) * ITEMS_A_PAGE : page * ITEMS_A_PAGE],
        filter=wish if wish in by_filter else "all",
        counts={name: len(items) for name, items in by_filter.items()},
        page=page,
        pages=pages,
    )


def with_previous(explanation: Explanation) -> list[board.Entry]:
    """Return the check-ins newest first, each with the one it followed."""
    check_ins = explanation.check_ins
    return [
        board.Entry(check_in=check_in, before=before)
        for check_in, before in zip_longest(check_ins, check_ins[1:])
        if check_in is not None
    ]


def status_filter(request: Request) -> Status | None:
    """Return the status that ``?status=`` names; None for none or an unknown one."""
    wish = request.query_params.get("status", "")
    return Status(wish) if wish in set(Status) else None


def newest_first(cycles: Sequence[Cycle]) -> list[Cycle]:
    """Return cycles as the switcher lists them."""
    return sorted(cycles, key=lambda cycle: (cycle.starts_on, cycle.ends_on, cycle.id), reverse=True)


def json_response(content: object, status_code: int = 200) -> Response:
    """Return an answer for machines, kept by no cache."""
    return JSONResponse(content, status_code, headers={"Cache-Control": "private, no-cache"})

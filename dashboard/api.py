"""The REST API: what other programs read, and where other okrsync servers report.

Reading asks the reader, as the pages do; a report goes through a plain function of the flows, which writes it in one
transaction. Described at ``/api/v1/openapi.json``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.as_json import explanation_json, overview_json
from dashboard.openapi import description
from dashboard.reader import Reader
from mapping.errors import FixConfigError, OkrsyncError
from mapping.plain import plain
from mapping.report import ConflictError, ForbiddenError, Report, Taken, Trial

if TYPE_CHECKING:  # the page starts without SQLAlchemy
    from store import Token

PREFIX = "/api/v1"
MOST_BYTES = 64 * 1024
"""Of a body: a report takes about one kilobyte."""
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

T = TypeVar("T")


class Counter(Protocol):
    """Knows tokens and takes reports. Called from several threads at once."""

    def token(self, secret: str, /) -> Token | None:
        """Return whose token this is, None when it is nobody's."""
        ...

    def report(self, token: Token, address: str, report_id: str, report: Report, /) -> Taken:
        """Take a report once."""
        ...

    def try_out(self, token: Token, address: str, report: Report, /) -> Trial:
        """Return what would become of a report, and write nothing."""
        ...


class RefusedError(Exception):
    """A request that is answered with a status of 400 and above."""

    def __init__(self, status: int, says: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(says)
        self.status = status
        self.headers = headers


def api_routes(reader: Reader, counter: Counter) -> list[Route]:
    """Return the routes of the API."""
    api = _Api(reader, counter)
    address = f"{PREFIX}/key-results/{{objective}}/{{key_result}}"
    return [
        Route(f"{PREFIX}/openapi.json", api.described),
        Route(f"{PREFIX}/token", api.answering(api.own_token)),
        Route(f"{PREFIX}/overview", api.answering(api.overview)),
        Route(address, api.answering(api.key_result)),
        Route(f"{address}/check-ins", api.answering(api.check_ins)),
        Route(f"{address}/check-ins/{{id}}", api.answering(api.report), methods=["PUT"]),
        Route(f"{address}/trial", api.answering(api.trial), methods=["POST"]),
    ]


class _Api:
    def __init__(self, reader: Reader, counter: Counter) -> None:
        self._reader = reader
        self._counter = counter

    def described(self, _request: Request) -> Response:
        return JSONResponse(description())

    def answering(
        self, handler: Callable[[Request, Token], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that asks for a token first, and whose refusals are JSON."""

        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request, await self._token(request))
            except RefusedError as error:
                return refusal(error.status, str(error), error.headers)
            except LookupError as error:
                return refusal(404, str(error))
            except ForbiddenError as error:
                return refusal(403, str(error))
            except ConflictError as error:
                return refusal(409, str(error))
            except FixConfigError as error:
                return refusal(422, str(error))
            except OkrsyncError as error:
                return refusal(503, str(error), {"Retry-After": "30"})

        return endpoint

    async def own_token(self, _request: Request, token: Token) -> Response:
        content = {"name": token.name, "scope": token.scope, "objectives": list(token.objectives)}
        return JSONResponse(content)

    async def overview(self, request: Request, _token: Token) -> Response:
        found = await run_in_threadpool(self._reader.overview, request.query_params.get("cycle"))
        return JSONResponse(overview_json(found))

    async def key_result(self, request: Request, _token: Token) -> Response:
        found = await run_in_threadpool(self._reader.explain, _address(request))
        return JSONResponse(explanation_json(found))

    async def check_ins(self, request: Request, _token: Token) -> Response:
        found = await run_in_threadpool(self._reader.history, _address(request))
        return JSONResponse({"key_result": _address(request), "check_ins": [plain(each) for each in found]})

    async def report(self, request: Request, token: Token) -> Response:
        report_id: str = request.path_params["id"]
        if not _ID.fullmatch(report_id):
            raise RefusedError(400, "the id must be 8 to 64 letters, digits, dashes: one of its own for each check-in")
        report = decoded(await _body(request), Report)
        taken = await run_in_threadpool(self._counter.report, token, _address(request), report_id, report)
        entry = taken.check_in
        content = {
            "id": report_id,
            "key_result": _address(request),
            "run": taken.run,
            "created": taken.created,
            "check_in": None if entry is None else plain(entry),
        }
        return JSONResponse(content, 201 if taken.created else 200)

    async def trial(self, request: Request, token: Token) -> Response:
        report = decoded(await _body(request), Report)
        found = await run_in_threadpool(self._counter.try_out, token, _address(request), report)
        return JSONResponse({"key_result": _address(request), "known": found.known, "value": plain(found.value)})

    async def _token(self, request: Request) -> Token:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        token = None
        if scheme.lower() == "bearer" and secret.strip():
            token = await run_in_threadpool(self._counter.token, secret.strip())
        if token is None:
            says = "a token is needed that works: okrsync token create NAME, sent as Authorization: Bearer …"
            raise RefusedError(401, says, {"WWW-Authenticate": 'Bearer realm="okrsync"'})
        return token


def refusal(status: int, says: str, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that says what is wrong and what to do."""
    return JSONResponse({"status": status, "error": says}, status, headers=headers)


def _address(request: Request) -> str:
    parts = request.path_params["objective"], request.path_params["key_result"]
    if not all(_NAME.fullmatch(part) for part in parts):
        raise RefusedError(400, "objective and key result are named by letters, digits, points and dashes; 64 at most")
    return "/".join(parts)


async def _body(request: Request) -> bytes:
    """Return the body, piece by piece, so that nobody can fill the memory."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "the body must be JSON: send Content-Type: application/json")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise RefusedError(413, f"the body has more than {MOST_BYTES // 1024} KB: a report takes about one")
    return body


def decoded(body: bytes, kind: type[T]) -> T:
    """Return a body as its type, with no member too many.

    Raises:
        RefusedError: 400 for what is no JSON, 422 for what is not of the type.
    """
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise RefusedError(400, f"the body is no JSON: {error}") from error
    unknown = next(unknown_members(kind, data), None)
    if unknown is not None:
        raise RefusedError(422, f"unknown member {unknown}: see {PREFIX}/openapi.json for those there are")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise RefusedError(422, f"{error}: see {PREFIX}/openapi.json") from error


def unknown_members(kind: Any, data: object, path: str = "$") -> Iterator[str]:
    """Yield the paths of members that a dataclass, and those inside it, do not have."""
    if get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            if is_dataclass(each):
                yield from unknown_members(each, data, path)
    if not is_dataclass(kind) or not isinstance(data, dict):
        return
    hints = get_type_hints(kind)
    known = {each.name for each in fields(kind)}
    for name, inner in data.items():
        if name not in known:
            yield f"{path}.{name}"
        else:
            yield from unknown_members(hints[name], inner, f"{path}.{name}")

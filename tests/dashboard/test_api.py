"""The REST API: tokens, strict bodies, clear refusals, and a description that is true."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.routing import Route

from dashboard.api import MOST_BYTES
from dashboard.app import create_app
from dashboard.openapi import description
from flows.reader import StoreReader
from flows.reports import Counter
from flows.tokens import READ, WRITE, create_token, revoke
from mapping.plain import plain
from mapping.report import report_of
from store import Store
from tests.connectors.asana.test_goals import UPDATE

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PLACE = "/api/v1/key-results/launch/epic/check-ins"
BODY: dict[str, Any] = json.loads(json.dumps(plain(report_of(UPDATE))))


@dataclass(frozen=True)
class Api:
    app: Starlette
    store: Store
    secret: str

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        given.setdefault("headers", {"authorization": f"Bearer {self.secret}"})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://okrs.test") as client:
                return await client.request(method, path, **given)

        return asyncio.run(send())

    def put(self, body: object = BODY, *, id_: str = "report-0001", **given: Any) -> httpx.Response:
        return self.ask("PUT", f"{PLACE}/{id_}", json=body, **given)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with Store.open(f"sqlite:///{tmp_path}/central.db") as store:
        secret = create_token(store, "payments", scope=WRITE, objectives=["launch"], author="ana", now=NOW)
        app = create_app(StoreReader(store, now=lambda: NOW), counter=Counter(store=store, now=lambda: NOW))
        yield Api(app, store, secret)


def described(path: str, method: str, status: int) -> Draft202012Validator:
    whole = description()
    schema = whole["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": whole["components"]})


def test_every_route_is_described_and_everything_described_is_there(api: Api) -> None:
    routes = [each for each in api.app.routes if isinstance(each, Route) and each.path.startswith("/api/")]
    there = {(each.path, method.lower()) for each in routes for method in (each.methods or set()) - {"HEAD"}}
    said = {(path, verb) for path, each in description()["paths"].items() for verb in each if verb != "parameters"}
    assert there == said


def test_a_report_is_taken_once_and_shown(api: Api) -> None:
    first, again = api.put(), api.put()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"created": False} == again.json()
    template = "/api/v1/key-results/{objective}/{key_result}"
    described(f"{template}/check-ins/{{id}}", "put", 201).validate(first.json())
    overview = api.ask("GET", "/api/v1/overview")
    described("/api/v1/overview", "get", 200).validate(overview.json())
    assert [(each["id"], each["value"]) for each in overview.json()["key_results"]] == [("launch/epic", "0.256")]
    why = api.ask("GET", "/api/v1/key-results/launch/epic")
    described(template, "get", 200).validate(why.json())
    history = api.ask("GET", PLACE)
    described(f"{template}/check-ins", "get", 200).validate(history.json())
    assert len(history.json()["check_ins"]) == 1


def test_what_a_destination_sends_is_what_is_described() -> None:
    whole = description()
    schema = {"$ref": "#/components/schemas/Report", "components": whole["components"]}
    Draft202012Validator(schema).validate(BODY)


def test_the_description_needs_no_token(api: Api) -> None:
    assert api.ask("GET", "/api/v1/openapi.json", headers={}).json() == description()


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}])
def test_without_a_token_that_works_nothing_is_shown_or_taken(api: Api, header: dict[str, str]) -> None:
    for answer in (api.put(headers=header), api.ask("GET", "/api/v1/overview", headers=header)):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "okrsync token create" in answer.json()["error"]
    assert api.store.runs() == []


def test_a_revoked_token_opens_nothing(api: Api) -> None:
    revoke(api.store, "payments", author="ana", now=NOW)
    assert api.put().status_code == 401


def test_a_reading_token_reads_and_one_for_another_objective_does_not_write(api: Api) -> None:
    api.put()
    reader = create_token(api.store, "board", scope=READ, objectives=[], author="ana", now=NOW)
    headers = {"authorization": f"Bearer {reader}"}
    assert api.ask("GET", "/api/v1/overview", headers=headers).status_code == 200
    assert api.put(id_="report-0002", headers=headers).status_code == 403
    other = api.ask("PUT", "/api/v1/key-results/sales/leads/check-ins/report-0003", json=BODY)
    assert (other.status_code, "may not write to objective sales" in other.json()["error"]) == (403, True)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in BODY.items() if key != name}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (without("metric"), 422, "missing required field `metric`"),
        ({**BODY, "colour": "red"}, 422, "unknown member $.colour"),
        ({**BODY, "cycle": {**BODY["cycle"], "weeks": 3}}, 422, "unknown member $.cycle.weeks"),
        ({**BODY, "value": "many"}, 422, "$.value"),
        ({**BODY, "value": [1]}, 422, "$.value"),
        ({**BODY, "at": "yesterday"}, 422, "$.at"),
        ({**BODY, "at": "2026-11-02T09:00:00"}, 422, "without a time zone"),
        ({**BODY, "metric": {**BODY["metric"], "kind": "sideways"}}, 422, "$.metric.kind"),
        ([], 422, "Expected `object`"),
        ({**BODY, "note": "x" * MOST_BYTES}, 413, "more than 64 KB"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_with_the_reason(
    api: Api, body: object, status: int, says: str
) -> None:
    answer = api.put(body)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.json()
    described("/api/v1/key-results/{objective}/{key_result}/check-ins/{id}", "put", status).validate(answer.json())
    assert api.store.runs() == []


def test_what_is_no_json_is_refused(api: Api) -> None:
    assert api.ask("PUT", f"{PLACE}/report-0001", content=b"{}").status_code == 415
    headers = {"authorization": f"Bearer {api.secret}", "content-type": "application/json"}
    answer = api.ask("PUT", f"{PLACE}/report-0001", content=b"{", headers=headers)
    assert (answer.status_code, "is no JSON" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("path", ["launch/epic/check-ins/short", "-x/epic/check-ins/report-0001"])
def test_a_path_that_names_nothing_is_refused(api: Api, path: str) -> None:
    assert api.ask("PUT", f"/api/v1/key-results/{path}", json=BODY).status_code == 400


def test_an_id_with_another_value_meets_what_is_there(api: Api) -> None:
    api.put()
    answer = api.put({**BODY, "value": "0.9"})
    assert (answer.status_code, "used for another check-in" in answer.json()["error"]) == (409, True)


def test_what_is_not_there_is_told_in_json(api: Api) -> None:
    api.put()
    assert "no key result 'launch/none'" in api.ask("GET", "/api/v1/key-results/launch/none").json()["error"]
    nowhere = api.ask("GET", "/api/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "Not Found")
    assert api.ask("DELETE", f"{PLACE}/report-0001").status_code == 405


def test_a_check_in_from_the_future_is_of_now(api: Api) -> None:
    ahead = (NOW + timedelta(days=3)).isoformat()
    assert api.put({**BODY, "at": ahead}).json()["check_in"]["at"] == NOW.isoformat()


def test_a_page_without_a_counter_has_no_api(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/central.db") as store:
        api = Api(create_app(StoreReader(store, now=lambda: NOW)), store, "")
        assert api.ask("GET", "/api/v1/openapi.json").status_code == 404


def test_a_token_tells_whose_it_is_and_how_far_it_goes(api: Api) -> None:
    found = api.ask("GET", "/api/v1/token")
    described("/api/v1/token", "get", 200).validate(found.json())
    assert found.json() == {"name": "payments", "scope": "write", "objectives": ["launch"]}
    assert api.ask("GET", "/api/v1/token", headers={"authorization": "Bearer okrsync_none"}).status_code == 401


def test_a_report_can_be_tried_out_and_nothing_is_written(api: Api) -> None:
    place = "/api/v1/key-results/launch/epic/trial"
    found = api.ask("POST", place, json=BODY)
    template = "/api/v1/key-results/{objective}/{key_result}/trial"
    described(template, "post", 200).validate(found.json())
    assert found.json() == {"key_result": "launch/epic", "known": False, "value": None}
    assert (api.store.declared(), api.store.runs()) == ([], [])
    assert api.put().status_code == 201
    assert api.ask("POST", place, json=BODY).json() == {
        "key_result": "launch/epic",
        "known": True,
        "value": BODY["value"],
    }
    assert api.ask("POST", "/api/v1/key-results/other/epic/trial", json=BODY).status_code == 403
    assert api.ask("POST", place, json={**BODY, "progress": "1"}).status_code == 422
    other = create_token(api.store, "other", scope=WRITE, objectives=[], author="ana", now=NOW)
    refused = api.ask("POST", place, json=BODY, headers={"authorization": f"Bearer {other}"})
    assert (refused.status_code, "is reported by payments" in refused.json()["error"]) == (409, True)

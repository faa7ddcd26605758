"""The twins of the pages for machines."""

from __future__ import annotations

import json

from starlette.testclient import TestClient


def test_the_overview_has_every_key_result_with_decimal_strings(client: TestClient) -> None:
    body = client.get("/overview.json").json()
    assert (body["cycle"], body["as_of"]) == ("2026-q4", "2026-11-22T13:30:00+00:00")
    by_id = {each["id"]: each for each in body["key_results"]}
    assert len(by_id) == 25
    bugs = by_id["launch-checkout/bugs"]
    assert {name: bugs[name] for name in ("value", "baseline", "target", "progress", "raw_progress", "status")} == {
        "value": "27",
        "baseline": "40",
        "target": "10",
        "progress": "0.4333",
        "raw_progress": "0.4333",
        "status": "at_risk",
    }


def test_no_data_is_null_and_never_zero(client: TestClient) -> None:
    by_id = {each["id"]: each for each in client.get("/overview.json").json()["key_results"]}
    refunds = by_id["trust/refunds"]
    assert (refunds["value"], refunds["progress"], refunds["no_data"]) == (None, None, "the denominator is 0")


def test_no_number_is_written_as_a_float(client: TestClient) -> None:
    def refuse(text: str) -> float:
        raise AssertionError(f"a float: {text}")

    for path in ("/overview.json", "/kr/launch-checkout/epic.json"):
        json.loads(client.get(path).text, parse_float=refuse)


def test_a_key_result_comes_with_its_evidence_queries_rule_and_check_ins(client: TestClient) -> None:
    body = client.get("/kr/launch-checkout/epic.json").json()
    assert body["id"] == "launch-checkout/epic"
    assert [item["credit"] for item in body["reading"]["evidence"]][:2] == ["8", "13"]
    assert body["queries"][0]["text"] == "project = CHK AND type = Story ORDER BY id"
    assert len(body["check_ins"]) == 7
    assert body["rule_version"] == "3f9a01c27be4"


def test_an_unknown_key_result_is_a_404_in_json(client: TestClient) -> None:
    answer = client.get("/kr/a/b.json")
    assert answer.status_code == 404
    assert answer.json() == {"status": 404, "error": "Not Found"}

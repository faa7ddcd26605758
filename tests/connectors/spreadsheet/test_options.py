from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors import registry
from connectors.port import Capability
from connectors.spreadsheet import CONNECTOR
from connectors.spreadsheet.options import SpreadsheetOptions
from connectors.spreadsheet.selection import SpreadsheetSelection
from mapping.words import Selection

SHEET = "1AbCdEfGhIjKlMnOpQrStUvWxYz_0123456789-abcde"
LINK = "https://acme.sharepoint.com/:x:/s/ops/EaBcD"
APP = {"tenant": "acme.test", "client_id": "1", "client_secret": "s"}


def test_the_registry_finds_the_connector() -> None:
    assert registry.connector("spreadsheet") is CONNECTOR
    assert CONNECTOR.capabilities == {Capability.CENSUS, Capability.SERIES, Capability.DESTINATION}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "say exactly one of file, url, google_sheet or sharepoint: found none of them"),
        ({"file": "k.csv", "url": "https://acme.test/k.csv"}, "found file and url"),
        ({"file": "https://acme.test/kpis.xlsx"}, "is an address: write url: for a file on the web"),
        ({"url": "http://acme.test/k.csv"}, "no https address"),
        ({"url": "https://ana:pw@acme.test/k.csv"}, "no https address"),
        ({"url": f"https://docs.google.com/spreadsheets/d/{SHEET}/edit"}, "write google_sheet:"),
        ({"file": "k.csv", "token": "x"}, "token goes with url only: this is a file"),
        ({"google_sheet": SHEET}, "give key or key_file, one of them"),
        ({"google_sheet": SHEET, "key": "{}", "key_file": "k.json"}, "give key or key_file, one of them"),
        ({"google_sheet": SHEET, "key": "{}", "delimiter": ";"}, "go with csv files only"),
        ({"google_sheet": "kpis", "key": "{}"}, "'kpis' is no Google sheet: copy its address"),
        ({"google_sheet": "https://docs.google.com/document/d/1/edit", "key": "{}"}, "is no Google sheet"),
        (
            {"google_sheet": "https://docs.google.com/spreadsheets/d/e/2PACX/pub", "key": "{}"},
            "no Google sheet",
        ),
        ({"sharepoint": LINK}, "sharepoint needs tenant, client_id, client_secret of an app registration"),
        ({"sharepoint": "OKR/kpis.xlsx", **APP}, "no https address such as https://acme.sharepoint.com"),
        ({"sharepoint": {"site": LINK}, **APP}, "by drive and item, site and path, or user and path: found site"),
        ({"sharepoint": {"user": "a", "path": "b", "library": "c"}, **APP}, "library goes with site and path only"),
        ({"file": "a\0b"}, "NUL"),
        ({"file": "k.csv", "encoding": "utf-9"}, "unknown encoding 'utf-9'"),
        ({"file": "k.csv", "encoding": "base64"}, "unknown encoding 'base64'"),
        ({"file": "k.csv", "delimiter": ",,"}, "cannot delimit"),
        ({"file": "k.csv", "delimiter": '"'}, "cannot delimit"),
        ({"file": "k.csv", "decimal": "de"}, "decimal"),
        ({"file": "k.csv", "dates": "guess"}, "dates"),
        ({"file": "k.csv", "timezone": "Europe/Pari"}, "unknown time zone"),
        ({"file": "k.csv", "colour": "red"}, "colour"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SpreadsheetOptions.model_validate(options)


@pytest.mark.parametrize(
    "said",
    [
        SHEET,
        f"https://docs.google.com/spreadsheets/d/{SHEET}/edit?gid=0#gid=0",
        f"https://docs.google.com/spreadsheets/u/1/d/{SHEET}/edit",
        f"https://docs.google.com/a/acme.test/spreadsheets/d/{SHEET}",
    ],
)
def test_a_google_sheet_is_known_by_any_of_its_addresses(said: str) -> None:
    assert SpreadsheetOptions.model_validate({"google_sheet": said, "key": "{}"}).google_sheet == SHEET


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "say exactly one of cell, name, row .with column., dates .with column. or table: found none"),
        ({"cell": "C7", "name": "NPS"}, "found cell and name"),
        ({"cell": "C7", "table": "Leads"}, "found cell and table"),
        ({"row": "NPS"}, "row and column go together"),
        ({"dates": "Day"}, "so do dates and column"),
        ({"dates": "Day", "row": "NPS", "column": "Actual"}, "found row and dates"),
        ({"row": "NPS", "column": "Actual", "dates_across": True}, "dates_across goes with row alone"),
        ({"cell": "C7", "dates_across": True}, "dates_across goes with row alone"),
        ({"dates": "Day", "column": "Actual", "labels": "B"}, "labels does not go with dates"),
        ({"cell": "C7", "column": "Actual"}, "row and column go together"),
        ({"cell": "7C"}, "'7C' is no cell address such as C7"),
        ({"cell": "A1:B2"}, "is no cell address"),
        ({"cell": "XFE1"}, "is no cell address"),
        ({"cell": "A1048577"}, "is no cell address"),
        ({"row": "NPS", "column": "Actual", "labels": "7"}, "is no column letter"),
        ({"row": "NPS", "column": "Actual", "header": 0}, "header"),
        ({"name": "NPS", "sheet": "KPI"}, "sheet does not go with name"),
        ({"table": "Leads", "label": "NPS"}, "label does not go with table"),
        ({"cell": "C7", "id": "Ref"}, "id does not go with cell"),
        ({"cell": "C7", "done": {"column": "x"}}, "done does not go with cell"),
        ({"cell": "C7", "label": {"cell": "?", "is": "NPS"}}, "is no cell address"),
        ({"table": ""}, "table"),
    ],
)
def test_a_selection_has_exactly_one_shape(terms: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SpreadsheetSelection.model_validate(terms)


@pytest.mark.parametrize(
    ("terms", "shape"),
    [
        ({"sheet": "KPI", "cell": "C7", "label": {"cell": "B7", "is": "NPS"}}, "series"),
        ({"name": "NPS_now"}, "series"),
        ({"dates": "Day", "column": "Actual"}, "series"),
        ({"row": "NPS", "dates_across": True}, "series"),
        ({"sheet": "KPI", "row": "NPS", "column": "Actual"}, "series"),
        ({"table": "Leads", "done": {"column": "Status", "is": ["Done", "Fait"]}}, "items"),
        ({"table": "Leads", "done": {"column": "Ready", "is": True}}, "items"),
    ],
)
@pytest.mark.parametrize("by_alias", [True, False])
def test_a_selection_comes_back_from_its_canonical_form(
    terms: dict[str, object], shape: str, *, by_alias: bool
) -> None:
    model = SpreadsheetSelection.model_validate(terms)
    spec = Selection.of("kpis", model.model_dump(mode="json", by_alias=by_alias, exclude_defaults=True))
    assert model.shape == shape
    assert SpreadsheetSelection.model_validate(spec.terms()) == model

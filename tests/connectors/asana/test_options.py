from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.asana import CONNECTOR
from connectors.asana.options import AsanaOptions
from connectors.asana.selection import AsanaSelection
from connectors.port import Capability


def options(**given: object) -> AsanaOptions:
    return AsanaOptions.model_validate({"token": "made-up", **given})


def test_it_says_what_it_can_do() -> None:
    reads = {Capability.CENSUS, Capability.BY_IDS, Capability.HISTORY}
    assert CONNECTOR.capabilities == reads | {Capability.DESTINATION}


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({}, "there is none"),
        ({"project": "A", "tag": "B"}, "there is project and tag"),
        ({"section": "Doing"}, "name its project as well"),
        ({"section": "Doing", "portfolio": "A"}, "name its project as well"),
        ({"section": "120", "tag": "A"}, "there is tag and section"),
        ({"project": " "}, "is empty"),
        ({"project": "A", "milestones": "only", "approvals": "only"}, "nothing is both"),
        ({"project": "A", "milestones": "sometimes"}, "milestones"),
        ({"project": "A", "done": True}, "done"),
    ],
)
def test_a_selection_names_exactly_one_place(terms: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        AsanaSelection.model_validate(terms)


@pytest.mark.parametrize(
    "terms",
    [
        {"project": "Launch"},
        {"project": "Launch", "section": "Doing"},
        {"project": 1209, "section": 1210},
        {"section": 1210},
        {"portfolio": "All"},
        {"tag": "x"},
    ],
)
def test_places_are_named_by_name_or_gid(terms: dict[str, object]) -> None:
    chosen = AsanaSelection.model_validate(terms)
    assert chosen.model_dump(exclude_defaults=True) == {name: str(value) for name, value in terms.items()}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"token": " "}, "is empty"),
        ({"url": "http://app.asana.com/api/1.0"}, "in clear"),
        ({"url": "app.asana.com"}, "no plain address"),
        ({"requests_a_minute": 3}, "greater than or equal to 30"),
        ({"fields": {"points": ""}}, "is empty"),
    ],
)
def test_options_that_cannot_work_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        options(**given)


def test_a_field_is_named_by_one_or_several() -> None:
    told = options(fields={"points": 1201, "effort": ["Effort", 1203]})
    assert told.fields_named("points") == ("1201",)
    assert told.fields_named("effort") == ("Effort", "1203")
    assert told.fields_named("other") == ()


def test_the_token_is_never_shown() -> None:
    assert "made-up" not in repr(options())

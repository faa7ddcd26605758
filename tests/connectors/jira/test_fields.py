from __future__ import annotations

import pytest

from connectors.jira import JiraOptions
from connectors.jira.fields import SiteField, resolve
from mapping.errors import FixConfigError

FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
COMPANY = SiteField(id="customfield_10016", name="Story Points", type="number", custom=FLOAT)
TEAM = SiteField(
    id="customfield_10031",
    name="Schätzung",
    type="number",
    custom="com.pyxis.greenhopper.jira:jsw-story-points",
    project="10007",
)
VALUE = SiteField(id="customfield_10050", name="Business value", type="number", custom=FLOAT)
SEVERITY = SiteField(id="customfield_10051", name="Severity", type="option")
LOOKALIKE = SiteField(id="customfield_10052", name="Story points", type="string")


def resolved(name: str, *fields: SiteField, **more: object) -> str:
    account = {"url": "https://acme.test", "email": "sync@acme.test", "token": "t0k3n"}
    options = JiraOptions.model_validate(account | more)
    return resolve("jira", [name], options, fields)[name]


@pytest.mark.parametrize("field", [COMPANY, TEAM])
def test_the_only_field_for_story_points_is_found(field: SiteField) -> None:
    assert resolved("story_points", field, VALUE, SEVERITY, LOOKALIKE) == field.id


def test_several_fields_for_story_points_are_never_chosen_between() -> None:
    with pytest.raises(FixConfigError) as caught:
        resolved("story_points", COMPANY, TEAM)
    assert str(caught.value) == (
        "jira: 2 fields may hold story points: customfield_10016 ('Story Points'), "
        "customfield_10031 ('Schätzung', only in project 10007); "
        "say which by its id: `story_points: customfield_10016`"
    )


@pytest.mark.parametrize("said", ["customfield_10031", "Schätzung"])
def test_a_person_says_which_field_holds_story_points(said: str) -> None:
    assert resolved("story_points", COMPANY, TEAM, story_points=said) == TEAM.id


def test_no_field_for_story_points_shows_the_numeric_ones() -> None:
    with pytest.raises(FixConfigError, match=r"no field for story points.*customfield_10050 \('Business value'\)"):
        resolved("story_points", VALUE, SEVERITY)


def test_a_name_of_the_options_an_id_and_an_exact_name_all_lead_to_the_field() -> None:
    assert resolved("value", VALUE, fields={"value": "Business value"}) == VALUE.id
    assert resolved("value", VALUE, fields={"value": VALUE.id}) == VALUE.id
    assert resolved(VALUE.id, VALUE) == VALUE.id
    assert resolved("Business value", VALUE) == VALUE.id


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(FixConfigError, match=r"no field 'Bussiness value'.*near it are customfield_10050"):
        resolved("Bussiness value", COMPANY, VALUE)


def test_one_name_for_two_fields_needs_the_id() -> None:
    twin = SiteField(id="customfield_10060", name="Business value", type="number")
    with pytest.raises(
        FixConfigError, match=r"2 fields are called 'Business value'.*`fields: \{Business value: custom"
    ):
        resolved("Business value", VALUE, twin)


def test_a_field_that_holds_no_number_is_refused() -> None:
    with pytest.raises(FixConfigError, match=r"'Severity'.*holds option, not a number"):
        resolved("Severity", SEVERITY)


def test_all_unclear_names_are_told_at_once() -> None:
    options = JiraOptions.model_validate({"url": "https://acme.test", "email": "a@acme.test", "token": "t0k3n"})
    with pytest.raises(FixConfigError, match=r"'cost'.*; .*'effort'"):
        resolve("jira", ["effort", "cost"], options, [VALUE])

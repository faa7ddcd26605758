"""Which field holds story points: what boards say goes before what a field is called."""

from __future__ import annotations

import pytest

from mapping.errors import FixConfigError
from okrsync.sandbox import faults
from okrsync.sandbox import jira_words as words
from okrsync.sandbox.jira_site import JiraSite
from okrsync.sandbox.jira_words import STORY_POINTS, custom_field
from tests.connectors.jira.stage import POINTS, Stage, items

FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
OTHER = "customfield_10050"
KINDS = ["cloud", "center"]


def second_field(site: JiraSite, name: str = "Story point estimate") -> None:
    site.fields = [*site.fields, custom_field(OTHER, name, "number", FLOAT)]


def board(site: JiraSite, number: int, field_id: str, type_: str = "scrum") -> None:
    template = words.board(site.base_url, number, f"Team {number}", type_, "10100", [[], [], []], words.IN_POINTS)
    made = template | {"estimation": {"type": "field", "field": {"fieldId": field_id, "displayName": "x"}}}
    site.boards.append(made)


async def points(stage: Stage, kind: str, **more: object) -> object:
    """Return the points of an issue that holds 3 in the one field and 8 in the other."""
    site = stage.cloud if kind == "cloud" else stage.center
    id_ = site.get("SHOP-7")["id"]
    site.issues[id_]["fields"] |= {STORY_POINTS: 3.0, OTHER: 8.0}
    async with stage.source(kind, **more) as source:
        await source.fingerprint(POINTS)
        return (await items(source, [id_], POINTS))[id_].numbers["story_points"]


@pytest.mark.parametrize("kind", KINDS)
class TestBoards:
    async def test_one_field_is_no_question(self, stage: Stage, kind: str) -> None:
        assert await points(stage, kind) == 3
        ledger = stage.sandbox.jira_ledger if kind == "cloud" else stage.sandbox.jira_dc_ledger
        assert ledger.matching("*/board*") == []

    async def test_of_several_the_one_that_boards_estimate_in_counts(self, stage: Stage, kind: str) -> None:
        site = stage.cloud if kind == "cloud" else stage.center
        second_field(site)
        assert await points(stage, kind) == 3
        site.boards = []
        board(site, 5, OTHER)
        assert await points(stage, kind) == 8

    async def test_a_field_that_no_name_tells_is_found_by_its_board(self, stage: Stage, kind: str) -> None:
        site = stage.cloud if kind == "cloud" else stage.center
        site.fields = [field for field in site.fields if field["id"] != STORY_POINTS]
        second_field(site, "Aufwand")
        site.boards = []
        board(site, 5, OTHER)
        assert await points(stage, kind) == 8

    async def test_boards_that_disagree_are_an_error_that_lists_them(self, stage: Stage, kind: str) -> None:
        site = stage.cloud if kind == "cloud" else stage.center
        second_field(site)
        board(site, 5, OTHER)
        with pytest.raises(FixConfigError) as caught:
            await points(stage, kind)
        assert (
            "boards estimate in 2 different fields (customfield_10028 on Web shop; customfield_10050 on Team 5)"
            in str(caught.value)
        )
        assert "say which by its id: `story_points: customfield_10028`" in str(caught.value)

    async def test_a_board_that_is_named_decides(self, stage: Stage, kind: str) -> None:
        site = stage.cloud if kind == "cloud" else stage.center
        second_field(site)
        board(site, 5, OTHER)
        assert await points(stage, kind, board=5) == 8
        assert await points(stage, kind, board=1) == 3

    async def test_a_board_that_counts_issues_or_hours_holds_no_points(self, stage: Stage, kind: str) -> None:
        site = stage.cloud if kind == "cloud" else stage.center
        board(site, 6, "timeoriginalestimate")
        with pytest.raises(FixConfigError, match=r"board 2 \(Zero waste\) estimates by the number of issues, not by"):
            await points(stage, kind, board=2)
        with pytest.raises(FixConfigError, match=r"board 6 \(Team 6\) estimates by time, not by points"):
            await points(stage, kind, board=6)

    async def test_a_board_that_is_not_there_is_named(self, stage: Stage, kind: str) -> None:
        with pytest.raises(FixConfigError, match="no board 99 visible to"):
            await points(stage, kind, board=99)

    async def test_without_a_look_at_boards_several_fields_are_an_error_that_lists_them(
        self, stage: Stage, kind: str
    ) -> None:
        site = stage.cloud if kind == "cloud" else stage.center
        second_field(site)
        script = stage.sandbox.jira_faults if kind == "cloud" else stage.sandbox.jira_dc_faults
        script.add(faults.status(403, {"message": "no"}), "*/board")
        with pytest.raises(
            FixConfigError, match=r"2 fields may hold story points: customfield_10028 .*, customfield_10050"
        ):
            await points(stage, kind)

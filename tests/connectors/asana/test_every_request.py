"""Every kind of request that the connector can send is sent here once; the fixture holds them against Asana's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.destination import Write
from connectors.port import History, Roster
from mapping.delivery import STATUS, VALUE
from mapping.errors import SkipRecordError
from mapping.status import Status
from tests.connectors.asana import described
from tests.connectors.asana.kit import Office, census, selection
from tests.connectors.asana.test_goals import UPDATE, goals, imported
from tests.connectors.sent import paths_in, pattern_of

PARTS = {"/api/1.0/"}
"""What the code only looks for in an answer's address."""


@pytest.mark.skipif(not described.there(), reason="Asana's description is not there: set OKRSYNC_SPECS to its folder")
async def test_every_kind_of_request_is_sent_and_as_described(office: Office) -> None:
    project = office.site.add_project("Launch")
    points = office.site.add_field("Points", projects=[project])
    task = office.tasks(project, "Pay")[0]
    office.edits.add("Design", parent=task)
    office.edits.tag(task, office.site.add_tag("q4"))
    office.site.add_portfolio("All", [project.gid])
    fields = frozenset({"Points", "section"})
    source = office.source()
    await source.identify()
    found: set[str] = set()
    for terms in (
        {"project": "Launch", "subtasks": True},
        {"project": "Launch", "section": "To do"},
        {"section": project.section("To do")["gid"]},
        {"portfolio": "All"},
        {"tag": "q4"},
    ):
        found |= set(await census(source, selection(**terms), fields))
        await source.glimpse(selection(**terms))
    await office.source().fingerprint(frozenset({points["gid"]}))
    skipped: list[SkipRecordError] = []
    assert isinstance(source, History)
    assert isinstance(source, Roster)
    assert (
        len([change async for batch in source.history(sorted(found), fields, skipped.append) for change in batch]) > 0
    )
    assert len([item async for batch in source.by_ids(sorted(found), fields, skipped.append) for item in batch]) == 2
    assert (await source.fates(["404"])) != {}
    assert skipped == []
    await _as_a_destination(office)
    sent = {each.asked.path for each in office.heard}
    assert [path for path in paths_in("asana") - PARTS if not any(map(pattern_of(path).fullmatch, sent))] == []


async def _as_a_destination(office: Office) -> None:
    there, gid = goals(office, status_updates="on_change"), office.site.add_goal("Epic")
    await there.link(gid, UPDATE.metric, UPDATE.value)
    for status in (Status.AT_RISK, Status.ON_TRACK):
        update = replace(UPDATE, status=status)
        held = await there.read(gid, update)
        await there.write([Write(id="1", target=gid, update=update, held=held, parts=(VALUE, STATUS))])
    await there.aclose()
    epic = office.site.add_goal("Part")
    office.site.supports[epic] = [gid]
    found = await imported(office)
    assert [(each.name, [above.gid for above in each.parents]) for each in found] == [("Epic", []), ("Part", [gid])]

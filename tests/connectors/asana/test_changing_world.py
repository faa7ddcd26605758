"""The world changes between pages: what nobody touched is not missed, and once it rests, one more reading is true."""

from __future__ import annotations

from random import Random

import pytest

from mapping.errors import OkrsyncError
from okrsync.sandbox import faults
from okrsync.sandbox.asana_chance import by_chance
from okrsync.sandbox.asana_site import AsanaSite
from tests.connectors.asana.kit import Office, census, selection

SEEDS = range(120)


def truth(site: AsanaSite, project: str) -> dict[str, tuple[str, bool]]:
    """Return what belongs to a project with its subtasks, from the site itself: gid to name and completion."""
    waiting = [gid for gid in site.ranks.get(project, {}) if site.visible(gid)]
    found: dict[str, tuple[str, bool]] = {}
    while waiting:
        gid = waiting.pop()
        found[gid] = (site.tasks[gid]["name"], site.tasks[gid]["completed"])
        waiting += [child for child in site.subtasks(gid) if child not in found]
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_nobody_touched_is_never_missed_and_once_the_world_rests_a_census_is_the_truth(seed: int) -> None:
    chance, office = Random(seed), Office()
    office.site.most = 3
    project = office.site.add_project("Launch")
    there = [task["gid"] for task in office.tasks(project, *(f"Task {number}" for number in range(10)))]
    told: list[str] = []
    stir = faults.mutate(lambda: told.append(by_chance(office.edits, chance, project)))
    for fault in [office.faults.add(stir, "/tasks*") for _ in range(chance.randint(1, 3))]:
        fault.times = 12  # then it rests, or growing subtasks could be walked for ever
    chosen = selection(project=project.gid, subtasks=chance.random() < 0.5)
    source = office.source()
    try:
        stirred = await census(source, chosen)
    except OkrsyncError as error:
        pytest.fail(f"seed {seed}: {error} after {told}")
    office.faults.faults = [fault for fault in office.faults.faults if fault.name != "mutate"]
    untouched = {gid for gid in there if not any(gid in deed for deed in told)}
    assert untouched <= stirred.keys(), told
    final = await census(source, selection(project=project.gid, subtasks=True))
    assert {gid: (item.title, item.done) for gid, item in final.items()} == truth(office.site, project.gid), told

from __future__ import annotations

from pathlib import Path

from connectors.asana import CONNECTOR
from okrsync.sandbox import faults
from okrsync.sandbox.accounts import Account
from okrsync.sandbox.asana_edits import AsanaEdits
from okrsync.sandbox.asana_faults import repeat_asana_page
from okrsync.sandbox.company import SYNC
from tests.connectors.asana.kit import Office, selection
from tests.connectors.clock import FakeClock
from tests.connectors.contract import BUSY_WAIT, Case, ConnectorContract, Scene

SLOW_DOWN = {"errors": [{"message": "You have made too many requests recently. Please, be chill."}]}
FIELDS = frozenset({"Points", "Stage", "section", "num_subtasks"})
TASKS = "/tasks"
BUILT = FakeClock().instant


def office_for(case: Case, clock: FakeClock) -> Office:
    """Four tasks that count, one that does not, and a subtask, in pages of two."""
    office = Office(clock)
    office.site.most = 2
    project = office.site.add_project("Launch")
    if case is not Case.EMPTY:
        edits = AsanaEdits(office.site, BUILT)
        first, second, third = (edits.add(name, project) for name in ("Guest can pay", "Order status", "Voucher field"))
        points = office.site.add_field("Points", projects=[project])
        stage = office.site.add_field("Stage", "enum", options=("Alpha", "Beta"), projects=[project])
        edits.complete(first)
        edits.set_number(second, points, 2.5)
        edits.set_enum(second, stage, "Beta")
        edits.decide(edits.add("Budget", project, subtype="approval"), "rejected")
        edits.add("Go live", project, subtype="milestone")
        edits.add("Design", parent=third)
        for name in ("zeta", "Alpha"):
            edits.tag(third, office.site.add_tag(name))
    match case:
        case Case.REFUSED:
            office.site.account = Account(person=SYNC, token="another")
        case Case.BUSY:
            office.faults.add(faults.status(429, SLOW_DOWN, {"Retry-After": str(BUSY_WAIT)}), times=3)
        case Case.BUSY_FOR_EVER:
            office.faults.add(faults.status(429, SLOW_DOWN, {"Retry-After": "30"}))
        case Case.UNREADABLE:
            broken = office.edits.add("Broken", project)
            broken["completed"] = None
        case Case.REPEATED:
            office.faults.add(repeat_asana_page(), TASKS)
        case Case.TRUNCATED:
            office.faults.add(faults.truncate(60), TASKS)
        case _:
            pass
    return office


class TestAsana(ConnectorContract):
    connector = CONNECTOR

    def scene(self, case: Case, clock: FakeClock, folder: Path) -> Scene:
        del folder  # it reads no files
        office = office_for(case, clock)
        if case is Case.EMPTY:
            office.site.add_field("Points")
            office.site.add_field("Stage", "enum", options=("Alpha",))
        return Scene(
            source=office.source(),
            selection=selection(project="Launch", subtasks=True),
            fields=FIELDS,
            expected=0 if case is Case.EMPTY else 5,
            unreadable="'Broken'",
        )

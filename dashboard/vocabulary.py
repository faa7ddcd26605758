"""Our words for states and causes, as people read them; each status also has a shape of its own."""

from __future__ import annotations

from dashboard.texts import marked as _
from mapping.check_ins import CauseKind
from mapping.delivery import DeliveryState
from mapping.draft.result import DraftKind, DraftPeriod
from mapping.rules import ObjectiveKind, UnitKind
from mapping.status import Status
from mapping.words import ItemState, Outcome

STATUS_WORDS = {
    Status.ON_TRACK: _("On track"),
    Status.AT_RISK: _("At risk"),
    Status.OFF_TRACK: _("Off track"),
    Status.NOT_STARTED: _("Not started"),
    Status.TOO_EARLY: _("Too early to say"),
    Status.NO_DATA: _("No data"),
    Status.STALE: _("Stale"),
    Status.ACHIEVED: _("Achieved"),
    Status.PARTIAL: _("Partly achieved"),
    Status.MISSED: _("Missed"),
}

SUMMARY_ORDER = (
    Status.ACHIEVED,
    Status.ON_TRACK,
    Status.AT_RISK,
    Status.OFF_TRACK,
    Status.PARTIAL,
    Status.MISSED,
    Status.STALE,
    Status.NO_DATA,
    Status.TOO_EARLY,
    Status.NOT_STARTED,
)
"""From good to bad to unknown, as the summary shows them."""

CAUSE_WORDS = {
    CauseKind.FIRST: _("first reading"),
    CauseKind.COMPLETED: _("completed"),
    CauseKind.REOPENED: _("reopened"),
    CauseKind.SCOPE_ADDED: _("scope added"),
    CauseKind.SCOPE_REMOVED: _("scope removed"),
    CauseKind.VANISHED: _("deleted or hidden"),
    CauseKind.DELETED: _("deleted"),
    CauseKind.HIDDEN: _("hidden from us"),
    CauseKind.ARCHIVED: _("archived"),
    CauseKind.MOVED: _("moved elsewhere"),
    CauseKind.RE_ESTIMATED: _("re-estimated"),
    CauseKind.EDITED: _("edited"),
    CauseKind.SOURCE_CHANGED: _("source value changed"),
    CauseKind.RULE_CHANGED: _("rule changed"),
    CauseKind.SHARED: _("shared differently"),
    CauseKind.CLOCK: _("time passed"),
    CauseKind.IMPORTED: _("imported"),
}

ITEM_WORDS = {
    ItemState.TODO: _("to do"),
    ItemState.IN_PROGRESS: _("in progress"),
    ItemState.DONE: _("done"),
    ItemState.WONT_DO: _("won't do"),
}

OUTCOME_WORDS: dict[str, str] = {
    Outcome.COMPLETE: _("complete"),
    Outcome.PARTIAL: _("partial"),
    Outcome.FAILED: _("failed"),
    Outcome.SKIPPED: _("skipped"),
    "never pulled": _("never pulled"),
}

KIND_WORDS = {ObjectiveKind.COMMITTED: _("committed"), ObjectiveKind.ASPIRATIONAL: _("aspirational")}

DELIVERY_WORDS: dict[str, str] = {
    DeliveryState.WAITING: _("waits to be written"),
    DeliveryState.SENT: _("written"),
    DeliveryState.UNCHANGED: _("nothing to write"),
    DeliveryState.SUPERSEDED: _("overtaken by a newer one"),
    DeliveryState.CONFLICT: _("a person's edit was left alone"),
    DeliveryState.FAILED: _("could not be written"),
}

DRAFT_KIND_WORDS = {
    DraftKind.INCREASE: _("increase"),
    DraftKind.DECREASE: _("decrease"),
    DraftKind.AT_LEAST: _("at least"),
    DraftKind.AT_MOST: _("at most"),
    DraftKind.BETWEEN: _("between"),
    DraftKind.DONE: _("done or not done"),
}

COMPARATOR_WORDS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "between": _("between, both ends included")}

UNIT_WORDS = {
    UnitKind.NUMBER: _("number"),
    UnitKind.PERCENT: _("percent"),
    UnitKind.POINTS: _("percentage points"),
    UnitKind.CURRENCY: _("currency"),
    UnitKind.DONE: _("done or not done"),
}

PERIOD_WORDS = {
    DraftPeriod.DAY: _("day"),
    DraftPeriod.WEEK: _("week"),
    DraftPeriod.MONTH: _("month"),
    DraftPeriod.QUARTER: _("quarter"),
    DraftPeriod.YEAR: _("year"),
}

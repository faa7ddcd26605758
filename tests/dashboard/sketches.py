"""What a believable company wants of a quarter: six objectives, twenty-five key results, every state of a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from mapping.check_ins import CauseKind, CausePart
from mapping.readings import Contribution
from mapping.rules import COMPLETION_METRIC, Cycle, Metric, MetricKind, ObjectiveKind, Period, Unit, UnitKind
from mapping.status import Status
from mapping.words import ItemState

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
START = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
Q4 = Cycle(id="2026-q4", starts_on=date(2026, 10, 1), ends_on=date(2027, 1, 1), timezone="Europe/Paris")
Q3 = Cycle(id="2026-q3", starts_on=date(2026, 7, 1), ends_on=date(2026, 10, 1), timezone="Europe/Paris")
ELAPSED = Decimal("0.5739")

EURO = Unit(kind=UnitKind.CURRENCY, currency="EUR")
PERCENT = Unit(kind=UnitKind.PERCENT)


def number(name: str | None = None) -> Unit:
    return Unit(name=name)


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """What a test says of a key result; the rest follows."""

    id: str
    title: str
    status: Status
    metric: Metric = COMPLETION_METRIC
    values: tuple[str, ...] = ()
    owner: str | None = "ana@acme.test"
    items: int | None = None
    done: int | None = None
    formula: str = ""
    no_data: str | None = None
    stale: str | None = None
    causes: tuple[CausePart, ...] = ()
    evidence: tuple[Contribution, ...] = ()
    because: str = ""
    query: str = "project = CHK AND type = Story ORDER BY id"
    hours: int = 2


def metric(kind: MetricKind, baseline: str | None, target: str, unit: Unit, per: Period | None = None) -> Metric:
    start = None if baseline is None else Decimal(baseline)
    return Metric(kind=kind, baseline=start, target=Decimal(target), unit=unit, per=per)


def up(baseline: str, target: str, unit: Unit, per: Period | None = None) -> Metric:
    return metric(MetricKind.INCREASE, baseline, target, unit, per)


def down(baseline: str, target: str, unit: Unit) -> Metric:
    return metric(MetricKind.DECREASE, baseline, target, unit)


def cause(kind: CauseKind, amount: str, *items: str, detail: str = "") -> CausePart:
    return CausePart(kind=kind, amount=Decimal(amount), items=items, count=len(items), detail=detail)


def story(
    key: str,
    title: str,
    state: ItemState,
    weight: str | None,
    *,
    counted: bool = True,
    note: str = "",
    status: str = "",
    url: str | None = "https://acme.atlassian.test/browse/",
) -> Contribution:
    credit = weight if state is ItemState.DONE and counted and weight is not None else "0"
    return Contribution(
        connection="jira",
        item=f"id-{key}",
        key=key,
        title=title,
        state=state,
        status=status,
        url=f"{url}{key}" if url and url.endswith("/") else url,
        weight=None if weight is None else Decimal(weight),
        credit=Decimal(credit),
        counted=counted,
        note=note,
    )


EPIC_ITEMS = (
    story("CHK-31", "One-page address form", ItemState.DONE, "8", status="Done"),
    story("CHK-32", "Pay with a saved card", ItemState.DONE, "13", status="Done"),
    story("CHK-33", "Apple Pay and Google Pay", ItemState.DONE, "8", status="Released"),
    story("CHK-35", "Guest checkout", ItemState.IN_PROGRESS, "8", status="In review"),
    story("CHK-36", "Vouchers and gift cards", ItemState.IN_PROGRESS, "5", status="En cours de développement"),
    story("CHK-37", "Address lookup for Belgium and Luxembourg", ItemState.TODO, "5", status="To do"),
    story("CHK-38", "Accessibility audit of the new flow", ItemState.TODO, "3", status="To do"),
    story("CHK-39", "Retry a declined payment", ItemState.DONE, "5", status="Done"),
    story("CHK-40", "Basket survives a new login", ItemState.TODO, None, counted=False, note="no estimate"),
    story("CHK-41", "Pay by cheque", ItemState.WONT_DO, "3", counted=False, note="won't do", status="Rejected"),
    story(
        "CHK-30", "Checkout epic", ItemState.IN_PROGRESS, None, counted=False, note="parent of other items", url=None
    ),
)

LONG_TITLE = (
    "Réduire de moitié le délai médian entre la première demande d’un client professionnel et la signature de son "
    "contrat-cadre pluriannuel, y compris pour les filiales d’Outre-mer et les collectivités"
)

SKETCHES: dict[str, tuple[Sketch, ...]] = {
    "launch-checkout": (
        Sketch(
            id="epic",
            title="Finish the checkout epic",
            status=Status.ON_TRACK,
            values=("0", "0.1455", "0.2364", "0.3818", "0.3455", "0.4909", "0.6182"),
            items=8,
            done=4,
            formula="34 done / 55 story points",
            evidence=EPIC_ITEMS,
            because="62 % of the way with 57 % expected: 1.08 of the pace, on track from 0.90",
            causes=(
                cause(CauseKind.COMPLETED, "0.2364", "CHK-32"),
                cause(CauseKind.REOPENED, "-0.0545", "CHK-38"),
                cause(CauseKind.SCOPE_ADDED, "-0.0546", "CHK-39", "CHK-40"),
            ),
        ),
        Sketch(
            id="bugs",
            title="Bring open checkout bugs down from 40 to 10",
            status=Status.AT_RISK,
            metric=down("40", "10", number("bugs")),
            values=("40", "41", "38", "35", "33", "29", "27"),
            items=27,
            formula="27 items",
            owner="malik@acme.test",
            causes=(
                cause(CauseKind.COMPLETED, "-3", "CHK-7", "CHK-9", "CHK-12"),
                cause(CauseKind.REOPENED, "1", "CHK-3"),
            ),
            because="43 % of the way with 57 % expected: 0.76 of the pace, at risk from 0.70",
        ),
        Sketch(
            id="nps",
            title="Reach an NPS of 42 or more",
            status=Status.OFF_TRACK,
            metric=metric(MetricKind.AT_LEAST, "20", "42", number()),
            values=("20", "22", "21", "23"),
            formula="latest: 23",
            owner="chiara@acme.test",
            query="kpis.xlsx: sheet KPI, row NPS, column Actual",
            causes=(cause(CauseKind.SOURCE_CHANGED, "2", detail="21 → 23 in kpis.xlsx, sheet KPI, C7"),),
            because="14 % of the way with 57 % expected: 0.24 of the pace, at risk from 0.70",
        ),
        Sketch(
            id="conversion",
            title="Raise conversion after sign-up from 15 % to 25 %",
            status=Status.STALE,
            metric=up("0.15", "0.25", PERCENT),
            values=("0.15", "0.164", "0.181", "0.212"),
            stale="jira: 503 Service Unavailable after 6 tries",
            hours=51,
            formula="848 / 4000",
        ),
    ),
    "trust": (
        Sketch(
            id="rating",
            title="Order rating of 4.6 out of 5",
            status=Status.ACHIEVED,
            metric=metric(MetricKind.AT_LEAST, "4.1", "4.6", number("/ 5")),
            values=("4.1", "4.3", "4.5", "4.7"),
            formula="latest: 4.7",
            owner="lea@acme.test",
        ),
        Sketch(
            id="incidents",
            title="No more than 2 payment incidents",
            status=Status.ON_TRACK,
            metric=metric(MetricKind.AT_MOST, None, "2", number("incidents")),
            values=("0", "1", "1"),
            items=1,
            owner="malik@acme.test",
        ),
        Sketch(
            id="pci",
            title="Pass the PCI audit",
            status=Status.TOO_EARLY,
            metric=metric(MetricKind.BINARY, None, "1", Unit(kind=UnitKind.DONE)),
            values=("0",),
        ),
        Sketch(
            id="refunds",
            title="Refunds settled within a day: 90 %",
            status=Status.NO_DATA,
            metric=up("0.4", "0.9", PERCENT),
            no_data="the denominator is 0",
            owner=None,
        ),
    ),
    "grow-europe": (
        Sketch(
            id="mrr",
            title="Monthly recurring revenue of 2 M€",
            status=Status.ON_TRACK,
            metric=up("1250000", "2000000", EURO),
            values=("1250000", "1310000", "1422000.5", "1588000", "1706250.75"),
            owner="jonas@acme.test",
            causes=(
                cause(CauseKind.SOURCE_CHANGED, "118250.75", detail="1,588,000 → 1,706,250.75 in finance.csv, row 11"),
            ),
        ),
        Sketch(
            id="leads",
            title="30 qualified leads a month",
            status=Status.AT_RISK,
            metric=up("0", "30", number("leads"), Period.MONTH),
            values=("12", "17", "19"),
            items=57,
            owner="jonas@acme.test",
        ),
        Sketch(
            id="churn",
            title="Churn rate −10 %",
            status=Status.OFF_TRACK,
            metric=down("0.062", "0.0558", PERCENT),
            values=("0.062", "0.0631", "0.0634"),
        ),
        Sketch(
            id="visitors",
            title="A million web visitors",
            status=Status.ON_TRACK,
            metric=up("0", "1000000", number("visitors")),
            values=("0", "121000", "287400", "455120", "611873"),
        ),
        Sketch(
            id="followers",
            title="Ten times the followers",
            status=Status.ACHIEVED,
            metric=up("500", "5000", number()),
            values=("500", "1800", "4300", "7350"),
            owner="chiara@acme.test",
        ),
    ),
    "contrats": (
        Sketch(
            id="delai",
            title=LONG_TITLE,
            status=Status.AT_RISK,
            metric=down("64", "32", number("jours")),
            values=("64", "61", "58", "51"),
            owner="maelle.kerguelen-de-la-tour@acme.test",
        ),
        Sketch(
            id="renouvellements",
            title="Renouvellements annuels : +25 %",
            status=Status.ON_TRACK,
            metric=up("480", "600", number("contrats")),
            values=("480", "502", "531", "555"),
        ),
        Sketch(
            id="satisfaction",
            title="Satisfaction des équipes : +20 %",
            status=Status.NO_DATA,
            metric=up("3.5", "4.2", number()),
            no_data="no complete read yet",
            owner="hugo@acme.test",
        ),
        Sketch(
            id="avis",
            title="Doubler les avis positifs donnés aux managers",
            status=Status.OFF_TRACK,
            metric=up("120", "240", number("avis")),
            values=("120", "118", "131"),
        ),
    ),
    "carbon": (
        Sketch(
            id="compostable",
            title="25 % of materials compostable",
            status=Status.ON_TRACK,
            metric=up("0.08", "0.25", PERCENT),
            values=("0.08", "0.11", "0.14", "0.19"),
        ),
        Sketch(
            id="biodegradable",
            title="75 % of materials biodegradable",
            status=Status.AT_RISK,
            metric=up("0.52", "0.75", PERCENT),
            values=("0.52", "0.55", "0.6"),
        ),
        Sketch(
            id="offsets",
            title="All computed emissions paid for",
            status=Status.STALE,
            metric=up("0", "1", PERCENT),
            values=("0", "0.2", "0.45"),
            stale="carbon.xlsx: the label beside the number changed from “Paid” to “Total”",
            hours=200,
        ),
        Sketch(
            id="waste",
            title="Zero-waste shipping",
            status=Status.ON_TRACK,
            metric=up("0.4", "1", PERCENT),
            values=("0.4", "0.55", "0.71", "0.78"),
        ),
    ),
    "people": (
        Sketch(
            id="home",
            title="Home for dinner on 20 evenings a month",
            status=Status.ON_TRACK,
            metric=up("0", "20", number("evenings"), Period.MONTH),
            values=("14", "13", "17"),
            owner="Sam",
        ),
        Sketch(
            id="survey",
            title="Survey participation of 90 %",
            status=Status.MISSED,
            metric=up("0.6", "0.9", PERCENT),
            values=("0.6", "0.58"),
        ),
        Sketch(
            id="mentors",
            title="Every newcomer has a mentor",
            status=Status.PARTIAL,
            metric=up("0", "1", PERCENT),
            values=("0", "0.5", "0.72"),
        ),
        Sketch(
            id="handbook",
            title="Publish the handbook",
            status=Status.NOT_STARTED,
            metric=metric(MetricKind.BINARY, None, "1", Unit(kind=UnitKind.DONE)),
            values=("0",),
        ),
    ),
}

OBJECTIVES: tuple[tuple[str, str, str | None, ObjectiveKind, Status, str | None], ...] = (
    (
        "launch-checkout",
        "Launch the new checkout before the holidays",
        "Payments",
        ObjectiveKind.COMMITTED,
        Status.STALE,
        "0.4529",
    ),
    (
        "trust",
        "Be the shop that people trust with their money",
        "Payments",
        ObjectiveKind.ASPIRATIONAL,
        Status.AT_RISK,
        "0.6667",
    ),
    (
        "grow-europe",
        "Grow in Europe without losing our calm",
        "Growth",
        ObjectiveKind.ASPIRATIONAL,
        Status.OFF_TRACK,
        "0.5713",
    ),
    (
        "contrats",
        "Simplifier la vie de nos clients professionnels",
        "Ventes & contrats",
        ObjectiveKind.ASPIRATIONAL,
        Status.OFF_TRACK,
        "0.3741",
    ),
    ("carbon", "Leave no trace", "Operations", ObjectiveKind.COMMITTED, Status.STALE, "0.5198"),
    ("people", "Make this a place where people stay", None, ObjectiveKind.ASPIRATIONAL, Status.NO_DATA, None),
)

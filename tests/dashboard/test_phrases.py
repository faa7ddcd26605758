"""The core's own sentences, said in French: what the core may say and the page can translate must not drift apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from config.profiles import shipped
from dashboard.phrases import figures, phrase
from dashboard.texts import Texts
from mapping.curves import Curve, CurveKind, Mark
from mapping.expected import expected_by
from mapping.measure import measure_one
from mapping.mirror import Departure
from mapping.pace import pace
from mapping.profiles import OKRSYNC
from mapping.readings import Reading
from mapping.rules import (
    Aggregate,
    AggregateKind,
    Completion,
    Latest,
    Measure,
    Metric,
    MetricKind,
    MissingEstimate,
    ObjectiveKind,
    Period,
    PeriodPolicy,
    Ratio,
)
from mapping.score import final_score
from mapping.settling import settled
from mapping.status import Status
from tests.mapping.worlds import (
    CYCLE,
    DOING,
    DONE,
    NOW,
    OTHER,
    SERIES,
    WONT,
    WORK,
    World,
    day,
    item,
    number,
    rule,
    sample,
)

FR, EN = Texts("fr"), Texts("en")
POINTS = "story_points"
FULL = World(
    items={
        WORK: [
            item("1", DONE, points=3, done_at=day("2026-10-05")),
            item("2", DOING, points=5, created_at=day("2026-10-07")),
            item("3", WONT, points=2),
            item("4"),
            item("5", DONE, parent="4", on=day("2027-02-01")),
            item("6", on=day("2026-12-24")),
        ]
    },
    series={SERIES: [sample(21, day("2026-10-03")), sample(23, day("2026-11-03"))]},
)
EMPTY = World(items={WORK: []}, series={SERIES: []})
HIDDEN = World(items={WORK: []}, left={WORK: {"1": Departure.VANISHED}})
UNMATCHED = World(items={WORK: []}, left={WORK: {"1": Departure.UNMATCHED}})
UNESTIMATED = World(items={WORK: [item("1"), item("2", DONE)]})
CLOSED = World(items={WORK: [item("1", WONT), item("2", WONT)]})
LATER = World(series={SERIES: [sample(21, NOW + timedelta(days=9))]})

COMPLETIONS = [
    Completion(selection=WORK),
    Completion(selection=WORK, in_progress=Decimal("0.5")),
    Completion(selection=WORK, by=POINTS, where="item.done || !item.done", in_progress=Decimal("0.5")),
    *(Completion(selection=WORK, by=POINTS, missing=how, missing_value=Decimal(2)) for how in MissingEstimate),
]
AGGREGATES = [Aggregate(kind=kind, selection=WORK, field=POINTS) for kind in AggregateKind if kind != "count"]
COUNT = Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="!item.done")
MEASURES: list[Measure] = [
    *COMPLETIONS,
    *AGGREGATES,
    COUNT,
    Latest(selection=SERIES),
    Ratio(of=COUNT, to=Completion(selection=WORK)),
    Ratio(of=COUNT, to=Aggregate(kind=AggregateKind.COUNT, selection=WORK, where="item.done && !item.done")),
    Ratio(of=Latest(selection=SERIES), to=Completion(selection=OTHER)),
]
WORLDS = [FULL, EMPTY, HIDDEN, UNMATCHED, UNESTIMATED, CLOSED, LATER, World()]


def said(reading: Reading) -> Iterator[str]:
    yield from reading.left_out
    yield from reading.assumed
    yield from (part.note for part in reading.evidence if part.note)
    yield from (sentence for sentence in (reading.no_data, reading.formula) if sentence)


def periodic(per: Period, over: PeriodPolicy) -> Metric:
    return Metric(kind=MetricKind.INCREASE, baseline=Decimal(0), target=Decimal(30), per=per, over=over)


def sentences_of_measures() -> set[str]:
    metrics = [number(100), *(periodic(per, over) for per in Period for over in PeriodPolicy)]
    found: set[str] = set()
    for world in WORLDS:
        for measure in MEASURES:
            # a completion is a state, not a flow, so it is not asked per period
            for metric in metrics[:1] if isinstance(measure, Completion | Ratio) else metrics:
                for now in (NOW, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)):
                    found.update(said(measure_one(rule(measure, metric), CYCLE, world, now, collect=True)))
    return found


CURVES = [
    Curve(),
    Curve(days_off=(date(2026, 12, 25),)),
    Curve(kind=CurveKind.WORKING_DAYS, days_off=(date(2026, 10, 3),)),
    Curve(kind=CurveKind.WORKING_DAYS, days_off=(date(2026, 11, 11),), calendar="FR"),
    *(Curve(kind=kind, marks=(Mark(on=date(2026, 11, 2), share=Decimal("0.2")),)) for kind in CurveKind),
]


def sentences_of_curves() -> set[str]:
    days = [date(2026, 10, 1), date(2026, 10, 20), date(2026, 11, 20), date(2027, 1, 1)]
    return {expected_by(curve, CYCLE.starts_on, CYCLE.ends_on, on).because for curve in CURVES for on in days}


def sentences_of_profiles() -> set[str]:
    rate = periodic(Period.MONTH, PeriodPolicy.MEAN)
    late = Curve(kind=CurveKind.MILESTONES, marks=(Mark(on=date(2026, 12, 20), share=Decimal("0.2")),))
    paces = [
        pace(progress, metric=metric, objective_kind=kind, cycle=CYCLE, now=NOW, profile=profile, curve=curve)
        for profile in shipped().values()
        for progress in (Decimal("0.1"), Decimal("0.42"), Decimal("0.9"), Decimal("1.1"))
        for metric in (number(100), rate)
        for curve in (Curve(), late)
        for kind in ObjectiveKind
    ]
    held = [settled(each, (Status.AT_RISK, Status.OFF_TRACK)[:place], 3) for each in paces for place in (1, 2)]
    scores = [
        final_score(Decimal("0.6"), kind=kind, cycle=CYCLE, now=datetime(2027, 1, 9, tzinfo=UTC), profile=OKRSYNC)
        for kind in ObjectiveKind
    ]
    said = {text for each in (*paces, *held) for text in (each.because, each.expected_because)}
    return said | {score.because for score in scores if score is not None}


def test_every_sentence_about_curves_and_profiles_is_said_in_french() -> None:
    sentences = sentences_of_curves() | sentences_of_profiles()
    assert len(sentences) > 60
    assert {text for text in sentences if phrase(text, FR) == text} == set()


def sentences_of_pace() -> set[str]:
    threshold = Metric(kind=MetricKind.AT_LEAST, target=Decimal(42))
    moments = [datetime(2026, month, 10, tzinfo=UTC) for month in (9, 11)] + [
        datetime(2026, 10, 3, tzinfo=UTC),
        datetime(2027, 1, 9, tzinfo=UTC),
    ]
    return {
        pace(progress, metric=metric, objective_kind=kind, cycle=CYCLE, now=now, stale=stale).because
        for progress in (None, *(Decimal(text) for text in ("-0.1", "0", "0.35", "0.5", "1", "1.4")))
        for metric in (number(100), threshold, periodic(Period.MONTH, PeriodPolicy.MEAN))
        for kind in ObjectiveKind
        for now in moments
        for stale in (None, "nothing has been measured yet")
    }


def test_every_sentence_about_a_measure_is_said_in_french() -> None:
    sentences = sentences_of_measures()
    assert len(sentences) > 60
    assert {text for text in sentences if phrase(text, FR) == text} == set()


def test_every_sentence_about_pace_is_said_in_french() -> None:
    sentences = sentences_of_pace()
    assert len(sentences) > 20
    assert {text for text in sentences if phrase(text, FR) == text} == set()


def test_what_a_sentence_quotes_stays_as_it_is() -> None:
    text = "nothing has ever matched: jira: jql labels = 3.5 AND x > 1,000"
    assert phrase(text, FR).endswith(": jira: jql labels = 3.5 AND x > 1,000")
    assert phrase(text, EN) == text


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "62 % of the way with 57 % expected: 1.08 of the pace, on track from 0.90",
            "62_% du chemin pour 57_% attendus : 1,08 du rythme, en bonne voie dès 0,90",
        ),
        ("34 of 89 story points done (8 of 20 items)", "34 story points faits sur 89 (8 sur 20 éléments)"),
        (
            "progress: (€1,706,250.75 − €1,250,000) / (€2,000,000 − €1,250,000) = 60%",
            "progression : (1_706_250,75 € − 1_250_000 €) / (2_000_000 € − 1_250_000 €) = 60_%",
        ),
        (
            "no item counts: 2 closed without being done, 1 no estimate",
            "aucun élément ne compte : 2 clos sans être fait, 1 sans estimation",
        ),
        (
            "mean of 2 months (2026-10 12, 2026-11 19.5) = 15.75",
            "moyenne de 2 mois (octobre 2026 : 12, novembre 2026 : 19,5) = 15,75",
        ),
        (
            "33 of 63 working days (FR) over, on an S-curve: 52% expected",
            "33 jours ouvrés (FR) sur 63 écoulés, sur une courbe en S : 52_% attendus",
        ),
        (
            "between 20% on 2026-11-02 and 100% on 2027-01-01: 44% expected",
            "entre 20_% le 2 novembre 2026 et 100_% le 1er janvier 2027 : 44_% attendus",
        ),
        (
            "40% of the way with 50% expected: 10 points behind, on track up to 2.5 behind",
            "40_% du chemin pour 50_% attendus : 10 points de retard, en bonne voie jusqu’à 2,5 de retard",
        ),
        ("2026-10 8.5 so far", "octobre 2026 : 8,5 pour l’instant"),
        ("2026-10 31 (5.5 in 10 of 31 days)", "octobre 2026 : 31 (5,5 en 10 jours sur 31)"),
        ("3 is the median story points of 3 items", "3 est la médiane de story points sur 3 éléments"),
        (
            "mean of 3 samples = 4.5 from 2026-10-01 to 2026-10-09",
            "moyenne de 3 mesures = 4,5 du 1er octobre 2026 au 9 octobre 2026",
        ),
        (
            "62% to 71% depending on how 14 items without an estimate are treated",
            "62_% à 71_% selon le traitement de 14 éléments sans estimation",
        ),
        (
            "scope 80 → 96 since 2026-10-01 (+20%): 50% of the scope of then, 42% of today's",
            (
                "périmètre 80 → 96 depuis le 1er octobre 2026 (+20_%) : 50_% du périmètre d’alors, "
                "42_% de celui d’aujourd’hui"
            ),
        ),
        ("week of 2026-10-05 5", "semaine du 5 oct. : 5"),
        ("the cycle begins on 2026-10-01", "le cycle commence le 1er octobre 2026"),
    ],
)
def test_sentences_read_well_in_french(english: str, french: str) -> None:
    assert phrase(english, FR).replace("\u202f", "_").replace("\xa0", " ") == french


def test_figures_leave_names_and_dates_alone() -> None:
    assert figures("2026-10 3.5, CHK-12 v1.2.3", FR) == "2026-10 3,5, CHK-12 v1.2.3"
    assert figures("57 % and 1,250.5", EN) == "57% and 1,250.5"

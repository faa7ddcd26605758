"""The example configurations give what a person computes by hand, from files and from items."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.load import Config, load
from config.schema import json_schema
from config.settings import load_settings
from flows.work import Wish, opened
from mapping.decimals import quotient
from mapping.measure import measure_one
from mapping.metric import clamp, raw_progress
from mapping.readings import Reading
from mapping.rules import KeyResult, Objective, selections_of
from mapping.words import Sample, Selection, WorkItem
from tests.connectors.spreadsheet.books import Rows, ods, save
from tests.mapping.worlds import DOING, DONE, TODO, WONT, World, day, item

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples"
FILES = frozenset({"figures", "evenings", "promises"})


def example(name: str, folder: Path = EXAMPLES) -> Config:
    path = folder / name
    return load(path, settings=load_settings(folder, config=path), environ={}, offline=True)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_an_editor_accepts_every_example(path: Path) -> None:
    tree = _as_text(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert [error.message for error in Draft202012Validator(json_schema()).iter_errors(tree)] == []


def _as_text(value: object) -> object:
    """Return YAML as an editor sees it: dates are texts, also as keys."""
    if isinstance(value, dict):
        return {str(key): _as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return f"{value}" if isinstance(value, date) else value


# --- the first example, through the whole way of a sync, from files -------------------------------------------------


def labelled(column: str, **rows: float | str) -> Rows:
    return [["Measure", column], *[(name.replace("_", " "), value) for name, value in rows.items()]]


def write_files(folder: Path) -> None:
    leads = [("2026-10-02", 12), ("2026-10-30", 20), ("2026-11-11", 22), ("2026-12-01", 9)]
    sheets: dict[str, Rows] = {
        "Social": labelled("Now", Engagement_rate=0.0315, Photo_followers=2750, Video_followers=660),
        "Web": [[], [], [], [None, "Visitors", 620_000]],
        "Leads": [["Day", "Qualified"], *((datetime.fromisoformat(on), many) for on, many in leads)],
        "Planet": labelled("Now", Shipments_without_waste=0.81, Tonnes_paid=30, Tonnes_computed=120),
        "Shares": [["Compostable", 0.165], ["Biodegradable", 0.54]],
        "Voice": labelled("Now", NPS=31, Order_rating=4.6),
        "Tasting": [
            ["Taster", "Choice"],
            ["a", "ours"],
            ["b", "theirs"],
            ["c", "ours"],
            ["d", "ours"],
            ["e", "theirs"],
        ],
        "Survey": [["Guest", "Would recommend"], ["a", 9], ["b", 8], ["c", 6.4]],
        "App": labelled("Now", Users_of_the_planner=60, Monthly_users=200, Conversion=0.2),
        "Ambassadors": [["Name", "Integrated"], *((f"n{n}", n < 250) for n in range(400))],
        "People": labelled("Now", Satisfaction=7.15, Answers=54, Colleagues=120, Positive_feedback=51),
        "Money": labelled("Now", MRR=1_600_000, Renewals=540, Churn=0.0475),
    }
    save(
        folder / "figures.xlsx",
        sheets,
        names={"compostable_share": "Shares!$B$1", "biodegradable_share": "Shares!$B$2"},
        tables={
            "Leads": ("Leads", "A1:B5"),
            "Tasting": ("Tasting", "A1:B6"),
            "Survey": ("Survey", "A1:B4"),
            "Ambassadors": ("Ambassadors", "A1:B401"),
        },
        formats={
            "Social": ("B2", "0.00%"),
            "Planet": ("B2", "0%"),
            "App": ("B4", "0%"),
            "Money": ("B4", "0.00%"),
        },
    )
    evenings = [f"2026-{10 + n // 20}-{1 + n % 20:02};{'oui' if n % 4 else 'non'}" for n in range(40)]
    (folder / "evenings.csv").write_text("\n".join(["Jour;Dîner", *evenings]) + "\n", encoding="utf-8")
    texts = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in ("Promesse", "Fait", "Sans internet")
    )
    heads, label = texts[: texts.rindex("<table:table-cell")], texts[texts.rindex("<table:table-cell") :]
    kept = '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
    rows = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in (heads, label + kept))
    ods(folder / "promises.ods", f'<table:table table:name="Promises">{rows}</table:table>')


BY_HAND = {
    # address: value, clamped progress
    "known-brand/engagement": ("0.0315", "0.5"),  # from 2.1 % to twice that
    "known-brand/followers": ("2750", "0.4"),  # 1,500 of 3,750
    "known-brand/video-followers": ("660", "0.5"),  # 540 of 1,080
    "known-brand/visitors": ("620000", "0.5"),  # 380,000 of 760,000
    "known-brand/leads": ("27", "0.9"),  # October 32, November 22
    "clean-box/zero-waste": ("0.81", "0.5"),  # 19 of 38 points
    "clean-box/offsets": ("0.25", "0.25"),
    "clean-box/compostable": ("0.165", "0.5"),  # 8.5 of 17 points
    "clean-box/biodegradable": ("0.54", "0.4"),  # 14 of 35 points
    "loved-product/nps": ("31", "0.5"),  # 11 of 22
    "loved-product/rating": ("4.6", "1"),  # meeting it is enough
    "loved-product/blind-tasting": ("0.6", "0.4"),  # 3 of 5; 10 of 25 points
    "loved-product/recommendation": ("7.8", "0"),  # 23.4 / 3, and not 8
    "used-product/feature-use": ("0.3", "0.75"),
    "used-product/conversion": ("0.2", "0.5"),
    "strong-team/members": ("250", "0.25"),
    "strong-team/satisfaction": ("7.15", "0.5"),  # from 6.5 to 7.8
    "strong-team/participation": ("0.45", "0.5"),
    "strong-team/feedback": ("51", "0.5"),
    "sound-business/recurring-revenue": ("1600000", "0.5"),
    "sound-business/renewals": ("540", "0.5"),  # 60 of 120
    "sound-business/churn": ("0.0475", "0.5"),  # from 5 % to 4.5 %
    "present-parent/dinner": ("15", "0.75"),  # 15 in October, 15 in November
    "present-parent/offline-evenings": ("1", "1"),
}


def test_the_kinds_of_the_method_are_read_from_files_and_measured_as_by_hand(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / "okrsync.yaml").write_text((EXAMPLES / "okrsync.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    found = asyncio.run(_synced(example("okrsync.yaml", tmp_path)))
    told = {address: (f"{reading.value}", f"{progress}") for address, (reading, progress) in found.items()}
    assert {address: told.get(address) for address in BY_HAND} == BY_HAND
    assert {reading.no_data for address, (reading, _) in found.items() if address in BY_HAND} == {None}


async def _synced(config: Config) -> dict[str, tuple[Reading, Decimal | None]]:
    """Return the readings of one sync of the files, and their clamped progress."""
    at = day("2026-12-15T06:00")
    async with opened(config, Wish(connections=FILES), now=lambda: at, dry=True) as work:
        for name in work.names():
            await work.pull(name)
        changes = work.measure()
    return {each.key_result: (each.reading, each.new.progress if each.new else None) for each in changes}


def test_the_first_example_s_work_in_trackers_is_measured_as_by_hand() -> None:
    config = example("okrsync.yaml")
    planner = [
        item("1", DONE, points=5),
        item("2", DONE, points=3),
        item("3", DOING, points=2),
        item("4", TODO),  # no estimate: the median 3
        item("5", WONT, points=8),
    ]
    crashes = [item("1", TODO), item("2", DONE), *(item(f"{n}", DOING) for n in range(3, 9))]
    told = {"used-product/planner": planner, "used-product/crashes": crashes}
    results = {address: judged(config, address, Data(items=items)) for address, items in told.items()}
    assert results["used-product/planner"] == (Decimal("0.615384615385"), Decimal("0.615384615385"))  # 8 of 13
    assert results["used-product/crashes"] == (Decimal(7), Decimal("0.5"))  # from 11 down to 3


# --- every other kind, and DORA, from items and samples --------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Data:
    """What a key result is measured on: items, or samples by their days, a mapping for each series it draws on."""

    items: Sequence[WorkItem] = ()
    samples: Sequence[Mapping[str, str]] = ()
    unit: str | None = None
    past: Sequence[WorkItem] = ()
    """The items on the evening of the cycle's first day."""


def judged(config: Config, address: str, data: Data) -> tuple[Decimal | None, Decimal | None]:
    """Return value and clamped progress of a key result at noon of November 15."""
    objective, key_result = found(config, address)
    asked = selections_of(key_result.measure)
    series = {
        selection: [_sample(selection, at, value, data.unit) for at, value in stream.items()]
        for selection, stream in zip(asked, data.samples, strict=False)
    }
    items = {selection: data.items for selection in asked if selection not in series}
    before = [(day("2026-10-01T20:00"), World(dict.fromkeys(items, data.past)))]
    reading = measure_one(key_result, objective.cycle, World(items, series, past=before), day(NOON))
    if reading.value is None:
        return None, None
    return reading.value, quotient(clamp(raw_progress(key_result.metric, reading.value, objective.cycle)), Decimal(1))


NOON = "2026-11-15T12:00"


def _sample(selection: Selection, at: str, value: str, unit: str | None) -> Sample:
    number = Decimal(value)
    return Sample(connection=selection.connection, series=selection.key, at=day(at), value=number, unit=unit)


def found(config: Config, address: str) -> tuple[Objective, KeyResult]:
    return next((one, each) for one in config.objectives for each in one.key_results if each.id == address)


def timed(*spans: tuple[str, str | None]) -> list[WorkItem]:
    return [
        item(
            str(number),
            DONE if end else TODO,
            created_at=day(start),
            done_at=day(end) if end else None,
        )
        for number, (start, end) in enumerate(spans)
    ]


def orders(*minutes: int) -> list[WorkItem]:
    return [
        item(str(n), DONE, numbers={"Minutes": value}, fields={"Cook": f"cook {n % 4}"})
        for n, value in enumerate(minutes)
    ]


def tastings(*days: str) -> list[WorkItem]:
    return [item(str(n), DONE, on=day(on)) for n, on in enumerate(days)]


NOVEMBER = [f"2026-11-{1 + n:02}" for n in range(12)]
STEPS = [item("1", DONE, title="Design"), item("2", DONE, title="prototype"), item("3", title="Set up")]
PROMISED = [item("1", points=4), item("2", points=4), item("3")]
CASES: list[tuple[str, Data, str | None, str | None]] = [
    ("metrics/strictly-above", Data(samples=[{"2026-11-01": "42"}]), "42", "0"),
    ("metrics/strictly-above", Data(samples=[{"2026-11-01": "42.5"}]), "42.5", "1"),
    # the last seven days: (7 + 9) / 2 = 8, which is 2 outside of 4 outside
    ("metrics/band", Data(samples=[{"2026-11-02": "99", "2026-11-09": "7", "2026-11-14": "9"}]), "8", "0.5"),
    ("metrics/band", Data(samples=[{"2026-11-14": "5"}]), "5", "1"),
    ("metrics/zones", Data(samples=[{"2026-11-01": "55"}]), "55", "0.5"),  # half-way from 40 (0.3) to 70 (0.7)
    # 6 won, 4 lost of 50: 4 points of 5
    (
        "metrics/points",
        Data(
            items=[
                item(str(n), fields={"Outcome": "won" if n < 6 else "lost" if n < 10 else "open"}) for n in range(50)
            ]
        ),
        "0.04",
        "0.8",
    ),
    ("metrics/dollars", Data(samples=[{"2026-10-20": "400000"}], unit="USD"), "320000", "0.64"),  # at 1.25
    ("metrics/dollars", Data(samples=[{"2026-11-02": "400000"}], unit="USD"), "250000", "0.5"),  # at 1.6
    ("metrics/dollars", Data(samples=[{"2026-11-02": "400000"}], unit="CHF"), None, None),  # no rate
    ("periods/prorated", Data(items=tastings(*NOVEMBER)), "24", "0.8"),  # 12 in 15 of 30 days
    ("periods/worst", Data(items=tastings(*NOVEMBER)), "0", "0"),  # no tasting in the first full week of October
    (
        "items/milestones",
        Data(items=STEPS),
        "0.7",
        "0.7",
    ),
    ("items/by-hand", Data(), "0.333333333333", "0.333333333333"),  # Noise comes on Christmas Eve
    # 10 points then: 4 + 4 + a mean of 4 would be 12; of these item 1 is done
    (
        "items/frozen",
        Data(items=[item("1", DONE, points=9)], past=PROMISED),
        "0.333333333333",
        "0.333333333333",
    ),
    # rank 3 · 0.85 = 2.55: from 30 on 55 % of the way to 40
    ("items/slow-ones", Data(items=orders(10, 20, 30, 40)), "35.5", "0.38"),
    ("items/half-of-them", Data(items=orders(10, 20, 22, 40)), "21", "0.5"),
    ("items/cooks", Data(items=orders(1, 2, 3, 4, 5)), "4", "0.5"),
    # Tuesday noon to Thursday noon over Armistice: a day of work
    ("time/working-hours", Data(items=timed(("2026-11-10T11:00", "2026-11-12T11:00"))), "1", "1"),
    ("time/age", Data(items=timed(("2026-11-01T12:00", None), ("2026-11-10", None))), "14", "0"),
    ("time/growth", Data(samples=[{"2026-10-10": "900", "2026-10-20": "930", "2026-11-14": "950"}]), "50", "0.5"),
]


@pytest.mark.parametrize(
    ("address", "data", "value", "progress"), CASES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_kind_gives_what_is_computed_by_hand(
    address: str, data: Data, value: str | None, progress: str | None
) -> None:
    expected = (None if value is None else Decimal(value), None if progress is None else Decimal(progress))
    assert judged(example("measures.yaml"), address, data) == expected


def test_a_company_s_progress_is_that_of_its_teams() -> None:
    config = example("measures.yaml")
    everything, leaves = (found(config, f"company/{name}") for name in ("everything", "by-leaves"))
    world = _world_of(everything[1])
    for (objective, key_result), weights in ((everything, (1, 2)), (leaves, (6, 1))):
        reading = measure_one(key_result, objective.cycle, world, day("2026-11-15T12:00"))
        # items: milestones 0.7, by hand 1/3, frozen 1/3, slow ones 0.392, half 0.5, cooks 0.5; zones 0.5
        items, zones = (Decimal("0.7") + 2 * Decimal(1) / 3 + Decimal("1.392")) / 6, Decimal("0.5")
        mean = (items * weights[0] + zones * weights[1]) / sum(weights)
        assert reading.value is not None
        assert abs(reading.value - mean) < Decimal("1e-11")


def _world_of(key_result: KeyResult) -> World:
    """Return a world in which each part of the company's roll-up stands as in the cases above."""
    items: dict[Selection, Sequence[WorkItem]] = {}
    samples: dict[Selection, Sequence[Sample]] = {}
    past: dict[Selection, Sequence[WorkItem]] = {}
    for selection in selections_of(key_result.measure):
        match selection.terms():
            case {"epic": "BOX-7"}:
                items[selection] = STEPS
            case {"epic": "BOX-9"}:
                items[selection] = [item("1", DONE, points=9)]
                past[selection] = PROMISED
            case {"table": "Orders"}:
                # a median of 21, four cooks, and at 85 %: 22 and 0.55 of the 24 to 46, which is 35.2
                items[selection] = orders(12, 20, 22, 46)
            case _:
                samples[selection] = [_sample(selection, "2026-11-01", "55", None)]
    return World(items, samples, past=[(day("2026-10-01T20:00"), World(past))])


def test_the_four_measures_of_dora_are_computed_as_by_hand() -> None:
    config = example("dora.yaml")
    days = {f"{day('2026-10-19') + timedelta(days=n):%Y-%m-%d}T22:30": f"{n % 3}" for n in range(28)}
    # 0 + 1 + 2 nine times and one 0 more: 27 in four weeks are 6.75 a week
    assert judged(config, "delivery/deployment-frequency", Data(samples=[days])) == (
        Decimal("6.75"),
        Decimal("0.59375"),
    )
    changes = timed(("2026-11-02T08:00", "2026-11-02T20:00"), ("2026-11-03", "2026-11-05T12:00"), ("2026-11-04", None))
    assert judged(config, "delivery/lead-time", Data(items=changes)) == (Decimal(36), Decimal("0.833333333333"))
    failed = {"2026-10-20": "2", "2026-11-10": "1"}
    every = {"2026-10-20": "10", "2026-11-10": "5", "2026-09-10": "99"}
    assert judged(config, "delivery/change-failure-rate", Data(samples=[failed, every])) == (
        Decimal("0.2"),
        Decimal("0.5"),
    )
    incidents = timed(("2026-11-02T00:00", "2026-11-02T10:00"), ("2026-11-03T00:00", "2026-11-04T00:00"))
    assert judged(config, "delivery/time-to-restore", Data(items=incidents)) == (Decimal(17), Decimal("0.5"))

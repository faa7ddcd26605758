"""Files of other tools as rows: our own table in two languages, Viva Goals' export, Asana's goals."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from mapping.errors import FixConfigError
from mapping.incoming import Around, Incoming
from mapping.rows import BadRowsError
from mapping.rules import MetricKind, Unit, UnitKind
from okrsync.importing import read_file, source_of, wish_of

AROUND = Around(cycles={}, timezone="Europe/Paris")
PERCENT = Unit(kind=UnitKind.PERCENT)

OURS = """\
Cycle;Début;Fin;Objectif;Résultat clé;Responsable;Départ;Cible;Unité;Valeur;Couleur
2027-q1;2027-01-01;2027-04-01;Vendre plus;Taux de conversion;ana;15;25;%;18,5;vert
2027-q1;2027-01-01;2027-04-01;Vendre plus;'=Chiffre;ben;0;2 000 000;EUR;1 250 000;bleu
"""

ALIGNED = "Aligned To (weight, Objective ID)"
VIVA = f"""\
Id,Title,Object Type,Owner,Period,Start Date,End Date,"{ALIGNED}",Unit,Start,Target,Progress %,Goal Type
1,Grow the shop,Objective,Ana,Q1 2027,2027-01-01,2027-03-31,,,,,50,Committed Goal
2,Reach 500 orders a day,Key result,Ben,Q1 2027,,,"Grow the shop(weight: 60%, Id: 1)",orders,100,500,25,
3,Ship the app,Project,Ben,Q1 2027,,,"Grow the shop(weight: 40%, Id: 1)",,0,100,10,
"""

GOALS = {
    "data": [
        {
            "gid": "10",
            "resource_type": "goal",
            "name": "Grow web traffic",
            "owner": {"gid": "1", "name": "Ana"},
            "team": {"gid": "7", "name": "Web"},
            "time_period": {"gid": "5", "display_name": "Q1 FY27", "start_on": "2027-01-01", "end_on": "2027-03-31"},
            "metric": {"unit": "percentage", "progress_source": "subgoal_progress", "current_number_value": 0.3},
        },
        {
            "gid": "11",
            "name": "Conversion to 25 %",
            "owner": None,
            "time_period": None,
            "metric": {
                "unit": "percentage",
                "precision": 1,
                "progress_source": "manual",
                "initial_number_value": 0.15,
                "target_number_value": 0.25,
                "current_number_value": 0.181,
            },
            "current_status_update": {
                "created_at": "2027-02-01T09:30:00.000Z",
                "author": {"gid": "2", "name": "Ben"},
                "title": "slow start",
            },
            "parents": [{"gid": "10", "name": "Grow web traffic"}],
        },
        {
            "gid": "12",
            "name": "Raise revenue",
            "start_on": "2027-01-01",
            "due_on": "2027-06-30",
            "metric": {
                "unit": "currency",
                "currency_code": "EUR",
                "initial_number_value": 1000000,
                "target_number_value": 2000000,
                "current_number_value": 1250000.5,
            },
        },
    ]
}


def loaded(path: Path, text: str, source: str | None = None, around: Around = AROUND) -> Incoming:
    path.write_text(text, encoding="utf-8")
    return read_file(source_of(source, path), path, around)


def test_our_own_table_is_read_in_french_whatever_sets_its_cells_apart(tmp_path: Path) -> None:
    from mapping.numbers import NumberStyle

    french = Around(cycles={}, timezone="Europe/Paris", numbers=NumberStyle.FR)
    found = loaded(tmp_path / "okrs.csv", OURS, around=french)
    (objective,) = found.objectives
    rate, money = objective.key_results
    assert (objective.id, objective.cycle.ends_on) == ("vendre-plus", date(2027, 4, 1))
    assert (rate.metric.baseline, rate.metric.target, rate.metric.unit) == (Decimal("0.15"), Decimal("0.25"), PERCENT)
    assert money.title == "=Chiffre"
    assert [each.value for each in found.check_ins] == [Decimal("0.185"), Decimal(1250000)]
    assert "column 'Couleur' is not read" in found.remarks


def test_a_workbook_holds_percentages_and_dates_as_cells(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    heads = ["Cycle", "Starts on", "Ends on", "Objective", "Key result", "Baseline", "Target", "Value", "Last check-in"]
    sheet.append(heads)
    sheet.append(["q1", date(2027, 1, 1), date(2027, 4, 1), "Grow", "Rate", 0.15, 0.25, 0.2, date(2027, 2, 1)])
    for cell in sheet[2][5:8]:
        cell.number_format = "0%"
    book.save(tmp_path / "okrs.xlsx")
    found = read_file("xlsx", tmp_path / "okrs.xlsx", AROUND)
    (part,) = found.objectives[0].key_results
    assert (part.metric.unit, part.metric.target) == (PERCENT, Decimal("0.25"))
    (said,) = found.check_ins
    assert (said.value, said.at and said.at.date()) == (Decimal("0.2"), date(2027, 1, 31))  # midnight in Paris


def test_vivas_export_has_its_alignment_weights_and_values_from_progress(tmp_path: Path) -> None:
    found = loaded(tmp_path / "v.csv", VIVA, "viva")
    (objective,) = found.objectives
    (part,) = objective.key_results
    assert (objective.id, objective.title, objective.kind) == ("viva-1", "Grow the shop", "committed")
    assert (objective.cycle.id, objective.cycle.ends_on) == ("q1-2027", date(2027, 4, 1))
    assert (part.id, part.weight, part.owner, part.metric.unit.name) == ("viva-1/viva-2", Decimal(60), "Ben", "orders")
    assert [each.value for each in found.check_ins] == [Decimal(200)]
    assert any("Project 'Ship the app' is left out" in each for each in found.remarks)
    assert any("200 follows from the progress" in each for each in found.remarks)


def test_a_key_result_of_viva_without_its_objective_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRowsError, match="'Reach 500 orders a day' is aligned to no objective of the file"):
        loaded(tmp_path / "v.csv", VIVA.replace("\n1,", "\n9,"), "viva")
    with pytest.raises(FixConfigError, match="no export of Viva Goals: it has no column object type"):
        loaded(tmp_path / "v.csv", VIVA.replace("Object Type", "Sort"), "viva")


def test_goals_of_asana_keep_their_metric_and_the_day_and_author_of_their_status(tmp_path: Path) -> None:
    found = loaded(tmp_path / "goals.json", json.dumps(GOALS))
    web, money = found.objectives
    assert (web.id, web.owner, web.team, web.cycle.id) == ("asana-10", "Ana", "Web", "q1-fy27")
    (part,) = web.key_results
    assert (part.id, part.metric.baseline, part.metric.target) == (
        "asana-10/asana-11",
        Decimal("0.15"),
        Decimal("0.25"),
    )
    assert part.metric.unit == PERCENT
    first, second = found.check_ins
    assert (first.value, first.author, first.note) == (Decimal("0.181"), "Ben", "slow start")
    assert f"{first.at}" == "2027-02-01 09:30:00+00:00"
    assert money.key_results[0].id == "asana-12/asana-12"
    assert money.key_results[0].metric.kind is MetricKind.INCREASE
    assert (money.key_results[0].metric.unit.currency, money.cycle.ends_on) == ("EUR", date(2027, 7, 1))
    assert (second.value, second.at) == (Decimal("1250000.5"), None)


def test_a_goal_between_others_is_an_objective_below_another(tmp_path: Path) -> None:
    span = {"display_name": "Q1 FY27", "start_on": "2027-01-01", "end_on": "2027-03-31"}
    chain = [
        {"gid": "1", "name": "Company", "time_period": span},
        {"gid": "2", "name": "Team", "time_period": span, "parents": [{"gid": "1"}]},
        {"gid": "3", "name": "Reach an NPS of 42", "parents": [{"gid": "2"}]},
    ]
    found = loaded(tmp_path / "goals.json", json.dumps(chain))
    assert [(each.id, each.parent, len(each.key_results)) for each in found.objectives] == [
        ("asana-1", None, 0),
        ("asana-2", "asana-1", 1),
    ]


@pytest.mark.parametrize("text", ["{", "[]x", '{"data": 5}', '[{"name": "no gid"}]'])
def test_what_is_no_list_of_goals_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(FixConfigError, match="no list of goals"):
        loaded(tmp_path / "goals.json", text)


@pytest.mark.parametrize("name", ["okrs.doc", "okrs"])
def test_a_name_that_tells_nothing_asks_for_from(name: str) -> None:
    with pytest.raises(FixConfigError, match="add --from"):
        source_of(None, Path(name))


def test_a_table_without_an_objective_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FixConfigError, match="no column is called Objective"):
        loaded(tmp_path / "t.csv", "a,b\n1,2\n")
    with pytest.raises(FixConfigError, match="is empty"):
        loaded(tmp_path / "t.csv", "\n")


def test_a_file_or_a_connection_is_named_and_not_both() -> None:
    for words in ((None, None, None), (Path("a.csv"), None, "asana"), (None, "viva", "asana")):
        with pytest.raises(FixConfigError, match="name a file, or an Asana connection"):
            wish_of(*words)
    assert wish_of(None, None, "asana").source == "asana-goals"

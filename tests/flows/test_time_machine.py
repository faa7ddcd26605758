"""As of any instant, a store answers what it answered then: asked again of copies kept at the time."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from config.said import moment_of, past_moment_of
from flows.people import Said, check_in, resume
from flows.reader import StoreReader
from mapping.errors import FixConfigError
from mapping.standing import Standing
from okrsync.cli import app
from store import Store
from tests.flows.rows import KR, START, Rows

INSTANTS = 200
EVENTS = 40
HOUR = timedelta(hours=1)

Copies = Sequence[tuple[datetime, Path]]


def history(tmp_path: Path, chance: Random) -> tuple[Rows, Copies]:
    """Let syncs, check-ins by hand and resumptions happen, and keep a copy of the store after each."""
    folder = tmp_path / "work"
    folder.mkdir()
    rows = Rows(folder, more="guard: none")
    tasks = {f"t{n}": False for n in range(8)}
    copies, now = [], START
    for number in range(EVENTS):
        now += chance.randrange(1, 60) * HOUR
        deed = chance.random() if number else 0
        if deed < 0.6:
            for id_ in chance.sample(sorted(tasks), 2):
                tasks[id_] = chance.random() < 0.6
            if chance.random() < 0.3:
                tasks[f"t{len(tasks)}"] = False
            rows.write(tasks)
            rows.sync(now)
        else:
            with rows.store() as store:
                if deed < 0.9:
                    until = now + chance.randrange(5, 90) * HOUR if chance.random() < 0.5 else None
                    value = Decimal(chance.randrange(11)) / 10
                    said = Said(author="ana", value=value, sticky=until is not None, expires_at=until)
                    check_in(store, KR, said, now=now)
                else:
                    resume(store, KR, author="ben", now=now)
        copy = tmp_path / f"copy-{number}.db"
        shutil.copy(rows.folder / "okrsync.db", copy)
        copies.append((now, copy))
    return rows, copies


def facts(reader: StoreReader) -> tuple[object, ...]:
    found: Standing = reader.explain(KR).standing
    shown = (found.value, found.raw_progress, found.progress, found.author, found.formula, found.changed_at)
    beside = (None if found.automatic is None else found.automatic.value, found.pace, found.trend, found.confidence)
    return (*shown, *beside, found.override is not None)


def test_two_hundred_instants_of_the_past_read_as_they_did_then(tmp_path: Path) -> None:
    chance = Random(200)
    rows, copies = history(tmp_path, chance)
    first, last = copies[0][0], copies[-1][0]
    with rows.store() as store:
        for _ in range(INSTANTS):
            instant = first + chance.random() * (last + 20 * HOUR - first)
            kept = [copy for at, copy in copies if at <= instant][-1]
            with Store.open(f"sqlite:///{kept}") as then:
                expected = facts(StoreReader(then, now=lambda at=instant: at))  # type: ignore[misc] # bound now
            assert facts(StoreReader(store, as_of=instant)) == expected, instant


def test_a_value_of_the_past_is_explained_by_the_items_and_the_rule_of_then(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({"t0": True, "t1": False})
    rows.sync(START)
    rules = tmp_path / "okrsync.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace('is: ["yes"]', 'is: ["no"]'), encoding="utf-8")
    rows.write({"t0": True, "t1": False, "t2": False})
    rows.sync(START + 30 * HOUR)
    with rows.store() as store:
        then = StoreReader(store, as_of=START + HOUR).explain(KR)
        assert (then.standing.value, then.agrees, len(then.reading.evidence)) == (Decimal("0.5"), True, 2)
        now = StoreReader(store, as_of=START + 31 * HOUR).explain(KR)
        assert (now.standing.value, now.agrees) == (Decimal("0.666666666667"), True)
        assert then.rule_version != now.rule_version


def test_the_past_is_for_reading_only(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({"t0": True})
    rows.sync(START)
    with rows.store() as store, pytest.raises(RuntimeError, match="for reading only"):
        store.as_of(START).begin(started_at=START).__enter__()


def test_commands_look_back(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    rows.write({"t0": True, "t1": False})
    rows.sync(START)
    rows.write({"t0": True, "t1": True})
    rows.sync(START + 48 * HOUR)
    day = f"{START:%Y-%m-%d}"
    for command in (["status"], ["why", KR]):
        told = CliRunner().invoke(app, ["-C", str(tmp_path), *command, "--as-of", day])
        assert told.exit_code == 0, told.output
        assert "50%" in told.output
    planned = CliRunner().invoke(app, ["-C", str(tmp_path), "plan", "--as-of", day, "--json"])
    assert planned.exit_code == 0, planned.output
    assert '"action": "keep"' in planned.output


def test_a_day_means_its_end_where_the_cycle_is(tmp_path: Path) -> None:
    end = datetime(2026, 11, 27, 22, 59, 59, 999999, tzinfo=UTC)
    assert moment_of("2026-11-27", "Europe/Paris") == end
    assert moment_of("2026-11-27T18:00", "Europe/Paris") == datetime(2026, 11, 27, 17, tzinfo=UTC)
    with pytest.raises(FixConfigError, match="'yesterday' is no day"):
        moment_of("yesterday", "UTC")


def test_a_look_back_goes_up_to_today_and_no_further(tmp_path: Path) -> None:
    now = datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert past_moment_of("2026-11-27", "Europe/Paris", now=now) > now
    with pytest.raises(FixConfigError, match="2026-11-28 lies ahead: name a day up to today"):
        past_moment_of("2026-11-28", "Europe/Paris", now=now)
    rows = Rows(tmp_path)
    rows.write({"t0": True})
    rows.sync(START)
    told = CliRunner().invoke(app, ["-C", str(tmp_path), "status", "--as-of", "9998-01-01"])
    assert isinstance(told.exception, FixConfigError)

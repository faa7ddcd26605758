"""A change of the rules is held against a revision: what it does today, and would have done on past days."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from config.load import load
from config.settings import load_settings
from flows.against import Comparison, compare
from flows.closing import close
from flows.revision import rules_at
from mapping.comparison import Effect, PastDay, past_days
from mapping.errors import FixConfigError
from mapping.outcome import Outcome
from okrsync.against import does_anything
from okrsync.cli import app
from okrsync.show_against import MARK, lines, markdown
from tests.flows.rows import KR, START, Rows

DAY = timedelta(days=1)


class Repository:
    """A folder of rules with a store and a history of its own."""

    def __init__(self, folder: Path) -> None:
        self.rows = Rows(folder, more="owner: ana")
        self.folder = folder
        self.rules = folder / "okrsync.yaml"
        self.git("init", "-q", "-b", "main")
        self.commit("first")

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=Ana", "-c", "user.email=ana@acme.test", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, "-C", str(self.folder), *words], check=True, capture_output=True)

    def commit(self, message: str) -> None:
        self.git("add", "*.yaml")
        self.git("commit", "-q", "-m", message)

    def edit(self, old: str, new: str) -> None:
        text = self.rules.read_text(encoding="utf-8")
        assert old in text
        self.rules.write_text(text.replace(old, new), encoding="utf-8")

    def compare(self, revision: str = "main", *, now: datetime = START + 10 * DAY, days: int = 8) -> Comparison:
        settings = load_settings(self.folder, config=self.rules)
        with self.rows.store() as store:
            config = load(self.rules, settings=settings, offline=True)
            return compare(rules_at(revision, self.rules, settings), config, store, now=now, days=days)

    def run(self, *words: str) -> tuple[int, str]:
        told = CliRunner().invoke(app, ["-C", str(self.folder), *words])
        return told.exit_code, told.output + str(told.exception or "")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Four tasks in scope, one of them done at first and three in the end; one out of scope, never done."""
    made = Repository(tmp_path)
    made.rows.write({f"t{n}": n < 1 for n in range(4)}, out=["x"])
    made.rows.sync(START)
    made.rows.write({f"t{n}": n < 3 for n in range(4)}, out=["x"])
    made.rows.sync(START + 6 * DAY)
    return made


WIDER = ('item.fields["scope"] == "in"', 'item.fields["scope"] != ""')


def test_rules_that_did_not_change_do_nothing(repository: Repository) -> None:
    found = repository.compare()
    assert [each.effect for each in found.key_results] == [Effect.SAME]
    assert not does_anything(found)
    (line,) = lines(found)
    assert re.fullmatch(r"nothing changes for 1 key result against main \([0-9a-f]{10}\)\.", line)


def test_a_change_says_what_it_does_today_and_would_have_done(repository: Repository) -> None:
    repository.edit(*WIDER)
    found = repository.compare()
    (change,) = found.changes
    assert change.effect is Effect.MOVED
    assert change.before is not None
    assert change.after is not None
    assert (change.before.value, change.after.value) == (Decimal("0.75"), Decimal("0.6"))
    assert change.past is not None
    assert (change.past.days, change.past.moved, change.past.rebuilt) == (8, 8, 0)
    assert (change.past.most, change.past.on) == (Decimal("-0.15"), date(2026, 10, 29))
    (objective,) = found.objectives
    assert (objective.before, objective.after) == (Decimal("0.75"), Decimal("0.6"))
    assert lines(found)[1:] == [
        "  work/tasks: 75% → 60% today; would have moved on 8 of 8 past days, at most by −15 points on 2026-10-29",
        "  work: 75% → 60% today",
    ]


def test_days_before_the_first_run_are_rebuilt_and_days_before_the_cycle_are_none(repository: Repository) -> None:
    repository.edit(*WIDER)
    (change,) = repository.compare(days=60).changes
    assert change.past is not None
    assert (change.past.days, change.past.rebuilt) == (29, 19)
    assert "(19 days rebuilt from the items' past)" in lines(repository.compare(days=60))[1]


def test_a_rule_that_is_written_otherwise_and_does_the_same_is_no_change_of_numbers(repository: Repository) -> None:
    repository.edit('== "in"', '!= "out"')
    found = repository.compare()
    (change,) = found.changes
    assert change.effect is Effect.REWRITTEN
    assert change.past is not None
    assert change.past.moved == 0
    assert not does_anything(found)
    assert "another rule, still 75%, ● on track; would not have moved on any of 8 past days" in lines(found)[1]


def test_what_would_have_moved_only_on_past_days_is_a_change_too(repository: Repository) -> None:
    repository.rows.write({f"t{n}": n < 3 for n in range(4)})
    repository.rows.sync(START + 8 * DAY, accept_shrink=True)
    repository.edit(*WIDER)
    found = repository.compare()
    (change,) = found.changes
    assert change.effect is Effect.REWRITTEN
    assert change.past is not None
    assert (change.past.days, change.past.moved, change.past.on) == (8, 6, date(2026, 10, 27))
    assert does_anything(found)


def test_new_and_removed_key_results_are_told_with_what_was_never_read(repository: Repository) -> None:
    more = (
        "      more:\n        title: More\n        measure: {completion: {from: board, table: Tasks, id: id, "
        "done: {column: scope, is: [in]}}}\n"
    )
    repository.rules.write_text(repository.rules.read_text(encoding="utf-8").rstrip() + "\n" + more, encoding="utf-8")
    found = repository.compare()
    new = next(each for each in found.changes if each.key_result == "work/more")
    assert new.effect is Effect.NEW
    (unread,) = new.unread
    assert unread.startswith("board: ")
    said = "\n".join(lines(found))
    assert "work/more: new, at no data, ∅ no data" in said
    assert "never read so far, so nothing can be said before a sync: board: " in said
    repository.commit("more")
    repository.edit(more, "")
    gone = next(each for each in repository.compare().changes if each.key_result == "work/more")
    assert (gone.effect, gone.after, gone.past) == (Effect.REMOVED, None, None)


@pytest.mark.parametrize(
    ("old", "new", "address"),
    [
        ("  work:\n", "  deeds:\n    was: work\n", "deeds/tasks"),
        ("      tasks:\n", "      jobs:\n        was: tasks\n", "work/jobs"),
    ],
)
def test_what_is_renamed_is_the_same(old: str, new: str, address: str, repository: Repository) -> None:
    repository.edit(old, new)
    assert not repository.compare().changes
    repository.edit(*WIDER)
    found = repository.compare()
    (change,) = found.changes
    assert (change.key_result, change.was, change.effect) == (address, KR, Effect.MOVED)
    assert change.past is not None
    assert change.past.moved == 8
    assert "    renamed, it was work/tasks" in lines(found)
    assert len(found.objectives) == 1


def test_a_closed_cycle_is_said_to_stay_as_it_is(repository: Repository) -> None:
    repository.edit(*WIDER)
    assert not repository.compare().changes[0].frozen
    with repository.rows.store() as store:
        close(store, "q4", author="ana", key_folder=repository.folder / "keys", now=START + 7 * DAY, early=True)
    found = repository.compare()
    assert found.changes[0].frozen
    assert "    its cycle is closed, so nothing of this is published" in lines(found)


def test_another_target_is_told_beside_the_progress(repository: Repository) -> None:
    repository.edit("owner: ana", "metric: {baseline: 0%, target: 90%}\n        owner: ana")
    (change,) = repository.compare().changes
    assert change.before is not None
    assert change.after is not None
    assert (change.before.value, change.after.value) == (Decimal("0.75"), Decimal("0.75"))
    text = "\n".join(lines(repository.compare()))
    assert "75% → 83% today" in text
    assert "metric 0% → 100%, now 0% → 90%" in text


def test_another_weight_shows_in_the_objective(repository: Repository) -> None:
    second = """\
      second:
        title: Second
        weight: 1
        measure:
          completion:
            from: board
            table: Tasks
            id: id
            done: {column: done, is: ["yes"]}
            where: item.fields["scope"] == "out"
"""
    path = repository.rules
    path.write_text(path.read_text(encoding="utf-8").rstrip() + "\n" + second, encoding="utf-8")
    repository.commit("second")
    repository.edit("weight: 1", "weight: 3")
    found = repository.compare()
    assert [each.effect for each in found.changes] == [Effect.REWRITTEN]
    assert [(each.before, each.after) for each in found.objectives] == [(Decimal("0.375"), Decimal("0.1875"))]
    assert does_anything(found)


def test_rules_in_a_folder_and_a_profile_beside_them_are_read_at_the_revision(tmp_path: Path) -> None:
    made = Repository(tmp_path)
    made.rows.write({"t0": True, "t1": False})
    made.rows.sync(START)
    folder = tmp_path / "rules"
    folder.mkdir()
    head, _, objectives = made.rules.read_text(encoding="utf-8").partition("objectives:\n")
    head = head.replace("file: board.csv", "file: ../board.csv")
    (folder / "a.yaml").write_text(f"profile: ours.toml\n{head}", encoding="utf-8")
    (folder / "b.yaml").write_text(f"objectives:\n{objectives}", encoding="utf-8")
    (folder / "t.okrtest.yaml").write_text("tests: []\n", encoding="utf-8")
    profile = (Path(__file__).resolve().parents[2] / "config" / "profiles" / "okrsync.toml").read_text(encoding="utf-8")
    (folder / "ours.toml").write_text(profile.replace("okrsync", "ours"), encoding="utf-8")
    made.git("add", "rules")
    made.git("commit", "-q", "-m", "a folder")
    (folder / "b.yaml").write_text(f"objectives:\n{objectives.replace(*WIDER)}", encoding="utf-8")
    settings = load_settings(tmp_path, config=folder)
    revision = rules_at("HEAD", folder, settings)
    assert revision.config is not None
    assert [each.id for each in revision.config.key_results()] == [KR]
    assert revision.config.objectives[0].profile.name == "ours"
    assert rules_at("HEAD~1", folder, settings).config is None


@pytest.mark.parametrize("name", ["nowhere", "--help", "-x", "main:okrsync.yaml", "", "main; touch x", "$(touch x)"])
def test_a_revision_that_is_none_is_refused_whatever_it_is_called(name: str, repository: Repository) -> None:
    with pytest.raises(FixConfigError, match="no revision"):
        rules_at(name, repository.rules, load_settings(repository.folder, config=repository.rules))
    assert not (repository.folder / "x").exists()


def test_rules_that_were_broken_then_name_the_revision_and_the_line(repository: Repository) -> None:
    text = repository.rules.read_text(encoding="utf-8")
    repository.edit("table: Tasks", "tabel: Tasks")
    repository.commit("broken")
    repository.rules.write_text(text, encoding="utf-8")
    settings = load_settings(repository.folder, config=repository.rules)
    with pytest.raises(FixConfigError, match=r"the rules of HEAD cannot be loaded:\nHEAD:okrsync.yaml:\d+:\d+: "):
        rules_at("HEAD", repository.rules, settings)


def test_a_folder_without_git_says_so(tmp_path: Path) -> None:
    rows = Rows(tmp_path)
    with pytest.raises(FixConfigError, match="not a git repository"):
        rules_at("main", rows.folder / "okrsync.yaml", load_settings(tmp_path))


def test_the_command_speaks_to_people_to_machines_and_to_pull_requests(tmp_path: Path) -> None:
    made = Repository(tmp_path)
    now = datetime.now(UTC)
    made.edit("starts_on: 2026-10-01, ends_on: 2027-01-01", _cycle_around(now))
    made.commit("a cycle that runs")
    made.rows.write({"t0": True, "t1": False}, out=["x"])
    made.rows.sync(now - 5 * DAY)
    assert made.run("plan", "--against", "main", "--exit-code") == (
        0,
        made.run("plan", "--against", "main")[1],
    )
    made.edit(*WIDER)
    made.edit("title: All tasks", 'title: "All *tasks* @ana <b>"')
    code, said = made.run("plan", "--against", "main", "--exit-code", "--days", "3")
    assert code == 3, said
    assert "50% → 33% today" in said
    assert "would have moved on 3 of 3 past days" in said
    code, said = made.run("plan", "--against", "main", "--days", "3", "--markdown")
    assert code == 0
    assert said.startswith(f"{MARK}\n**okrsync**: of 1 key result, 1 moves today against main")
    assert "- `work/tasks` All \\*tasks\\* @\u200bana \\<b\\>: 50% → 33% today" in said
    code, said = made.run("plan", "--against", "main", "--json")
    assert code == 0
    (found,) = json.loads(said)["key_results"]
    assert (found["effect"], found["before"]["value"], found["after"]["value"]) == ("moved", "0.5", "0.333333333333")
    assert made.run("plan", "--against", "main", "--as-of", "2026-10-20")[0] == 2


def _cycle_around(now: datetime) -> str:
    return f"starts_on: {now.date() - 40 * DAY}, ends_on: {now.date() + 50 * DAY}"


def test_a_comparison_needs_a_store(tmp_path: Path) -> None:
    code, said = Repository(tmp_path).run("plan", "--against", "main")
    assert code == 1
    assert "nothing was synced here yet" in said


def test_markdown_of_nothing_is_short(repository: Repository) -> None:
    assert "nothing changes for 1 key result" in markdown(repository.compare())


PROGRESS = st.none() | st.integers(-5, 15).map(lambda tenths: Decimal(tenths) / 10)


@given(pairs=st.lists(st.tuples(PROGRESS, PROGRESS, st.booleans()), max_size=40))
def test_past_days_count_every_day_once_and_name_the_greatest_change(
    pairs: list[tuple[Decimal | None, Decimal | None, bool]],
) -> None:
    days = [
        PastDay(date(2026, 10, 1) + n * DAY, Outcome(value=one, progress=one), Outcome(value=other, progress=other), re)
        for n, (one, other, re) in enumerate(pairs)
    ]
    found = past_days(reversed(days))
    assert (found.days, found.rebuilt) == (len(pairs), sum(re for _, _, re in pairs))
    assert found.moved == sum(one != other for one, other, _ in pairs)
    changes = [other - one for one, other, _ in pairs if one is not None and other is not None and one != other]
    assert (found.most is None) is (not changes)
    if found.most is not None and found.on is not None:
        assert abs(found.most) == max(map(abs, changes))
        one, other, _ = pairs[(found.on - date(2026, 10, 1)).days]
        assert one is not None
        assert other is not None
        assert other - one == found.most

"""`okrsync db restore` as a user runs it: whole, or as if it had never been."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from store import Store
from store.backup import whole_or_nothing
from tests.flows.kit import okrsync


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A backup of a store in which somebody keeps one OKR."""
    old = str(tmp_path / "old")
    Path(old).mkdir()
    for words in (
        ["okr", "add-cycle", "2026-q4", "2026-10-01", "2027-01-01", "--as", "ana"],
        ["okr", "add", "grow", "Grow the business", "--cycle", "2026-q4", "--as", "ana"],
        ["db", "backup", str(tmp_path / "kept.db")],
    ):
        done = okrsync("-C", old, *words)
        assert done.returncode == 0, done.stderr
    return tmp_path / "kept.db"


def test_a_backup_becomes_the_store_where_there_was_none(kept: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    done = okrsync("-C", str(new), "db", "restore", str(kept))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("rows restored\n")
    assert [each.name for each in new.iterdir()] == ["okrsync.db"]
    assert "Grow the business" in okrsync("-C", str(new), "okr", "list").stdout


def test_a_refused_restore_leaves_nothing_where_nothing_was(kept: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    kept.write_bytes(kept.read_bytes()[:20_000])
    done = okrsync("-C", str(new), "db", "restore", str(kept))
    assert done.returncode == 1
    assert "this is no whole backup" in done.stderr
    assert okrsync("-C", str(new), "db", "restore", str(tmp_path / "none.db")).returncode == 1
    assert list(new.iterdir()) == []


def test_a_store_that_holds_something_is_refused_and_stays_as_it_was(kept: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    before = okrsync("-C", str(old), "db", "dump").stdout
    done = okrsync("-C", str(old), "db", "restore", str(kept))
    assert done.returncode == 1
    assert "restore into a new database" in done.stderr
    assert okrsync("-C", str(old), "db", "dump").stdout == before


def test_what_somebody_puts_there_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "okrsync.db"

    def meanwhile() -> None:
        with whole_or_nothing(file) as part:
            Store.open(f"sqlite:///{part}").close()
            file.write_text("theirs")

    with pytest.raises(FixConfigError, match=r"okrsync\.db is there already"):
        meanwhile()
    assert file.read_text() == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["okrsync.db"]

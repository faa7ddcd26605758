"""The sandbox that the fault table's tests share, and rigs over it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kit import Make, Rig, Served, make_rig, served
from tests.faults.worlds import Kind


@pytest.fixture(scope="session")
def where() -> Iterator[Served]:
    with served() as found:
        yield found


@pytest.fixture
def make(where: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make rigs, each with a folder of its own."""
    numbers = itertools.count()

    def made(kind: Kind, **given: object) -> Rig:
        return make_rig(where, tmp_path / f"rig{next(numbers)}", monkeypatch, kind, **given)

    return made

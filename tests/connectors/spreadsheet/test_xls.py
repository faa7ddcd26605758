from __future__ import annotations

from pathlib import Path

import pytest

from mapping.errors import FixConfigError
from tests.connectors.spreadsheet import xls
from tests.connectors.spreadsheet.books import rows, sample

CELLS = (
    xls.label(0, 0, "Name")
    + xls.label(0, 1, "Sum")
    + xls.label(1, 0, "a")
    + xls.number(1, 1, 36)
    + xls.label(2, 0, "b")
    + xls.error(2, 1, 0x17)
    + xls.label(3, 0, "c")
    + xls.formula_error(3, 1, 0x2A)
    + xls.label(4, 0, "d")
)


async def test_error_cells_of_xls_are_told_from_empty_ones(tmp_path: Path) -> None:
    path = xls.save_xls(tmp_path / "k.xls", xls.book("KPI", CELLS))
    assert (await sample(path, {"sheet": "KPI", "row": "a", "column": "Sum"})).value == 36
    for cell, message in {"B3": "holds the error #REF!", "B4": "holds the error #N/A", "B5": "is empty"}.items():
        with pytest.raises(FixConfigError, match=rf"k\.xls, sheet KPI, cell {cell} {message}"):
            await sample(path, {"cell": cell})


async def test_error_cells_of_xls_make_a_table_partial(tmp_path: Path) -> None:
    read = await rows(xls.save_xls(tmp_path / "k.xls", xls.book("KPI", CELLS)), {"table": "KPI"}, "sum")
    assert [item.title for item in read.items] == ["a", "d"]
    assert ["#REF!" in read.skipped[0], "#N/A" in read.skipped[1]] == [True, True]


async def test_a_protected_xls_is_told(tmp_path: Path) -> None:
    path = xls.save_xls(tmp_path / "k.xls", xls.book("KPI", CELLS, protected=True))
    with pytest.raises(FixConfigError, match=r"k\.xls is protected by a password"):
        await sample(path, {"cell": "B2"})


async def test_a_container_that_runs_in_a_circle_is_refused(tmp_path: Path) -> None:
    path = xls.save_xls(tmp_path / "k.xls", xls.book("KPI", CELLS), circle=True)
    with pytest.raises(FixConfigError, match=r"k\.xls is damaged: its container runs in a circle"):
        await sample(path, {"cell": "B2"})


async def test_an_xls_whose_cells_lie_far_apart_is_refused(tmp_path: Path) -> None:
    path = xls.save_xls(tmp_path / "k.xls", xls.book("KPI", xls.number(0, 0, 1) + xls.number(65535, 16383, 1)))
    with pytest.raises(FixConfigError, match=r"k\.xls (broke its reader|reaches from A1 to|cannot be read|needs more)"):
        await sample(path, {"cell": "A1"})

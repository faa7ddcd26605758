"""What calamine does not tell about a sheet: error cells, formulas without a value, percent and money, merged cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.spreadsheet.cells import Area, CellKind, a1
from connectors.spreadsheet.child import caps
from connectors.spreadsheet.child.wire import RefusedError


@dataclass(slots=True)
class Facts:
    """Facts about the cells of one sheet, by row and column from 0."""

    troubles: dict[tuple[int, int], tuple[CellKind, str]] = field(default_factory=dict)
    """Cells that hold no value: kind and text."""
    styles: dict[tuple[int, int], str] = field(default_factory=dict)
    """``%`` or a currency code."""
    merged: list[Area] = field(default_factory=list)
    filled: int = 0
    bounds: Area | None = None
    tells_errors: bool = True
    _met: set[int] = field(default_factory=set)

    def fill(self, row: int, column: int, times: int = 1) -> None:
        """Count a cell that is not empty, or a run of equal ones, and how far the sheet reaches.

        Raises:
            RefusedError: more cells, rows or columns than ``caps`` allow.
        """
        self.filled += times
        if times == 1:
            self.meet(row, column)
        seen = self.bounds
        if seen is None:
            self.bounds = Area(row, column, row, column)
        elif not seen.holds(row, column):
            self.bounds = Area(
                min(seen.top, row), min(seen.left, column), max(seen.bottom, row), max(seen.right, column)
            )
            check_bounds(self.bounds)
        if self.filled > caps.FILLED_CELLS:
            raise RefusedError(f"holds more than {caps.FILLED_CELLS:,} cells: split the sheet")

    def meet(self, row: int, column: int) -> None:
        """Note a cell with a value; one that a broken file has twice has none, whichever of the two calamine takes."""
        place = row << 14 | column
        if place in self._met:
            self.contradict(row, column)
        self._met.add(place)

    def contradict(self, row: int, column: int) -> None:
        """Note that the file gives a cell two values."""
        self.troubles[row, column] = (CellKind.UNREADABLE, "two values: the file says both")


def check_bounds(bounds: Area) -> None:
    """Raise RefusedError for an area that would not fit into memory when laid out."""
    rows, columns = bounds.bottom - bounds.top + 1, bounds.right - bounds.left + 1
    if rows > caps.ROWS or columns > caps.COLUMNS or rows * columns > caps.DENSE_CELLS:
        raise RefusedError(
            f"reaches from {a1(bounds.top, bounds.left)} to {a1(bounds.bottom, bounds.right)}: more than "
            f"{caps.ROWS:,} rows, {caps.COLUMNS:,} columns or {caps.DENSE_CELLS:,} cells: "
            "delete what lies far from the rest, or split the sheet"
        )

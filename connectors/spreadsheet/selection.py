"""What a rule may select in a spreadsheet."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from connectors.port import SelectionModel, Shape
from connectors.spreadsheet.cells import parse_a1
from connectors.spreadsheet.options import Part, Text


class CellLabel(Part):
    """The cell that holds the label of a number, and what must stand there."""

    cell: str
    is_: Text = Field(alias="is")

    @field_validator("cell")
    @classmethod
    def _is_a_cell(cls, cell: str) -> str:
        parse_a1(cell)
        return cell


class StateColumn(Part):
    """A column that tells the state of a row, and the words that mean it."""

    column: Text
    is_: tuple[str | bool, ...] = Field(
        default=(),
        alias="is",
        description="The words, in upper or lower case. When left out, the column holds true, false or nothing.",
    )

    @field_validator("is_", mode="before")
    @classmethod
    def _one_word_is_a_list(cls, words: object) -> object:
        return [words] if isinstance(words, str | bool) else words


class SpreadsheetSelection(SelectionModel):
    """One number (``cell``, ``name``, ``row`` with ``column``), dated numbers, or rows of a ``table``: one of these.

    Dated numbers stand in a ``column`` beside a column of ``dates``, or in a ``row`` below dates (``dates_across``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    sheet: Text | None = Field(default=None, description="Name of the sheet; may be left out if the file has only one.")
    cell: str | None = Field(default=None, description="Address of the number, such as C7.")
    label: Text | CellLabel | None = Field(
        default=None,
        description="With cell or name: what must stand beside the number (nearest text to the left or above), "
        "or {cell: B7, is: NPS}. Verified on every read.",
    )
    name: Text | None = Field(default=None, description="A defined name of one cell (xlsx, ods).")
    row: Text | None = Field(default=None, description="Label of the row.")
    column: Text | None = Field(default=None, description="Header of the column.")
    dates: Text | None = Field(
        default=None, description="With column: header of the column of dates; each row with a number is a sample."
    )
    dates_across: bool = Field(
        default=False, description="With row: the headers are dates; each number of the row is a sample."
    )
    labels: str | None = Field(
        default=None, description="With row: letter of the column of labels; the first if left out."
    )
    header: int | None = Field(
        default=None,
        ge=1,
        description="With row, dates or table: number of the header row; the first that is not empty if left out.",
    )
    table: Text | None = Field(default=None, description="A named table, or a sheet whose first row is the header.")
    id: Text | None = Field(default=None, description="With table: column whose value names a row for good.")
    title: Text | None = Field(default=None, description="With table: column of the title.")
    status: Text | None = Field(default=None, description="With table: column of the status.")
    done: StateColumn | None = Field(default=None, description="With table: which rows are done.")
    in_progress: StateColumn | None = Field(default=None, description="With table: which rows are in progress.")
    wont_do: StateColumn | None = Field(default=None, description="With table: which rows will not be done.")
    date: Text | None = Field(default=None, description="With table: column of the date a row speaks of.")
    text: tuple[Text, ...] = Field(
        default=(), description="With table: columns read as text although they hold numbers."
    )

    @field_validator("cell")
    @classmethod
    def _is_a_cell(cls, cell: str | None) -> str | None:
        if cell is not None:
            parse_a1(cell)
        return cell

    @field_validator("labels")
    @classmethod
    def _is_a_column(cls, labels: str | None) -> str | None:
        if labels is not None:
            try:
                parse_a1(f"{labels}1")
            except ValueError as error:
                raise ValueError(f"{labels!r} is no column letter such as B") from error
        return labels

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        given = [term for term in ("cell", "name", "row", "dates", "table") if getattr(self, term) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(
                f"say exactly one of cell, name, row (with column), dates (with column) or table: found {found}"
            )
        shape = given[0]
        if self.dates_across and (shape != "row" or self.column is not None):
            raise ValueError("dates_across goes with row alone: the dates are the headers of its columns")
        if (shape in ("row", "dates") and not self.dates_across) != (self.column is not None):
            raise ValueError(
                "row and column go together: row is the label, column the header of the number; so do dates and column"
            )
        unfit = [
            term for term, shapes in _FITS.items() if shape not in shapes and getattr(self, term) not in (None, ())
        ]
        if unfit:
            raise ValueError(f"{', '.join(unfit)} does not go with {shape}")
        return self

    @property
    def shape(self) -> Shape:
        """Rows of a table are items, everything else is a series."""
        return "items" if self.table is not None else "series"

    @property
    def dated(self) -> bool:
        """Whether the numbers stand beside their dates, so that one reading gives their whole past."""
        return self.dates is not None or self.dates_across


_TABLE = ("table",)
_FITS: dict[str, tuple[str, ...]] = {
    "sheet": ("cell", "row", "dates", "table"),
    "label": ("cell", "name"),
    "labels": ("row",),
    "header": ("row", "dates", "table"),
} | dict.fromkeys(("id", "title", "status", "done", "in_progress", "wont_do", "date", "text"), _TABLE)

"""What may be configured for a spreadsheet, and what a rule may select in it."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.port import OptionsModel, SelectionModel, Shape
from connectors.spreadsheet.cells import parse_a1

DecimalStyle = Literal["plain", "en", "fr"]
DateStyle = Literal["iso", "day-first", "month-first"]
Text = Annotated[str, Field(min_length=1)]


class SpreadsheetOptions(OptionsModel):
    """One file on disk. Whoever writes the config runs the sync, so absolute paths and ``..`` are allowed."""

    file: Text = Field(description="Path of the file, relative to the folder of the config.")
    encoding: str | None = Field(
        default=None, description="csv only: the encoding of the file. utf-8 when left out; never guessed."
    )
    delimiter: str | None = Field(default=None, description='csv only: one character, or "tab". A comma when left out.')
    decimal: DecimalStyle | None = Field(
        default=None,
        description="How numbers that stand as text are written: plain 1234.5, en 1,234.5, fr 1 234,5. "
        "When left out, csv is plain, and in a workbook text is no number.",
    )
    dates: DateStyle = Field(
        default="iso", description="How dates that stand as text are written: iso 2026-03-31, day-first 31/03/2026."
    )
    timezone: str = Field(default="UTC", description="IANA name of the zone in which the dates of the file are meant.")

    @field_validator("file")
    @classmethod
    def _is_a_path(cls, file: str) -> str:
        if "://" in file:
            raise ValueError(f"{file!r} is an address: give the path of a file on disk")
        if "\0" in file:
            raise ValueError("a path holds no NUL character")
        return file

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, encoding: str | None) -> str | None:
        if encoding is None:
            return None
        try:
            "a".encode(encoding)
            return codecs.lookup(encoding).name
        except (LookupError, TypeError) as error:
            raise ValueError(f"unknown encoding {encoding!r}: use a name such as utf-8, cp1252 or utf-16") from error

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, delimiter: str | None) -> str | None:
        if delimiter in ("tab", "\\t"):
            return "\t"
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0' or delimiter.isalnum()):
            raise ValueError(f"{delimiter!r} cannot delimit: use one character such as , or ; or |, or the word tab")
        return delimiter

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {timezone!r}: use an IANA name such as Europe/Paris") from error
        return timezone


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)


class CellLabel(_Part):
    """The cell that holds the label of a number, and what must stand there."""

    cell: str
    is_: Text = Field(alias="is")

    @field_validator("cell")
    @classmethod
    def _is_a_cell(cls, cell: str) -> str:
        parse_a1(cell)
        return cell


class StateColumn(_Part):
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
    """One number (``cell``, ``name``, ``row`` with ``column``) or the rows of a ``table``; exactly one of these."""

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
    labels: str | None = Field(
        default=None, description="With row: letter of the column of labels; the first if left out."
    )
    header: int | None = Field(
        default=None,
        ge=1,
        description="With row or table: number of the header row; the first that is not empty if left out.",
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
        given = [term for term in ("cell", "name", "row", "table") if getattr(self, term) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"say exactly one of cell, name, row (with column) or table: found {found}")
        shape = given[0]
        if (shape == "row") != (self.column is not None):
            raise ValueError("row and column go together: row is the label, column the header of the number")
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


_TABLE = ("table",)
_FITS: dict[str, tuple[str, ...]] = {
    "sheet": ("cell", "row", "table"),
    "label": ("cell", "name"),
    "labels": ("row",),
    "header": ("row", "table"),
} | dict.fromkeys(("id", "title", "status", "done", "in_progress", "wont_do", "date", "text"), _TABLE)

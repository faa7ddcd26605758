"""``kpis.xlsx``: what Rivelle keeps in a spreadsheet, written and edited with openpyxl."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from mapping.errors import FixConfigError
from okrsync.sandbox.days import Span, month_start, span_around

FILE_NAME = "kpis.xlsx"
KPI_SHEET = "KPI"
KPI_HEADER = ("Metric", "Baseline", "Target", "Actual", "Comment")
Cell = str | int | float | date | None
PERCENT, COUNT, PLAIN, EURO = "0.0%", "#,##0", "0.0", '#,##0 "€"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A row of the KPI sheet; ``share`` says how far it is, held against the share of the cycle that is over."""

    name: str
    baseline: float
    target: float | None
    share: float | None
    """None: ``actual`` is given."""
    actual: float | None = None
    form: str = COUNT
    digits: int = 0
    comment: str = ""

    def value(self, elapsed: float) -> float | None:
        """Return what stands under Actual."""
        if self.share is None or self.target is None:
            return self.actual
        value = self.baseline + (self.target - self.baseline) * elapsed * self.share
        return round(value, self.digits) if self.digits else float(round(value))


KPIS = (
    Kpi(
        name="Engagement rate",
        baseline=0.024,
        target=0.048,
        share=1.04,
        form=PERCENT,
        digits=4,
        comment="Reactions per person reached, all channels",
    ),
    Kpi(name="Followers on Instagram", baseline=3200, target=5000, share=None, actual=5043),
    Kpi(name="Followers on Mastodon", baseline=480, target=4800, share=0.42, comment="We began in spring"),
    Kpi(name="Web visitors this cycle", baseline=0, target=1_000_000, share=0.83, comment="Counted without cookies"),
    Kpi(name="Conversion after sign-up", baseline=0.15, target=0.25, share=0.95, form=PERCENT, digits=4),
    Kpi(
        name="Active customers a month",
        baseline=17_600,
        target=None,
        share=None,
        actual=18_420,
        comment="Ordered or logged in within 30 days",
    ),
    Kpi(name="Of these with the new checkout", baseline=0, target=18_420 * 0.4, share=0.92),
    Kpi(name="NPS", baseline=20, target=42, share=0.9, comment="From -100 to 100, mail after the third order"),
    Kpi(
        name="Recommendation score",
        baseline=6.9,
        target=8,
        share=0.76,
        form=PLAIN,
        digits=1,
        comment="0 to 10, in stores",
    ),
    Kpi(
        name="CO2 computed (t)",
        baseline=0,
        target=None,
        share=None,
        actual=412,
        comment="Scopes 1 to 3, this cycle so far",
    ),
    Kpi(name="CO2 offset paid (t)", baseline=0, target=412, share=1.1),
    Kpi(
        name="Biodegradable share of materials",
        baseline=0.55,
        target=0.75,
        share=0.95,
        form=PERCENT,
        digits=3,
        comment="By weight",
    ),
    Kpi(name="Monthly recurring revenue", baseline=1_400_000, target=2_000_000, share=0.91, form=EURO),
    Kpi(name="Yearly renewals", baseline=860, target=1075, share=0.78),
    Kpi(
        name="Churn rate",
        baseline=0.042,
        target=0.0378,
        share=0.5,
        form=PERCENT,
        digits=4,
        comment="Customers lost a month",
    ),
    Kpi(
        name="Team satisfaction",
        baseline=6.4,
        target=7.68,
        share=0.97,
        form=PLAIN,
        digits=1,
        comment="0 to 10, every month",
    ),
    Kpi(name="Survey invited", baseline=0, target=None, share=None, actual=0, comment="Goes out soon"),
    Kpi(name="Survey answered", baseline=0, target=None, share=None, actual=0, comment="Goes out soon"),
    Kpi(name="Positive feedback to managers", baseline=12, target=24, share=0.75, comment="Notes a month"),
)


def write_workbook(path: Path, *, seed: int, anchor: datetime) -> None:
    """Write the workbook as it stands at the anchor."""
    rng = Random(f"workbook {seed}")  # noqa: S311 - chance, not secrecy
    span = span_around(anchor)
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has one sheet")
    _kpi_sheet(sheet, span)
    _table(book, "Leads", ("Ref", "Date", "Company", "Source", "Qualified"), _leads(rng, span))
    _table(book, "Members", ("Month", "Chapter", "Recruited", "Integrated"), _members(rng, span))
    _table(book, "Ratings", ("Order", "Date", "Rating"), _ratings(rng, span))
    _table(book, "Tasting", ("Guest", "Date", "Choice"), _tasting(rng, span))
    _table(book, "Materials", ("Material", "Product", "Compostable"), _materials(rng, span))
    _table(book, "Suppliers", ("Supplier", "Country", "Score"), SUPPLIERS)
    _table(book, "Pages", ("Page", "Seconds"), PAGES)
    _table(book, "Evenings", ("Date", "Home"), _evenings(rng, span))
    _personal(book)
    book.save(path)


def _head(sheet: Worksheet, header: Sequence[str]) -> None:
    for column, text in enumerate(header, start=1):
        cell = sheet.cell(1, column, text)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="2F5D50")
        sheet.column_dimensions[get_column_letter(column)].width = 34 if column == 1 else 16
    sheet.freeze_panes = "A2"


def _kpi_sheet(sheet: Worksheet, span: Span) -> None:
    sheet.title = KPI_SHEET
    _head(sheet, KPI_HEADER)
    for row, kpi in enumerate(KPIS, start=2):
        sheet.cell(row, 1, kpi.name)
        for column, value in ((2, kpi.baseline), (3, kpi.target), (4, kpi.value(span.elapsed))):
            sheet.cell(row, column, value).number_format = kpi.form
        sheet.cell(row, 5, kpi.comment or None)


def _table(book: Workbook, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    sheet = book.create_sheet(name)
    _head(sheet, header)
    for row, values in enumerate(rows, start=2):
        _write_row(sheet, row, values)
    table = Table(displayName=name, ref=f"A1:{get_column_letter(len(header))}{len(rows) + 1}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)


def _write_row(sheet: Worksheet, row: int, values: Sequence[Cell]) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column, value)
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"


def _days(span: Span) -> Iterator[date]:
    """Yield the days of four months up to today."""
    day = month_start(span.today, -3)
    while day < span.today:
        yield day
        day += timedelta(days=1)


COMPANIES = (
    "Hôtel du Parc",
    "Bio Markt Köln",
    "Café Mirabelle",
    "Gîtes Aubrac",
    "Spa Lumen",
    "Kantine 21",
    "Maison Olive",
    "De Groene Winkel",
    "Clinique Saint-Jean",
    "Boulangerie Petit",
    "Coop Leuven",
    "Studio Nord",
)


def _leads(rng: Random, span: Span) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for day in _days(span):
        for _ in range(rng.choice((1, 1, 2, 2)) if day.weekday() < 5 else 0):
            source = rng.choice(("web form", "fair", "newsletter", "partner"))
            rows.append([f"L-{len(rows) + 1:04d}", day, rng.choice(COMPANIES), source, int(rng.random() < 0.86)])
    return rows


def _members(rng: Random, span: Span) -> list[list[Cell]]:
    """Members of refill circles since the cycle began, by month and town."""
    rows: list[list[Cell]] = []
    month = span.starts_on
    while month <= span.today:
        over = min(1.0, (span.today - month).days / 30)
        for town in ("Lyon", "Ghent", "Cologne", "Turin"):
            recruited = round(96 * over * rng.uniform(0.85, 1.1))
            rows.append([month, town, recruited, round(recruited * rng.uniform(0.78, 0.9))])
        month = month_start(month, 1)
    return rows


def _ratings(rng: Random, span: Span) -> list[list[Cell]]:
    days = [day for day in _days(span) if day >= span.starts_on] or list(_days(span))[-10:]
    return [
        [f"O-{48_200 + 7 * number}", rng.choice(days), rng.choices((5, 4, 3, 2), (62, 28, 7, 3))[0]]
        for number in range(120)
    ]


def _tasting(rng: Random, span: Span) -> list[list[Cell]]:
    """Two blind tests of fragrances."""
    days = (
        span.starts_on + timedelta(days=9),
        min(span.starts_on + timedelta(days=23), span.today - timedelta(days=1)),
    )
    return [
        [f"G-{number + 1:02d}", days[number % 2], "Rivelle" if rng.random() < 0.66 else "Other"] for number in range(48)
    ]


def _materials(rng: Random, span: Span) -> list[list[Cell]]:
    products = (
        "Dish soap",
        "Laundry liquid",
        "Hand soap",
        "Floor cleaner",
        "Dishwasher tabs",
        "Bath salt",
        "Shampoo bar",
    )
    parts = ("Pouch", "Cap", "Label", "Box", "Inner bag", "Seal")
    pairs = [(part, product) for product in products for part in parts]
    compostable = set(rng.sample(range(len(pairs)), round(len(pairs) * (0.06 + 0.19 * span.elapsed))))
    return [[part, product, "yes" if index in compostable else "no"] for index, (part, product) in enumerate(pairs)]


SUPPLIERS: tuple[tuple[Cell, ...], ...] = (
    ("Savonnerie du Port", "France", 8.6),
    ("Citra Siciliana", "Italy", 7.2),
    ("Nordglas", "Denmark", 9.1),
    ("Soda Werke Rhein", "Germany", 6.9),
    ("Papierfabrik Aue", "Germany", 8.3),
    ("Aromes de Grasse", "France", 8.0),
    ("Kappen & Co", "Belgium", 7.8),
)
PAGES: tuple[tuple[Cell, ...], ...] = (
    ("Home", 1.4),
    ("Search", 2.1),
    ("Product", 1.9),
    ("Basket", 1.7),
    ("Checkout", 3.3),
    ("Account", 2.4),
    ("Refill points", 3.1),
)


def _evenings(rng: Random, span: Span) -> list[list[Cell]]:
    return [[day, int(rng.random() < (0.78 if day.weekday() < 5 else 0.4))] for day in _days(span)]


def _personal(book: Workbook) -> None:
    sheet = book.create_sheet("Personal")
    _head(sheet, ("What", "Done"))
    sheet.cell(2, 1, "No internet at home in family time")
    sheet.cell(2, 2, 0)
    book.defined_names["NoInternet"] = DefinedName("NoInternet", attr_text="Personal!$B$2")


def edit_workbook(path: Path, *, number: int, seed: int, at: datetime) -> list[str]:
    """Edit the workbook as the ``number``-th step does, and return sentences about what was done.

    The file is exchanged in one move: whoever reads it meanwhile gets the old one or the new one.

    Raises:
        FixConfigError: a row or a number that the step changes is no longer there.
    """
    rng = Random(f"workbook step {seed} {number}")  # noqa: S311 - chance, not secrecy
    book = load_workbook(path)
    editor = _Editor(book, path)
    sentences = [editor.add("NPS", 3)]
    if number == 1:
        sentences += [editor.put("Survey invited", 64), editor.put("Survey answered", 51)]
    else:
        sentences += [editor.add("Followers on Instagram", 40)]
    sentences.append(editor.lead(span_around(at).today, rng.choice(COMPANIES)))
    part = path.with_name(f".{path.name}.part")
    book.save(part)
    part.replace(path)
    return sentences


@dataclass(frozen=True, slots=True)
class _Editor:
    """The workbook, open for a step."""

    book: Workbook
    path: Path

    def put(self, metric: str, value: float) -> str:
        """Write a number under Actual."""
        row = self._row(metric)
        cell = self.book[KPI_SHEET].cell(row, KPI_HEADER.index("Actual") + 1)
        old, cell.value = cell.value, value
        before = f"{old:g}" if isinstance(old, int | float) else repr(old)
        return f"In {self.path.name}, “{metric}” went from {before} to {value:g}."

    def add(self, metric: str, more: float) -> str:
        """Let a number under Actual grow."""
        old = self.book[KPI_SHEET].cell(self._row(metric), KPI_HEADER.index("Actual") + 1).value
        if not isinstance(old, int | float):
            raise FixConfigError(f"{self.path}: {metric!r} has no number under Actual ({old!r}): write one there")
        return self.put(metric, old + more)

    def _row(self, metric: str) -> int:
        sheet = self.book[KPI_SHEET]
        for row in range(2, sheet.max_row + 1):
            if sheet.cell(row, 1).value == metric:
                return row
        raise FixConfigError(f"{self.path} has no row {metric!r} on sheet {KPI_SHEET}: write it there again")

    def lead(self, day: date, name: str) -> str:
        """Add a qualified lead to the end of the table Leads."""
        sheet = self.book["Leads"]
        table = sheet.tables["Leads"]
        first, last = table.ref.split(":")
        row = int("".join(filter(str.isdigit, last))) + 1
        ref = f"L-{row - 1:04d}"
        _write_row(sheet, row, [ref, day, name, "partner", 1])
        table.ref = f"{first}:E{row}"
        if table.autoFilter is not None:
            table.autoFilter.ref = table.ref
        return f"In {self.path.name}, lead {ref} of {name} was added."

"""Hundreds of broken files: each ends with the right number or one typed error that names it, and the service lives on.

All 520, and 120 made from real files, take some 32 s on two cores and at most 70 MB a child, whose limits of 512 MB and
10 s are tested in test_bombs. So every second one is read, and of the real ones every third;
OKRSYNC_MALFORMED=all reads all.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.spreadsheet.source import SpreadsheetSource
from mapping.errors import FixConfigError, OkrsyncError
from tests.connectors.spreadsheet.books import opened, sample, sample_of, save
from tests.connectors.spreadsheet.malformed import VALUE, Broken, broken_files, broken_real
from tests.connectors.spreadsheet.test_real_files import FOLDER

AT_A_TIME = 4
Read = Callable[[SpreadsheetSource], Awaitable[str]]
TERMS = {"row": "NPS", "column": "Actual"}
EVERY = 1 if os.environ.get("OKRSYNC_MALFORMED") == "all" else 2


async def outcome(path: Path, read: Read) -> str:
    """Return "read" or "refused"; anything else is what is wrong with how it went."""
    try:
        async with opened(path) as source:
            return await read(source)
    except OkrsyncError as error:
        told = str(error)
        named = told.startswith(f"kpis: {path.name}") and len(told) < 600
        return "refused" if named else f"{path.name}: the error does not name it, or is long: {told[:300]}"
    except BaseException as error:  # noqa: BLE001  (what gets out is the finding)
        return f"{path.name}: {type(error).__name__}: {error}"


async def the_number(source: SpreadsheetSource) -> str:
    await source.identify()
    found = (await sample_of(source, TERMS)).value
    return "read" if found == Decimal(str(VALUE)) else f"{found} is read"


async def any_number(source: SpreadsheetSource) -> str:
    """For files in which bytes of the number itself may be other ones."""
    await source.identify()
    await sample_of(source, TERMS)
    return "read"


async def every_sheet(source: SpreadsheetSource) -> str:
    """Look into the first sheets; that cell A1 of one holds no number means that its cells were read."""
    for name in (await source.identify()).detail["sheets"].split(", ")[:4]:
        try:
            await sample_of(source, {"sheet": name, "cell": "A1"})
        except FixConfigError as error:
            if f", sheet {name}, cell A1 " not in str(error):
                raise
    return "read"


async def outcomes(folder: Path, files: list[Broken], read: Read | None = None) -> Counter[str]:
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int, broken: Broken) -> str:
        async with gate:
            path = folder / f"{number}-{broken.name}"
            path.write_bytes(broken.content)
            told = await outcome(path, read or (any_number if broken.may_differ else the_number))
            path.unlink()
            return told if told in ("read", "refused") else f"{broken.name}: {told}"

    return Counter(await asyncio.gather(*(one(number, broken) for number, broken in enumerate(files))))


async def test_every_broken_file_ends_with_the_right_number_or_a_typed_error(tmp_path: Path) -> None:
    made = broken_files(tmp_path)
    assert len(made) >= 213
    assert len({each.name for each in made}) == len(made)
    assert {Path(each.name).suffix for each in made} == {".xlsx", ".xls", ".xlsb", ".ods", ".csv"}
    found = await outcomes(tmp_path, made[::EVERY])
    assert set(found) == {"read", "refused"}, "\n".join(sorted(found))
    sound = save(tmp_path / "sound.xlsx", {"KPI": [["Measure", "Actual"], ["NPS", VALUE]]})
    assert (await sample(sound, TERMS)).value == Decimal(str(VALUE)), "the service lives on"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no real records: set OKRSYNC_REAL_DATA to their folder")
async def test_damaged_real_files_end_in_a_typed_error_or_are_read(tmp_path: Path) -> None:
    found = await outcomes(tmp_path, list(broken_real(FOLDER))[:: EVERY * 2 - 1], every_sheet)
    assert set(found) <= {"read", "refused"}, "\n".join(sorted(found))

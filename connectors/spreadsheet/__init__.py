"""Spreadsheets on disk: xlsx, xls, xlsb, ods and csv.

``CONNECTOR`` is loaded on first use and not at import: the child process that reads a file imports this package too,
and without pydantic it starts in a twentieth of a second and leaves its memory to the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.port import Connector

    CONNECTOR: Connector

__all__ = ["CONNECTOR"]


def __getattr__(name: str) -> Connector:
    if name == "CONNECTOR":
        from connectors.spreadsheet import source

        return source.CONNECTOR
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

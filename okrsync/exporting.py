"""Writes a cycle in the format asked for: whole files or none, and binary formats only into files."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.exports.as_json import report_json
from dashboard.exports.markdown import markdown
from dashboard.exports.sheets import csv_text, xlsx_bytes
from dashboard.exports.tables import check_ins, comments, key_results
from dashboard.links import safe_href
from dashboard.texts import Texts
from flows.report import CycleReport
from mapping.errors import FixConfigError
from mapping.show import Lang

BINARY = frozenset({"xlsx", "pptx"})
BOM = "\ufeff"
"""Excel reads a csv as UTF-8 only when it begins with this."""


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be written."""

    told: CycleReport
    format: str
    language: Lang = "en"
    history: bool = False
    page: str | None = None


def format_of(asked: str | None, out: Path | None, formats: Sequence[str]) -> str:
    """Return the format asked for, else that of the file's name, else csv.

    Raises:
        FixConfigError: the file's name tells no format.
    """
    if asked is not None:
        return asked
    if out is None:
        return "csv"
    named = {"markdown": "md", "htm": "html"}.get(out.suffix[1:].lower(), out.suffix[1:].lower())
    if named not in formats:
        raise FixConfigError(f"{out.name} tells no format: add --format, one of {', '.join(formats)}")
    return named


def write(export: Export, out: Path | None) -> list[Path]:
    """Write the export, to standard output when there is no path; return the files written.

    Raises:
        FixConfigError: a binary format without a file, check-ins as csv without one, an address that is none, or a
            file that cannot be written.
    """
    if export.page is not None and safe_href(export.page) is None:
        raise FixConfigError(f"--page {export.page!r} is no web address: write https://…")
    if out is None:
        if export.format in BINARY:
            raise FixConfigError(f"{export.format} goes into a file: add --out NAME.{export.format}")
        if export.format == "csv" and export.history:
            raise FixConfigError("check-ins and comments are further csvs: add --out NAME.csv")
        sys.stdout.write(_text(export))
        return []
    if export.format in BINARY:
        return [_put(out, _bytes(export))]
    files = [_put(out, _encoded(export.format, _text(export)))]
    if export.format == "csv" and export.history:
        for name, table in (("check-ins", check_ins), ("comments", comments)):
            text = csv_text(table(export.told, Texts(export.language)), export.language)
            files.append(_put(out.with_name(f"{out.stem}.{name}{out.suffix}"), _encoded("csv", text)))
    return files


def _text(export: Export) -> str:
    texts = Texts(export.language)
    if export.format == "json":
        whole = report_json(export.told, page=export.page, history=export.history)
        return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    if export.format == "md":
        return markdown(export.told, texts, page=export.page, history=export.history)
    if export.format == "html":
        from dashboard.exports.printed import printed

        return printed(export.told, texts, page=export.page, history=export.history)
    return csv_text(key_results(export.told, texts, export.page), export.language)


def _bytes(export: Export) -> bytes:
    texts = Texts(export.language)
    if export.format == "pptx":
        from dashboard.exports.slides import slides

        return slides(export.told, texts)
    tables = [key_results(export.told, texts, export.page)]
    tables += [check_ins(export.told, texts), comments(export.told, texts)] if export.history else []
    return xlsx_bytes(tables, export.language)


def _encoded(format_: str, text: str) -> bytes:
    return ((BOM if format_ == "csv" else "") + text).encode()


def _put(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FixConfigError(f"cannot write {path}: {error.strerror or error}") from error
    return path

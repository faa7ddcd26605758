"""``# okrsync: ignore OKR012`` in the rules: which findings somebody has looked at and means to keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.files import rules_files
from mapping.errors import Place
from mapping.lint.codes import CODES
from mapping.lint.finding import Finding, Kind, Subject

_COMMENT = re.compile(r"(?:^|\s)#\s*okrsync:\s*ignore\b[ :]*(?P<codes>[^#\n]*)")
_WORD = re.compile(r"[^\s,;]+")
_HOW = "write # okrsync: ignore OKR040, with the code of a finding, on its line or alone on the line above"


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with where it stands."""

    finding: Finding
    place: Place


@dataclass(frozen=True, slots=True)
class Ignore:
    """One code that one comment silences."""

    place: Place
    """Of the comment."""
    line: int
    """Of what it speaks of: its own, or the first below that holds more than a comment."""
    code: str


def ignores_in(path: Path) -> list[Ignore]:
    """Return what the comments in the rules silence; a comment that names no code has one that is empty."""
    found: list[Ignore] = []
    for file in rules_files(path):
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        for number, line in enumerate(lines, start=1):
            said = _COMMENT.search(line)
            if said is None:
                continue
            place = Place(file=str(file), line=number, column=line.index("#", said.start()) + 1)
            codes = _codes(said["codes"]) or [""]
            found += [Ignore(place, _meant(lines, number), code) for code in codes]
    return found


def _codes(text: str) -> list[str]:
    """Return the codes at the beginning of a text; words behind them say why."""
    found: list[str] = []
    for word in _WORD.findall(text):
        if not word.upper().startswith("OKR"):
            break
        found.append(word)
    return found


def _meant(lines: Sequence[str], number: int) -> int:
    """Return the line that a comment on line ``number`` speaks of."""
    at = number
    while at <= len(lines) and lines[at - 1].lstrip().startswith("#"):
        at += 1
    return at


def silenced(found: Sequence[Placed], ignores: Sequence[Ignore]) -> tuple[list[Placed], int]:
    """Return the findings that nobody silenced, with what is wrong with the ignores, and how many were silenced."""
    by_line: Mapping[tuple[str, int, str], Ignore] = {(each.place.file, each.line, each.code): each for each in ignores}
    used: set[Ignore] = set()
    kept = []
    for each in found:
        ignore = by_line.get((each.place.file, each.place.line, each.finding.code))
        if ignore is None:
            kept.append(each)
        else:
            used.add(ignore)
    return [*kept, *_wrong(ignores, used)], len(found) - len(kept)


def _wrong(ignores: Sequence[Ignore], used: set[Ignore]) -> Iterator[Placed]:
    for each in ignores:
        if each.code not in CODES:
            what = f"an ignore names {each.code!r}, which is no code" if each.code else "an ignore names no code"
            yield _placed("OKR002", each, what, _HOW)
        elif each not in used:
            yield _placed("OKR003", each, f"an ignore of {each.code} silences nothing", "delete it")


def _placed(code: str, ignore: Ignore, what: str, fix: str) -> Placed:
    return Placed(Finding(code, Subject(Kind.FILE, ignore.place.file), what, fix), ignore.place)

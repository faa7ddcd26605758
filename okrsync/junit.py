"""Results of tests of rules as JUnit XML, which every CI shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement

if TYPE_CHECKING:
    from flows.rule_tests import Result


def write(results: Sequence[Result], path: Path) -> None:
    """Write one suite with a case for each test."""
    failed = sum(not each.passed for each in results)
    suite = Element("testsuite", name="okrsync", tests=str(len(results)), failures=str(failed), errors="0")
    for each in results:
        place = each.test.place
        case = SubElement(suite, "testcase", classname=place.file, name=each.test.name, line=str(place.line))
        if not each.passed:
            message = "; ".join(map(str, each.differences))
            failure = SubElement(case, "failure", message=_printable(message))
            failure.text = _printable("\n".join(each.found.steps))
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _printable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(char for char in text if char in "\n\t" or char.isprintable())

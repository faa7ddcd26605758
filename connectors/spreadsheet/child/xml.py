"""Streaming XML that refuses document types, so that there are no entities to blow up or to reach out with."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from connectors.spreadsheet.child.wire import RefusedError

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
"""LibreOffice's own attributes repeat the names of the standard ones with other values."""


def _ignore(_: str) -> None:
    """Take no notice."""


def parse(
    part: str,
    stream: IO[bytes],
    *,
    start: Start,
    end: End = _ignore,
    text: Text | None = None,
    cut_attributes: bool = True,
) -> None:
    """Call ``start``, ``end`` and ``text`` with local names, namespaces cut off from elements and attributes.

    Args:
        part: name of the part for messages.
        stream: the part.
        start: called with an element and its attributes.
        end: called with an element.
        text: called with each piece of text.
        cut_attributes: False leaves attributes that have a namespace with it: half the time in a sheet of many cells.

    Raises:
        RefusedError: the part is no sound XML, or declares a document type.
    """
    local: dict[str, str] = {}

    def cut(name: str) -> str:
        namespace, _, bare = name.rpartition(" ")
        local[name] = f"calcext:{bare}" if namespace == _CALCEXT else bare
        return local[name]

    def on_start(name: str, attributes: dict[str, str]) -> None:
        if cut_attributes:
            attributes = {local.get(key) or cut(key): value for key, value in attributes.items()}
        start(local.get(name) or cut(name), attributes)

    def on_end(name: str) -> None:
        end(local.get(name) or cut(name))

    def on_doctype(*_: object) -> None:
        raise RefusedError(
            f"declares an XML document type in {part}: no spreadsheet program writes that, it is refused"
        )

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.StartDoctypeDeclHandler = on_doctype
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise RefusedError(f"is damaged: {part} is no sound XML ({error}): save it again") from error

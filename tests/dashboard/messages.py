"""The texts of the page, gathered from code and templates.

``python -m tests.dashboard.messages`` brings ``fr.po`` up to date: translations stay, new texts come without one,
and the tests name them until they have one.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOM = Path(__file__).resolve().parents[2] / "dashboard"
FRENCH = ROOM / "locale" / "fr.po"
HEADER = """\
# The page's texts in French. Update with: python -m tests.dashboard.messages
msgid ""
msgstr ""
"Language: fr\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def gathered() -> Catalog:
    """Return all texts marked in the room, in the order of files and lines."""
    found = extract_from_dir(
        ROOM,
        keywords={**DEFAULT_KEYWORDS, "marked": None},
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"trimmed": "true", "silent": "false"}},
    )
    catalog = Catalog(locale="fr")
    for filename, _line, message, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalog.add(message, locations=[(filename, 0)], auto_comments=comments, context=context)
    return catalog


def french() -> Catalog:
    """Return the catalogue as committed."""
    with FRENCH.open("rb") as source:
        return read_po(source, locale="fr")


def update() -> None:
    """Write ``fr.po`` anew with what is marked now."""
    catalog, known = gathered(), french()
    for message in catalog:
        if message.id and (translated := known.get(message.id, message.context)) is not None:
            message.string = translated.string
            message.flags = message.flags | (translated.flags & {"fuzzy"})
    with FRENCH.open("wb") as target:
        target.write(HEADER.encode())
        write_po(target, catalog, width=116, omit_header=True, ignore_obsolete=True, include_lineno=False)


if __name__ == "__main__":
    update()

"""A cycle as one HTML file to be read, sent and printed: no script, nothing from elsewhere.

``chromium --headless --print-to-pdf=review.pdf review.html`` makes the PDF, A4 landscape, one sheet an objective.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from markupsafe import Markup

from dashboard import board
from dashboard.exports.tables import link_to, stands_until
from dashboard.templating import environment
from dashboard.texts import Texts
from flows.report import CycleReport

STYLES = ("style.css", "print.css")


def printed(told: CycleReport, texts: Texts, *, page: str | None = None, history: bool = False) -> str:
    """Return the file's text. Its own policy lets it load nothing and run nothing; only its own style counts."""
    style = "\n".join(files("dashboard").joinpath(f"static/{name}").read_text(encoding="utf-8") for name in STYLES)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        environment(texts)
        .get_template("review.html")
        .render(
            told=told,
            overview=told.overview,
            cycle=told.overview.cycle,
            now=told.overview.as_of,
            tallies=board.tallies(board.standings_of(told.overview)),
            history=history,
            until=lambda override: stands_until(override, texts, told.overview.cycle.timezone),
            link=lambda address: link_to(page, address),
            policy=f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'",
            style=Markup(style),  # noqa: S704  (our own file, as it is)
        )
    )

"""``/draft``: what a sentence says as a metric, before anybody writes a rule. Reads no store and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboard.languages import known
from dashboard.pages import Site, json_response
from dashboard.texts import marked as _
from dashboard.vocabulary import COMPARATOR_WORDS, DRAFT_KIND_WORDS, PERIOD_WORDS, UNIT_WORDS
from mapping.draft.drafting import draft, draft_json
from mapping.draft.result import Draft
from mapping.draft.rule import rule_lines
from mapping.draft.sentence import value_text
from mapping.show import Lang

LONGEST = 400
"""Characters of a sentence: a key result is one line, and whoever sends more sends something else."""


def draft_routes(site: Site) -> Sequence[BaseRoute]:
    """Return the form and its answer for machines."""
    return (
        Route("/draft", lambda request: draft_page(site, request), name="draft"),
        Route("/draft.json", draft_answer, name="draft_json"),
    )


def draft_page(site: Site, request: Request) -> Response:
    """Answer ``/draft``: the form, and below it what ``?sentence=`` was understood to say.

    ``?language=en`` or ``fr`` is the sentence's; it is found from the words when it is not given.
    """
    sentence = request.query_params.get("sentence", "")
    too_long = len(sentence) > LONGEST
    made = None if too_long or not sentence.strip() else draft(sentence, known(request.query_params.get("language")))
    return site.render(
        request,
        "draft.html",
        400 if too_long else 200,
        sentence=sentence,
        longest=LONGEST,
        too_long=too_long,
        made=made,
        rows=rows_of,
        lines=[] if made is None or made.kind is None else rule_lines(made, sentence),
    )


def draft_answer(request: Request) -> Response:
    """Answer ``/draft.json?sentence=``: the draft as ``okrsync draft --json`` prints it; 400 without a sentence."""
    sentence = request.query_params.get("sentence")
    if sentence is None:
        return json_response({"status": 400, "error": "no sentence: ask for /draft.json?sentence=..."}, 400)
    if len(sentence) > LONGEST:
        error = f"the sentence has {len(sentence)} characters: shorten it to {LONGEST} or fewer"
        return json_response({"status": 400, "error": error}, 400)
    return json_response(draft_json(draft(sentence, known(request.query_params.get("language")))))


def rows_of(made: Draft, language: Lang) -> list[tuple[str, str | None]]:
    """Return the fields of a metric by name, None where the sentence does not tell; words are still to be translated.

    Numbers have all their digits, as ``language`` writes them.
    """
    return [
        (_("Kind"), None if made.kind is None else DRAFT_KIND_WORDS[made.kind]),
        (_("Baseline"), None if made.baseline is None else value_text(made.baseline, made, language)),
        (_("Target"), None if made.target is None else value_text(made.target, made, language)),
        (_("Comparator"), None if made.comparator is None else COMPARATOR_WORDS[made.comparator]),
        (_("Unit"), None if made.unit is None else UNIT_WORDS[made.unit]),
        (_("Currency"), made.currency),
        (_("Per"), None if made.per is None else PERIOD_WORDS[made.per]),
        (_("Relative to the baseline"), made.relative),
    ]

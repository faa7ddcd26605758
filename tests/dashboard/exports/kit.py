"""Cycles to be exported: titles, notes and values as odd as a test wants them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

from dashboard.texts import Texts
from flows.report import Closing, CycleReport, Story, Stuck
from mapping.check_ins import CauseKind, CausePart, CheckIn
from mapping.people import Comment, Override
from mapping.standing import Overview
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW

EN, FR = Texts("en"), Texts("fr")
NAUGHTY = (
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =cmd|' /C calc'!A0",
    "\u00a0=1",
    "\ufeff=1",
    "\u200b=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "'=1",
    "''+1",
    "#N/A",
    '=HYPERLINK("http://x.test";"y")',
    '","=1',
    "a\x00b\x07c",
    "TRUE",
    "1e5",
    "0042",
    "a | b <script>alert(1)</script>",
    "",
    "'",
    "de la crème ☕ 你好",
)


@cache
def told(*, closed: bool = False) -> CycleReport:
    """Return the made-up company's cycle with its stories."""
    company = Company()
    overview = company.overview()
    stories = {}
    for objective in overview.objectives:
        for stands in objective.key_results:
            history = tuple(company.history(stands.key_result))
            overrides = tuple(_override(entry) for entry in history[:1])
            stories[stands.key_result] = Story(
                standing=replace(stands, author="ana", override=overrides[0], automatic=history[0])
                if overrides
                else stands,
                overrides=overrides,
                start=history[-1].value if history else None,
                moved=(CausePart(kind=CauseKind.COMPLETED, amount=Decimal("0.2"), items=("CHK-1",), count=1),),
                stuck=Stuck.STALE if stands.stale_reason else Stuck.NO_DATA if stands.no_data else None,
                stuck_because=stands.stale_reason or stands.no_data or "",
                check_ins=history,
                comments=(Comment(key_result=stands.key_result, at=NOW, author="ana", text="waits for a supplier"),),
                score=Decimal("0.7") if closed else None,
            )
    closing = None
    if closed:
        scores = {each.id: Decimal("0.65") for each in overview.objectives}
        closing = Closing(closed_at=NOW + timedelta(days=40), closed_by="ana", digest="ab" * 32, scores=scores)
    return CycleReport(overview=overview, stories=stories, closing=closing)


def _override(entry: CheckIn) -> Override:
    until = NOW + timedelta(days=2)
    return Override(check_in=entry, sticky=True, expires_at=until, reason="the tracker counts doubles")


def renamed(whole: CycleReport, text: str) -> CycleReport:
    """Return the same cycle with one text wherever people may write one."""

    def of_story(story: Story) -> Story:
        stands = replace(story.standing, title=text, owner=text or None, stale_reason=text or None)
        overrides = tuple(replace(each, reason=text) for each in story.overrides)
        stands = replace(stands, author=text, override=overrides[0]) if overrides else stands
        said = tuple(replace(each, note=text, author=text) for each in story.check_ins)
        comments = tuple(replace(each, text=text, author=text) for each in story.comments)
        return replace(story, standing=stands, check_ins=said, comments=comments, overrides=overrides)

    stories = {address: of_story(story) for address, story in whole.stories.items()}
    objectives = tuple(
        replace(
            each,
            title=text,
            team=text or None,
            owner=text or None,
            key_results=tuple(stories[stands.key_result].standing for stands in each.key_results),
        )
        for each in whole.overview.objectives
    )
    overview: Overview = replace(whole.overview, objectives=objectives)
    return replace(whole, overview=overview, stories=stories)

"""What a stylesheet must keep: contrast that can be read, nothing loaded from elsewhere; and a light start."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal

import pytest

from dashboard.vocabulary import STATUS_WORDS, SUMMARY_ORDER
from mapping.status import Status
from tests.dashboard.messages import ROOM

CSS = (ROOM / "static" / "style.css").read_text("utf-8")
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
DARK_AT = CSS.index("@media screen and (prefers-color-scheme: dark)")
LIGHT = dict(COLOUR.findall(CSS[:DARK_AT]))
DARK = {**LIGHT, **dict(COLOUR.findall(CSS[DARK_AT : CSS.index(".is-on_track")]))}
TONES = ("good", "warn", "bad", "best", "half", "old", "none")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> Decimal:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return Decimal(repr((light + 0.05) / (dark + 0.05)))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_reaches_aa_on_every_ground_it_stands_on(theme: dict[str, str]) -> None:
    for text in ("ink", "quiet", "link", *TONES):
        for ground in ("ground", "card"):
            assert contrast(theme[text], theme[ground]) >= Decimal("4.5"), (text, ground)
    for tone in TONES:
        for text in (tone, "ink"):
            assert contrast(theme[text], theme[f"{tone}-tint"]) >= Decimal("4.5"), (text, tone)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_and_focus_stand_out_from_what_they_lie_on(theme: dict[str, str]) -> None:
    for ground in ("card", "ground", "track"):
        assert contrast(theme["mark"], theme[ground]) >= 3, ground
        assert contrast(theme["focus"], theme[ground]) >= 3, ground
    for tone in ("good", "warn", "bad", "best", "half"):
        assert contrast(theme[f"{tone}-fill"], theme["card"]) >= 3, tone


def test_the_stylesheet_loads_nothing_and_needs_no_other_host() -> None:
    assert re.findall(r"url\(|@import|https?:", CSS) == []


def test_motion_is_reduced_on_wish_and_paper_has_its_own_rules() -> None:
    assert "@media (prefers-reduced-motion: reduce)" in CSS
    assert "@media print" in CSS


def test_every_status_has_a_word_a_tone_and_a_place_in_the_summary() -> None:
    assert set(STATUS_WORDS) == set(Status) == set(SUMMARY_ORDER)
    for status in Status:
        assert f".is-{status}" in CSS


def test_the_page_starts_without_prefect() -> None:
    code = "import sys, dashboard.app; sys.exit('prefect' in sys.modules or 'sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOM.parent, check=False)
    assert done.returncode == 0

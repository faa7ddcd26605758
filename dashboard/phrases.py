"""Sentences of the arithmetic in the reader's language."""

from __future__ import annotations

from dashboard.texts import Texts


def phrase(text: str, texts: Texts) -> str:
    """Return ``text`` in the language of ``texts``."""
    return texts(text)

"""Which addresses of other systems may become links on our page."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_href(url: str | None) -> str | None:
    """Return ``url`` when it is a plain web address, else None: ``javascript:`` and its like stay text.

    >>> safe_href("https://acme.atlassian.net/browse/CHK-1")
    'https://acme.atlassian.net/browse/CHK-1'
    >>> safe_href(" javascript:alert(1)") is None
    True
    """
    if not url or any(character.isspace() or not character.isprintable() for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # an unclosed bracket in the host
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None

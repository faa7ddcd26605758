"""What a source without a delta and without reads by ids answers when it is asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from connectors.port import OnSkip
from mapping.errors import FixConfigError
from mapping.words import Selection, WorkItem


class CensusOnly:
    """Refuses what is not declared, by name; the census carries the items themselves."""

    def __init__(self, connection: str, title: str) -> None:
        self._said = f"{connection}: {title}"

    def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Raise FixConfigError: it does not tell what changed."""
        del selection, since, fields, on_skip
        raise FixConfigError(f"{self._said} does not tell what changed: read its census")

    def by_ids(self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[Sequence[WorkItem]]:
        """Raise FixConfigError: it is not read by ids."""
        del ids, fields, on_skip
        raise FixConfigError(f"{self._said} is not read by ids: read its census")

"""What the pages ask of the rooms below: five questions, all of them reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mapping.check_ins import CheckIn
from mapping.explanation import Explanation
from mapping.rules import Cycle
from mapping.runs import RunRecord
from mapping.standing import Overview


class NotFoundError(LookupError):
    """There is no cycle or key result of that name. Any LookupError of a reader is answered with a 404 page."""


class Reader(Protocol):
    """Reads what the page shows. Called from several threads at once; an expected failure is an OkrsyncError."""

    def cycles(self) -> Sequence[Cycle]:
        """Return all cycles, in any order; empty while nothing was ever synced."""
        ...

    def overview(self, cycle: str | None = None) -> Overview:
        """Return a cycle's standing now; None means the running cycle, or else the nearest one.

        Raises:
            LookupError: there is no such cycle, or none at all.
        """
        ...

    def explain(self, address: str) -> Explanation:
        """Return why the key result at ``objective/key-result`` has its number, with its evidence.

        Raises:
            LookupError: there is no such key result.
        """
        ...

    def history(self, address: str) -> Sequence[CheckIn]:
        """Return the check-ins of one key result, newest first.

        Raises:
            LookupError: there is no such key result.
        """
        ...

    def runs(self, limit: int) -> Sequence[RunRecord]:
        """Return at most ``limit`` runs that brought what was measured, newest first."""
        ...

"""Exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a script may rely on."""

    FINE = 0
    FAILED = 1
    """Nothing was published; or a test of the rules failed."""
    USAGE = 2
    FINDINGS = 3
    """``check`` and ``lint`` found something; ``draft`` found no measure; ``plan --exit-code`` has changes."""
    PARTLY = 4
    """Published, but some connections or destinations failed."""

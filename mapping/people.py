"""What people add to the record: overrides, comments, and the audit of what they changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mapping.check_ins import CheckIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A check-in by hand that stands in for the automatic value, visibly and for a while."""

    check_in: CheckIn
    sticky: bool
    """Holds until it expires or is resumed; otherwise only until the automatic value moves."""
    expires_at: datetime | None
    reason: str
    over: bool = False
    """Whether it had ended by the moment that is looked at, by whichever clock."""
    ended_because: str | None = None

    def in_force(self, now: datetime) -> bool:
        """Return whether it stands in at ``now``."""
        return not self.over and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a person had to say about a key result."""

    key_result: str
    at: datetime
    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change by a person, or of what is declared, with both sides as plain JSON."""

    at: datetime
    actor: str
    action: str
    subject: str
    """The address of what was changed."""
    before: str | None
    after: str | None

"""Whom the sandbox lets in. The tokens are made up; they open nothing but the sandbox on loopback."""

from __future__ import annotations

from dataclasses import dataclass

from okrsync.sandbox import company
from okrsync.sandbox.jira_words import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person with a token at one vendor."""

    person: Person
    token: str


JIRA_ACCOUNT = Account(person=company.SYNC, token="sandbox-jira-3f9c1d7a5b")  # noqa: S106 - made up, see above
JIRA_DC_ACCOUNT = Account(person=company.SYNC, token="sandbox-jira-dc-6a0e4f82d9")  # noqa: S106 - made up, see above
JIRA_DC_PASSWORD = "sandbox-password-1c7b"  # noqa: S105 - made up, see above
GITHUB_ACCOUNT = Account(person=company.SYNC, token="sandbox-github-8d2e6b40c1")  # noqa: S106 - made up, see above

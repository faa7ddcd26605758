"""What a GitHub site is made of: repositories, projects, an App, and ids in GitHub's form."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime

from okrsync.sandbox.wire import Record

WEB = "https://github.test"
"""Where people would look; the sandbox has no pages."""


@dataclass(slots=True, kw_only=True)
class Repository:
    """One repository. ``records`` are served in the order asked for, doubles included if there are any."""

    owner: str
    name: str
    id: int
    description: str = ""
    created_at: str = "2020-02-03T09:00:00Z"
    records: list[Record] = field(default_factory=list)
    labels: list[Record] = field(default_factory=list)
    milestones: list[Record] = field(default_factory=list)
    archived: bool = False
    releases: list[Record] = field(default_factory=list)
    deployments: list[Record] = field(default_factory=list)
    runs: list[Record] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    """When each star was given."""
    gone: dict[int, str] = field(default_factory=dict)
    """Numbers of issues that were here: to the address of their new place, or empty when deleted."""
    hidden: dict[int, Record] = field(default_factory=dict)
    """Issues that are there but not for the account, by number: those of a suspended person, say."""

    @property
    def full_name(self) -> str:
        """Owner and name, as in addresses."""
        return f"{self.owner}/{self.name}"


@dataclass(slots=True, kw_only=True)
class Project:
    """One project (Projects v2) of an organisation."""

    owner: str
    number: int
    title: str
    fields: list[Record] = field(default_factory=list)
    """Each with ``id``, ``name``, ``dataType`` and, for a single select, ``options``."""
    items: list[Record] = field(default_factory=list)
    """Each with ``id``, ``content`` (a raw issue or pull request, a draft, or None) and ``values`` by field id."""

    @property
    def node_id(self) -> str:
        """The global id."""
        return node_id("PVT", 0, self.number)


@dataclass(slots=True, kw_only=True)
class App:
    """A GitHub App, its installations and the tokens they were given."""

    id: int
    client_id: str
    slug: str
    public_key: str
    """PEM; what signed statements are checked with."""
    installations: dict[int, str] = field(default_factory=dict)
    """Number to the owner where it is installed."""
    tokens: dict[str, datetime] = field(default_factory=dict)
    """Token to the instant it ends."""


def node_id(kind: str, owner: int, number: int) -> str:
    """Return an opaque global id in GitHub's newer form (``I_kwDO…``)."""
    raw = b"\x92\x00\xce" + (owner % 2**32).to_bytes(4, "big") + b"\xce" + (number % 2**32).to_bytes(4, "big")
    return f"{kind}_{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"

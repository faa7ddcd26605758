"""What every connector offers, and what it is handed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from connectors.guard import PUBLIC_ONLY, Guard
from mapping.errors import SkipRecordError
from mapping.words import PastChange, Sample, Selection, WorkItem

if TYPE_CHECKING:
    from connectors.http import HttpTransport

OnSkip = Callable[[SkipRecordError], None]
Shape = Literal["items", "series"]


class Capability(StrEnum):
    """What a connector can do; asked when rules are checked, so that a missing one is no surprise at night."""

    CENSUS = "census"
    DELTA = "delta"
    """``changed`` gives what changed since a watermark; without it the census carries the items themselves."""
    BY_IDS = "by_ids"
    SERIES = "series"
    HISTORY = "history"
    """``history`` tells past changes of items, so that readings of the past can be rebuilt."""
    WEBHOOK = "webhook"
    DESTINATION = "destination"
    """Progress can be written there as well: ``connectors.destinations`` has a kind of the connector's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the other side says we are. Shown by ``okrsync check``."""

    account: str
    server: str
    detail: Mapping[str, str] = field(default_factory=dict)
    """More for people: time zone, product version, remaining quota. No secrets.

    What stands under ``warning`` is shown by every check: a token that ends soon.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What a selection looks like from here, cheaply: a hint for ``check``, never a key result's number."""

    matches: int | None
    """None where the vendor gives no cheap count."""
    example: str | None = None
    remark: str = ""
    """What looks like a slip in the options or the rule, though it may be meant so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusPage:
    """One page of the complete set of ids a selection matches now.

    ``items`` holds the records that the vendor sent along with the ids anyway; flows reads no fields of these again.
    """

    ids: tuple[str, ...]
    items: tuple[WorkItem, ...] = ()


class SelectionModel(BaseModel):
    """Base of the connectors' selections: what may stand beside ``from`` in a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def shape(self) -> Shape:
        """Whether it gives work items or samples."""
        return "items"


class OptionsModel(BaseModel):
    """Base of the connectors' options: what may stand in a connection beside ``connector``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a connector is handed besides its options; it reads no environment itself."""

    connection: str
    folder: Path
    """Relative paths in options are meant from here (the config's folder)."""
    transport: HttpTransport | None = None
    """A test's stand-in for the network; None for the real one."""
    guard: Guard = PUBLIC_ONLY
    """Judges every address before it is connected to: public ones only, and what the service's settings list."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    """Seconds on a clock that never jumps, for waits; a test advances its own in ``sleep``."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How to wait for a busy vendor, in seconds."""
    budget_seconds: float = 900.0
    """How long one run may spend waiting for a busy vendor before it gives up and is scheduled again."""
    in_flight: int = 8
    keys: Callable[[Sequence[str]], Mapping[str, str]] = lambda _ids: {}
    """What the mirror last knew as the keys of items, by id: some vendors tell an item's fate only at its address."""


class Source(Protocol):
    """One configured connection, open for reading. Not shared between threads or event loops.

    All methods raise FixConfigError (credentials, permissions, unknown field), TryAgainError (busy or away beyond
    the budget) or PartialReadError (the end was not reached). The async iterators stream: nothing holds a selection in
    memory.
    """

    async def identify(self) -> Identity:
        """Ask the other side who we are."""
        ...

    async def glimpse(self, selection: Selection) -> Glimpse:
        """Look whether a selection is visible to us. Raises FixConfigError naming what is not."""
        ...

    async def fingerprint(self, fields: frozenset[str]) -> str:
        """Return a digest of what readings depend on besides the items: status categories, field ids.

        ``fields`` are the numeric or text fields that rules use on this connection, by the names the rules give.
        """
        ...

    def census(self, selection: Selection, fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[CensusPage]:
        """Stream the complete set of ids that match now, each at least once, and assert that the end was reached."""
        ...

    def changed(
        self, selection: Selection, since: datetime, fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream items changed at or after ``since`` (an overlap is taken by the connector), no upper bound."""
        ...

    def by_ids(self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip) -> AsyncIterator[Sequence[WorkItem]]:
        """Stream the items with these ids; ids that are gone or hidden are silently absent."""
        ...

    def series(self, selection: Selection, on_skip: OnSkip) -> AsyncIterator[Sequence[Sample]]:
        """Stream the samples of a selection whose shape is ``series``."""
        ...

    def requests(self) -> int:
        """Return how many requests were sent so far, for the run's record."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and children."""
        ...


@runtime_checkable
class History(Protocol):
    """What a source offers besides when its connector declares HISTORY."""

    def history(
        self, ids: Sequence[str], fields: frozenset[str], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[PastChange]]:
        """Stream past changes of these items, oldest first within an item."""
        ...


@runtime_checkable
class PastSeries(Protocol):
    """What a source offers besides when it may know how a series stood before okrsync was there (a backfill)."""

    def past_series(
        self, selection: Selection, since: datetime, known: Collection[datetime], on_skip: OnSkip
    ) -> AsyncIterator[Sequence[Sample]]:
        """Stream what ``series`` would have given at ``since`` and at each change after it, oldest first.

        Samples of the instants in ``known`` are at hand and left out. Where nothing is kept of the past of this
        selection, and where ``series`` gives all of it anyway, there is none.
        """
        ...


class Fate(StrEnum):
    """What became of an item that the vendor no longer gives us."""

    DELETED = "deleted"
    HIDDEN = "hidden"
    """It may well be there, but not for this account: a lost permission, a moved project."""
    ARCHIVED = "archived"
    MOVED = "moved"
    """It lives on elsewhere under another id: an issue transferred to another repository."""


@runtime_checkable
class Roster(Protocol):
    """What a source offers besides when it can tell deleted from hidden and archived."""

    async def fates(self, ids: Sequence[str]) -> Mapping[str, Fate]:
        """Tell what became of items that are neither in a census nor read by id; one it cannot tell is absent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Code for one vendor: what may be configured, what it can do, and how to open a connection."""

    name: str
    title: str
    options: type[OptionsModel]
    selection: type[SelectionModel]
    capabilities: frozenset[Capability]
    open: Callable[[Any, Surroundings], Source]
    """Takes an instance of ``options``. Opens nothing yet: the first request does."""

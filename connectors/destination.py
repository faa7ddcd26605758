"""What every destination offers: code that writes how key results stand somewhere besides the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from connectors.port import OptionsModel, Surroundings
from mapping.delivery import Held, Update
from mapping.rules import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write: which parts of what was wanted, after a look at what is there."""

    id: str
    """Of the row of the outbox; every attempt has the same."""
    target: str
    update: Update
    held: Held
    parts: tuple[str, ...]


class Destination(Protocol):
    """One configured destination, open for writing. Not shared between threads or event loops.

    ``read`` and ``write`` raise FixConfigError (a person must change something) or TryAgainError (busy, away, or the
    answer was lost: what was written may be there).
    """

    @property
    def at_once(self) -> int:
        """How many writes go out together; where one request or one file carries many, more than 1."""
        ...

    async def read(self, target: str, update: Update, /) -> Held:
        """Return what stands at a target and what would stand there after the write. Changes nothing."""
        ...

    async def write(self, writes: Sequence[Write], /) -> None:
        """Write the parts named, as absolute values. A write is sent once: whoever calls reads before another."""
        ...

    def describe(self, target: str, /) -> str:
        """Return where a target is, for people."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and files."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationKind:
    """Code for one kind of destination: what may be configured, and how to open one."""

    name: str
    title: str
    options: type[OptionsModel]
    open: Callable[[Any, Surroundings], Destination]
    """Takes an instance of ``options``. Opens nothing yet: the first request does."""
    target: str | None = None
    """What has to be named for each key result, for people (``the gid of a goal``); None where its address will do."""
    target_is_right: Callable[[str], bool] = bool


@runtime_checkable
class Probed(Protocol):
    """What a destination that cannot be read offers besides: a look at whether it would take an update."""

    async def probe(self, target: str, update: Update, /) -> str:
        """Return what was asked and answered, for people, after where the target is. Changes nothing.

        Raises as ``read`` does, where it is plain that no update could get there.
        """
        ...


@runtime_checkable
class HearsOfRetired(Protocol):
    """What a destination offers besides when it can tell that nobody declares a key result any more.

    At every other one such an update is not written, and what stands there stays.
    """

    hears_of_retired: bool


@runtime_checkable
class Linkable(Protocol):
    """What a destination offers besides when a target can be made fit for a key result, on a person's word only."""

    async def before_link(self, target: str, metric: Metric, value: Decimal | None, /) -> str:
        """Return what stands at the target and what linking would set, for people to agree to. Changes nothing."""
        ...

    async def link(self, target: str, metric: Metric, value: Decimal | None, /) -> None:
        """Make the target fit for a key result."""
        ...

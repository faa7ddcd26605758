"""A walk down from some issues, level by level, where no single query reaches everything below them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.jira.pieces import SeenIds, chunks
from connectors.jira.refusals import QueryRefusedError
from connectors.jira.site import Site
from mapping.errors import PartialReadError

PARENTS_A_QUERY = 250
DEEPEST = 20


@dataclass(slots=True, kw_only=True)
class Tree:
    """The subtree of some issues, without these. ``restrictions`` fills while it is walked: together they are it."""

    connection: str
    site: Site
    roots: Sequence[str]
    """Keys."""
    depth: int = DEEPEST
    restrictions: list[str] = field(default_factory=list)

    async def ids(self) -> AsyncGenerator[list[str], None]:
        """Stream the ids of all below the roots, each once, higher levels first.

        Raises:
            FixConfigError: a root is not visible.
            PartialReadError: an issue vanished while what is below it was asked for.
        """
        self.restrictions = []
        seen = SeenIds()
        for root in self.roots:
            seen.add((await self.site.issue(root)).id)
        parents: Sequence[str] = self.roots
        for level in range(self.depth):
            children: list[str] = []
            for some in chunks(parents, PARENTS_A_QUERY):
                async for ids in self._below(some, top=level == 0):
                    new = [id_ for id_ in ids if seen.add(id_)]
                    children += new
                    if new:
                        yield new
            if not children:
                return
            parents = children

    async def _below(self, parents: Sequence[str], *, top: bool) -> AsyncGenerator[list[str], None]:
        restriction = self.site.below(parents)
        self.restrictions.append(restriction)
        with contextlib.nullcontext() if top else moving(self.connection):
            async for ids in self.site.ids(restriction):
                yield ids


@contextlib.contextmanager
def moving(connection: str) -> Iterator[None]:
    """Take a refused query for what it is when it names issues that okrsync itself has found: one of them is gone.

    Raises:
        PartialReadError: instead of QueryRefusedError.
    """
    try:
        yield
    except QueryRefusedError as error:
        raise PartialReadError(
            f"{connection}: Jira refused to list what is below issues that it had just named: "
            "one of them went meanwhile, the next run tries again"
        ) from error

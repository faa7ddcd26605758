"""Rows that shift while they are read by offset: what was there all the time is found, or the read is partial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.offsets import Offsets, Rows
from connectors.jira.pieces import SeenIds
from mapping.errors import PartialReadError

Change = tuple[int, str, int]
"""After which fetch, ``leave`` or ``come``, at which row."""


@dataclass
class Server:
    """Rows in order; ``changes`` happen after fetches, so that the next page is of another list."""

    rows: list[str]
    most: int
    changes: list[Change] = field(default_factory=list)
    short: Callable[[int], int] = lambda size: size
    fetched: int = 0
    stayed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stayed = set(self.rows)

    async def fetch(self, start: int) -> Rows:
        ids = self.rows[start : start + self.short(self.most)]
        page = Rows(start=start, ids=ids, total=len(self.rows), most=self.most)
        self._happen()
        return page

    async def count(self) -> int:
        return len(self.rows)

    def _happen(self) -> None:
        self.fetched += 1
        for after, what, at in self.changes:
            if after != self.fetched:
                continue
            if what == "come":
                self.rows.insert(at % (len(self.rows) + 1), str(1000 + after * 50 + at))
            elif self.rows:
                self.stayed.discard(self.rows.pop(at % len(self.rows)))


async def read(server: Server, in_flight: int = 1) -> list[str]:
    offsets = Offsets("jira: Jira", server.fetch, server.count, in_flight)
    return [id_ async for page in offsets.ids() for id_ in page]


CHANGES = st.tuples(st.integers(1, 4), st.sampled_from(["leave", "come"]), st.sampled_from([0, 1, 7, 45]))


@given(
    rows=st.integers(0, 40),
    most=st.integers(2, 12),
    in_flight=st.integers(1, 4),
    changes=st.lists(CHANGES, max_size=9),
)
async def test_what_was_there_all_the_time_is_found_once(
    rows: int, most: int, in_flight: int, changes: list[Change]
) -> None:
    server = Server([str(number) for number in range(rows)], most, changes)
    found = await read(server, in_flight)
    assert len(found) == len(set(found))
    assert server.stayed <= set(found)


@given(rows=st.integers(0, 60), most=st.integers(3, 20), less=st.integers(0, 2))
async def test_a_page_that_is_shorter_than_the_server_allows_is_not_the_last(rows: int, most: int, less: int) -> None:
    server = Server([str(number) for number in range(rows)], most, short=lambda size: max(2, size - less))
    assert await read(server, 3) == [str(number) for number in range(rows)]


async def test_rows_that_leave_while_others_come_are_noticed_although_the_total_stays() -> None:
    changes = [(2, "leave", 0), (2, "leave", 0), (2, "leave", 0), (2, "come", 99), (2, "come", 99), (2, "come", 99)]
    server = Server([str(number) for number in range(10)], 3, changes)
    assert set(map(str, range(3, 10))) <= set(await read(server))


async def test_rows_that_never_rest_are_partial() -> None:
    server = Server([str(number) for number in range(60)], 10, [(after, "leave", 0) for after in range(1, 60)])
    with pytest.raises(PartialReadError, match="faster than it could be read, 4 times"):
        await read(server)


def test_a_million_ids_are_remembered_in_little_memory() -> None:
    seen = SeenIds()
    assert all(seen.add(str(number)) for number in range(0, 300_000, 3))
    assert not any(seen.add(str(number)) for number in range(0, 300_000, 3))
    assert seen.add("1")
    assert sum(map(len, seen._blocks.values())) < 50_000


def test_ids_that_are_no_numbers_are_remembered_as_well() -> None:
    seen = SeenIds()
    assert [seen.add(id_) for id_ in ("a", "a", "", "7")] == [True, False, True, True]

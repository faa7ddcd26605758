"""The store: where the mirror, check-ins and runs live."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, func, select

from mapping.check_ins import CheckIn, RebuiltReading, in_order
from mapping.declared import Register
from mapping.delivery import Delivered, Delivery, DeliveryState
from mapping.effective import Entries
from mapping.errors import FixConfigError
from mapping.failpoints import reach
from mapping.people import AuditEntry, Comment, Override
from mapping.reviews import Review
from mapping.rules import Cycle, Objective
from mapping.runs import RunRecord
from mapping.words import PastChange
from store import leases
from store.backup import Told, copy_all, require_empty, require_whole, whole_or_nothing
from store.declared import read_register
from store.dialects import native
from store.dump import Dump, dump, dump_json
from store.engine import engine_of, place
from store.imported import joined, read_joined_trend, read_last_past, read_past_check_ins
from store.leases import Lease
from store.migrate import HEAD, bring_to_head
from store.mirror import StoredMirror
from store.outbox import (
    count_waiting,
    end_delivery,
    postpone_delivery,
    read_delivered,
    read_deliveries,
    read_waiting,
    write_delivered,
)
from store.past import Pasts, read_past_marks, read_pasts, read_rebuilt, write_past
from store.people import read_all_overrides, read_audit, read_comments, read_entries, write_audit
from store.readings import (
    BY_HAND,
    LATEST,
    MEASURED,
    last_seq,
    read_check_ins,
    read_cycles,
    read_declared,
    read_facts,
    read_first_check_ins,
    read_freshness,
    read_last_check_ins,
    read_objective_of,
    read_retired,
    read_runs,
    read_titles,
    read_trend,
    seq_at,
)
from store.records import Freshness, SelectionFacts, StoreFacts
from store.reported import Claims, read_claims
from store.reviews import read_reviews
from store.run import Run
from store.snapshots import Snapshot, read_snapshots
from store.tables import metadata
from store.tokens import Token, read_tokens, revoke_token, token_of, write_token
from store.verify import findings


class Store:
    """An open store. Reading is safe from any thread and never waits for a run that writes."""

    def __init__(self, engine: Engine, *, upto: int = LATEST, until: datetime | None = None) -> None:
        self._engine = engine
        self._native = native(engine.dialect.name)
        self._upto = upto
        self._until = until

    def as_of(self, instant: datetime) -> Store:
        """Return the store as the last run that was published by an instant left it, for reading only.

        Check-ins of before that were imported since are there as of their own time.

        It shares the connections of this one, which must be kept open as long.
        """
        with self.reading() as connection:
            return Store(self._engine, upto=min(self._upto, seq_at(connection, instant)), until=instant)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at ``url``, making it and bringing it to the current schema where needed.

        Raises:
            FixConfigError: an unusable URL or path, wrong credentials, a corrupt file, a schema newer than this code.
            TryAgainError: the server is away, or another process holds the lock for too long.
        """
        engine = engine_of(url)
        store = cls(engine)
        try:
            bring_to_head(engine, store._native)
        except BaseException:
            engine.dispose()
            raise
        return store

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def begin(self, *, started_at: datetime, kind: str = "sync", run_id: str | None = None) -> Iterator[Run]:
        """Begin a run, under an id of its own unless one is given.

        Leaving the block without ``commit`` undoes it and drops what was staged.
        """
        if self._upto != LATEST:
            raise RuntimeError("the past is for reading only")
        with self._engine.connect() as connection:
            try:
                run = Run(connection, self._native, started_at=started_at, kind=kind, run_id=run_id)
                try:
                    yield run
                finally:
                    run.rollback()
            finally:
                # The session's temporary tables go with its connection, even when that is past saying anything.
                connection.invalidate()

    def acquire(
        self, name: str, holder: str, *, seconds: float, now: datetime, dead: str | None = None
    ) -> Lease | None:
        """Take a lease of that name for so many seconds; None while another has it. See ``store.leases``."""
        with self.writing() as connection:
            return leases.acquire(connection, name, holder, seconds=seconds, now=now, dead=dead)

    def renew(self, lease: Lease, *, seconds: float, now: datetime) -> Lease | None:
        """Prolong a lease; None when another has taken it."""
        with self.writing() as connection:
            return leases.renew(connection, lease, seconds=seconds, now=now)

    def release(self, lease: Lease) -> None:
        """Give a lease back."""
        with self.writing() as connection:
            leases.release(connection, lease)

    def holder_of(self, name: str) -> str | None:
        """Return who had a lease last, None when nobody ever had."""
        with self.reading() as connection:
            return leases.holder_of(connection, name)

    def mirror(self, as_of_run: int | None = None) -> StoredMirror:
        """Return the mirror as it was after a run, by default the last one published."""
        if as_of_run is None:
            with self.reading() as connection:
                as_of_run = min(last_seq(connection), self._upto)
        return StoredMirror(self.reading, as_of_run)

    def last_check_ins(self) -> dict[str, CheckIn]:
        """Return the last measured check-in of every key result that has one."""
        with self.reading() as connection:
            return read_last_check_ins(connection, self._native, upto=self._upto)

    def first_check_ins(self) -> dict[str, datetime]:
        """Return when each key result was first measured."""
        with self.reading() as connection:
            return read_first_check_ins(connection)

    def entries(self, among: Sequence[str] | None = None) -> dict[str, Entries]:
        """Return what is on record of key results that have any check-in: see ``mapping.effective``.

        Args:
            among: addresses; all by default.
        """
        with self.reading() as connection:
            return read_entries(connection, self._native, among=among, upto=self._upto, until=self._until)

    def overrides(self, key_result: str) -> list[Override]:
        """Return every override of a key result, oldest first, with its check-in."""
        with self.reading() as connection:
            return read_all_overrides(connection, key_result, upto=self._upto, until=self._until)

    def due(self, destination: str, *, now: datetime, most: int) -> list[Delivery]:
        """Return what is due at a destination, oldest first."""
        with self.reading() as connection:
            return read_waiting(connection, destination, now=now, most=most)

    def waiting(self, destination: str) -> int:
        """Return how much waits at a destination, due or not."""
        with self.reading() as connection:
            return count_waiting(connection, destination)

    def deliveries(self, key_result: str | None = None, limit: int = 100) -> list[Delivery]:
        """Return the last rows of the outbox, newest first; ``key_result`` narrows them to one."""
        with self.reading() as connection:
            return read_deliveries(connection, key_result, limit)

    def delivered(self, destination: str) -> dict[str, Delivered]:
        """Return what was written at a destination, by key result."""
        with self.reading() as connection:
            return read_delivered(connection, destination)

    def settle(
        self,
        destination: str,
        *,
        at: datetime,
        held: Lease,
        delivered: Mapping[str, Delivered] | None = None,
        ended: Sequence[tuple[Delivery, DeliveryState, str]] = (),
        postponed: Sequence[tuple[Delivery, datetime, str]] = (),
    ) -> None:
        """Note in one transaction what is about to be written at a destination, or what became of it.

        Args:
            destination: its name.
            at: now.
            held: the lease under which it is written.
            delivered: what is known to stand there, or may, by key result.
            ended: rows that are done, with what came of them.
            postponed: rows that wait for another attempt, and until when.

        Raises:
            TryAgainError: another process has taken the lease over; nothing was noted.
        """
        with self.writing() as connection:
            leases.require_current(connection, [held])
            reach("store.outbox.mark")
            write_delivered(connection, destination, delivered or {}, at=at)
            for row, state, detail in ended:
                end_delivery(connection, row, state, at=at, detail=detail)
            for row, until, detail in postponed:
                postpone_delivery(connection, row, until=until, detail=detail)

    def reviews(self, *, only_open: bool = False) -> dict[str, Review]:
        """Return the newest review of each key result that ever had one, or only those that are open."""
        with self.reading() as connection:
            return read_reviews(connection, only_open=only_open)

    def write_past(self, connection: str, read: Mapping[str, datetime], changes: Iterable[PastChange]) -> None:
        """Keep the past of these items, read whole at the time of update given; see ``store.past``."""
        with self.writing() as session:
            reach("store.past.changes")
            write_past(session, self._native, connection, read, changes)

    def pasts(self, connection: str) -> Pasts:
        """Return the past of each item of a connection whose past was read."""
        with self.reading() as session:
            return read_pasts(session, connection)

    def past_marks(self, connection: str) -> dict[str, datetime]:
        """Return the items of a connection whose past was read, with the time of update that they had then."""
        with self.reading() as session:
            return read_past_marks(session, connection)

    def rebuilt(self, key_results: Sequence[str]) -> dict[str, list[RebuiltReading]]:
        """Return the rebuilt readings of some key results, oldest first."""
        with self.reading() as session:
            return read_rebuilt(session, key_results)

    def snapshots(self) -> dict[str, Snapshot]:
        """Return the closed cycles, by id."""
        with self.reading() as session:
            return read_snapshots(session)

    def add_token(self, token: Token, digest: str, audit: AuditEntry) -> None:
        """Keep a new token by its digest.

        Raises:
            FixConfigError: there is one of that name.
        """
        with self.writing() as connection:
            write_token(connection, token, digest)
            write_audit(connection, [audit])

    def revoke_token(self, name: str, *, at: datetime, audit: AuditEntry) -> bool:
        """End a token for good, and return whether there was one that worked."""
        with self.writing() as connection:
            found = revoke_token(connection, name, at=at)
            write_audit(connection, [audit] if found else [])
        return found

    def tokens(self) -> list[Token]:
        """Return all tokens, revoked ones too, by name."""
        with self.reading() as connection:
            return read_tokens(connection)

    def token_of(self, digest: str) -> Token | None:
        """Return the token with this digest that works, None when there is none."""
        with self.reading() as connection:
            return token_of(connection, digest)

    def comments(self, key_result: str) -> list[Comment]:
        """Return the comments on a key result, oldest first."""
        with self.reading() as connection:
            return read_comments(connection, key_result)

    def audit(self, subject: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """Return the last entries of the audit, newest first; ``subject`` narrows it to one address."""
        with self.reading() as connection:
            return read_audit(connection, subject, limit)

    def check_ins(self, key_result: str, limit: int = 100) -> list[CheckIn]:
        """Return the last check-ins of one key result, newest first."""
        with self.reading() as connection:
            return read_check_ins(connection, key_result, limit, upto=self._upto)

    def past_check_ins(self, key_result: str) -> list[CheckIn]:
        """Return the check-ins of before that were imported for one key result, newest first."""
        with self.reading() as connection:
            return read_past_check_ins(connection, key_result, until=self._until)

    def history(self, key_result: str, limit: int | None = None, *, now: datetime | None = None) -> list[CheckIn]:
        """Return the last check-ins of one key result, newest first: those published here and those imported.

        Args:
            key_result: its address.
            limit: so many at most.
            now: the clock by which none lies ahead; see ``mapping.check_ins.in_order``.
        """
        with self.reading() as connection:
            published = read_check_ins(connection, key_result, limit, upto=self._upto)
            imported = read_past_check_ins(connection, key_result, limit, until=self._until)
        published = in_order(published, now)
        return joined(published, imported)[:limit] if imported else published

    def trend(self, key_results: Sequence[str], points: int) -> dict[str, tuple[Decimal, ...]]:
        """Return clamped progress of the last ``points`` check-ins that have one, oldest first, for each address."""
        with self.reading() as connection:
            found = read_trend(connection, key_results, points, upto=self._upto)
            imported = list(read_last_past(connection, self._native, key_results, until=self._until))
            return found | read_joined_trend(connection, imported, points, upto=self._upto, until=self._until)

    def freshness(self, among: Sequence[str] | None = None) -> dict[str, Freshness]:
        """Return the freshness of key results by address, of all by default.

        Of the past it is known when a value was measured, not what was stale about it then.
        """
        with self.reading() as connection:
            if self._upto != LATEST:
                last = read_last_check_ins(connection, self._native, among=among, upto=self._upto)
                return {
                    address: Freshness(key_result=address, measured_at=entry.at, measured_run=entry.run)
                    for address, entry in last.items()
                }
            return read_freshness(connection, self._native, among)

    def cycles(self) -> list[Cycle]:
        """Return the cycles that are declared now, the latest start first."""
        with self.reading() as connection:
            return read_cycles(connection)

    def declared(self, cycle: str | None = None) -> list[Objective]:
        """Return the objectives that are declared now, in their order; of one cycle, or of all."""
        with self.reading() as connection:
            return read_declared(connection, cycle)

    def titles(self) -> dict[str, str]:
        """Return the titles of the objectives that are declared now, by id, whatever their cycle."""
        with self.reading() as connection:
            return read_titles(connection)

    def register(self) -> Register:
        """Return all that was ever declared, with who may change it."""
        with self.reading() as connection:
            return read_register(connection)

    def objective_of(self, key_result: str) -> Objective | None:
        """Return the objective of a declared key result, with that key result alone; None when there is none."""
        with self.reading() as connection:
            return read_objective_of(connection, key_result)

    def claims(self, address: str) -> Claims:
        """Return whose the objective and the key result at an address are."""
        with self.reading() as connection:
            return read_claims(connection, address)

    def retired(self) -> frozenset[str]:
        """Return the addresses of key results that the rules declare no longer."""
        with self.reading() as connection:
            return read_retired(connection)

    def retired_check_ins(self) -> dict[str, CheckIn | None]:
        """Return the last check-in, or None, of each key result that is declared no longer, by address."""
        with self.reading() as connection:
            gone = sorted(read_retired(connection))
            kinds = (*MEASURED, *BY_HAND)
            last = read_last_check_ins(connection, self._native, kinds, among=gone, upto=self._upto)
        return {address: last.get(address) for address in gone}

    def runs(self, limit: int = 20, *, kinds: Collection[str] = ()) -> list[RunRecord]:
        """Return the last published runs, newest first; those of people among them unless ``kinds`` leaves them out."""
        with self.reading() as connection:
            return read_runs(connection, limit, upto=self._upto, kinds=kinds)

    def facts(self, keys: Sequence[str]) -> dict[str, SelectionFacts]:
        """Return what is known about the pulls of selections, by key; one never asked for is absent."""
        with self.reading() as connection:
            return read_facts(connection, self._native, keys)

    def backup(self, path: Path, told: Told = lambda _table, _rows: None) -> int:
        """Write everything, as one committed state, to a new file; return how many rows. Syncs may go on meanwhile.

        Raises:
            FixConfigError: the file is there already, or its folder is not.
        """
        if not path.parent.is_dir():
            raise FixConfigError(f"{path.parent} is no folder: create it first")
        with whole_or_nothing(path) as part:
            reach("store.backup.part")
            with Store.open(f"sqlite:///{part}") as kept, self.reading() as source, kept.writing() as target:
                return copy_all(source, target, told)

    def restore(self, path: Path, told: Told = lambda _table, _rows: None) -> int:
        """Take over a backup whole, in one transaction; return how many rows.

        Raises:
            FixConfigError: there is no such file, it is no backup, or this store is not empty.
        """
        if not path.is_file():
            raise FixConfigError(f"{path} is no file: name one that `okrsync db backup` wrote")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name  # opening brings an older backup to the schema of today
            shutil.copy(path, copy)
            require_whole(copy, path)
            with Store.open(f"sqlite:///{copy}") as kept, kept.reading() as source, self.writing() as target:
                require_empty(target, self._engine)
                reach("store.restore.copy")
                return copy_all(source, target, told)

    def verify(self) -> list[str]:
        """Return what is wrong with what is stored, one line each; see ``store.verify``."""
        with self.reading() as connection:
            return list(findings(connection))

    def facts_of_all(self) -> StoreFacts:
        """Return where the store is and how much is in it."""
        with self.reading() as connection:
            counts = {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
            }
        return StoreFacts(where=place(self._engine.url), engine=self._engine.dialect.name, schema=HEAD, rows=counts)

    def dump(self) -> Dump:
        """Return everything that matters as plain data, without run numbers and run times.

        Two stores that came to the same by different ways (killed and tried again, with Prefect and without) are equal.
        """
        with self.reading() as connection:
            return dump(connection)

    def dump_json(self) -> str:
        """Return ``dump`` as JSON, one fact a line and sorted: fit for diff."""
        return dump_json(self.dump())

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A short write transaction of its own; an exception undoes it."""
        with self._engine.connect() as connection:
            reach("store.write.begin")
            self._native.begin_writing(connection)
            yield connection
            reach("store.write.commit")
            connection.commit()
            reach("store.write.done")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction in which all statements see one state."""
        with self._engine.connect() as connection:
            yield connection.execution_options(**self._native.snapshot)

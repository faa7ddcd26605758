"""One run is one transaction: what is pulled is staged beside the store, then merged, measured, published at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection

from mapping.check_ins import CheckIn, RebuiltReading
from mapping.declared import Moves, Origin, Register
from mapping.delivery import Delivery, Update
from mapping.effective import Entries
from mapping.failpoints import reach
from mapping.mirror import Departure
from mapping.people import AuditEntry, Comment, Override
from mapping.reviews import Review, ReviewState
from mapping.rules import Cycle, KeyResult, Objective
from mapping.runs import ConnectionRecord
from mapping.words import Outcome, PullResult, Sample, Selection, WorkItem
from store.declared import declare, read_register, retire, take_in, write_declared
from store.dialects import Native
from store.imported import write_past_check_ins
from store.leases import Lease, require_current
from store.merge import Merge, next_seq
from store.mirror import StoredMirror
from store.outbox import read_newest, write_outbox
from store.past import write_rebuilt
from store.people import end_one_offs, end_overrides, read_entries, write_audit, write_comment, write_override
from store.publish import write_check_ins, write_connectors, write_freshness, write_run
from store.readings import (
    MEASURED,
    last_seq,
    read_declared,
    read_freshness,
    read_last_check_ins,
    read_objective_of,
    read_past_values,
    read_retired,
    read_watermark,
    seq_of,
)
from store.records import Freshness, MergeCounts, Watermark
from store.renaming import rename
from store.reported import Claims, read_claims, write_adopted
from store.reviews import decide, read_reviews, write_reviews
from store.snapshots import Snapshot, write_snapshot
from store.staging import Staging
from store.tables import outbox


class Run:
    """A run in the making. May be used from several threads; they take turns.

    While pulling nothing of the store is locked. ``merge`` begins the write transaction, in which the caller measures
    and publishes; ``commit`` ends it. Anything else (an exception, ``rollback``, a kill) leaves the store as it was.
    """

    def __init__(
        self, connection: Connection, native: Native, *, started_at: datetime, kind: str, run_id: str | None = None
    ) -> None:
        if started_at.tzinfo is None:
            raise ValueError(f"a run begins at an aware instant, not at {started_at.isoformat()}")
        self.id = run_id or uuid.uuid4().hex
        self.started_at = started_at.astimezone(UTC)
        self.kind = kind
        self._connection = connection
        self._native = native
        self._turn = threading.RLock()
        self._results: dict[str, PullResult] = {}
        self._seq: int | None = None
        self._published = False
        self._over = False
        with connection.begin():
            self._base = last_seq(connection)
        self._staging = Staging(connection, native)

    @property
    def seq(self) -> int:
        """The run's number; known from ``merge`` on."""
        if self._seq is None:
            raise RuntimeError("a run has no number before merge()")
        return self._seq

    def watermark(self, selection: Selection) -> Watermark | None:
        """Return how far the selection has been read completely, None when never, or by a clock ahead of this run's.

        Between its beginning and a mark that lies ahead of it nothing would be asked for, so all is read again.
        """
        with self._pulling(), self._connection.begin():
            found = read_watermark(self._connection, selection.key)
        return None if found is None or found.at > self.started_at else found

    def unknown(self, connection: str, ids: Sequence[str]) -> list[str]:
        """Return those of ``ids`` whose fields must be read, in the order given.

        The mirror lacks them, or holds them without any selection that watches over them; none is staged already.
        """
        with self._pulling():
            return self._staging.unknown(connection, ids)

    def members_count(self, selection: Selection) -> int:
        """Return how many members the selection has before this run."""
        with self._pulling():
            return self._staging.members_count(selection)

    def stage_census(self, selection: Selection, ids: Iterable[str]) -> None:
        """Keep ids the selection matches now; doubles are harmless."""
        with self._pulling():
            self._staging.add_census(selection, ids)

    def stage_items(self, connection: str, items: Iterable[WorkItem]) -> None:
        """Keep work items; of several reads of one item the one updated last counts.

        Raises:
            ValueError: an item of another connection, or a time without zone.
        """
        batch = list(items)
        strays = [item for item in batch if item.connection != connection]
        if strays:
            raise ValueError(f"{strays[0].key} belongs to {strays[0].connection}, not to {connection}")
        with self._pulling():
            self._staging.add_items(batch)

    def stage_samples(self, samples: Iterable[Sample]) -> None:
        """Keep samples; of several for one instant of a series the last counts."""
        with self._pulling():
            self._staging.add_samples(samples)

    def lost(self, selection: Selection) -> list[str]:
        """Return current members absent from the staged census, sorted. Meaningful once the census is complete."""
        with self._pulling():
            return self._staging.lost(selection)

    def mark_vanished(self, selection: Selection, ids: Iterable[str], because: Departure = Departure.VANISHED) -> None:
        """Say which of the lost the vendor no longer gives, and how; the others will have left as unmatched."""
        with self._pulling():
            self._staging.add_vanished(selection, ids, because)

    def keys(self, connection: str, ids: Sequence[str]) -> dict[str, str]:
        """Return what the mirror last knew as the keys of items, by id; an item that it never held is absent."""
        with self._pulling():
            return self._staging.keys(connection, ids)

    def finish(self, result: PullResult) -> None:
        """Note how the pull of a selection ended. Only a complete one changes memberships and moves the watermark."""
        with self._pulling():
            self._results[result.selection.key] = result

    def merge(self) -> MergeCounts:
        """Begin the write transaction and move what was staged into the mirror.

        Raises:
            TryAgainError: another sync has been writing for more than 30 seconds.
        """
        with self._pulling():
            for result in self._results.values():
                if result.outcome is Outcome.COMPLETE:
                    self._staging.add_complete(result.selection)
            self._staging.flush()
            reach("store.merge.begin")
            self._native.begin_writing(self._connection)
            self._seq = next_seq(self._connection)
            merge = Merge(self._connection, self._native, seq=self._seq, base=self._base, at=self.started_at)
            return merge.run(self._staging, self._results)

    def mirror(self) -> StoredMirror:
        """Return the mirror with this run's changes."""
        return self.mirror_before(self.seq)

    def mirror_before(self, seq: int) -> StoredMirror:
        """Return the mirror as it was after run ``seq``; 0 is before the first."""
        self._require_merged()
        return StoredMirror(self._reading, seq)

    def last_check_ins(self) -> dict[str, CheckIn]:
        """Return the last check-in of every key result, as published by the runs before this one."""
        with self._turn:
            self._require_merged()
            return read_last_check_ins(self._connection, self._native)

    def register(self, like: Sequence[Objective] = ()) -> Register:
        """Return all that was ever declared, as it is before this run publishes; see ``store.declared``."""
        with self._turn:
            self._require_merged()
            return read_register(self._connection, like)

    def declare(
        self,
        *,
        cycles: Sequence[Cycle] = (),
        objectives: Sequence[Objective] = (),
        key_results: Sequence[KeyResult] = (),
    ) -> None:
        """Declare what people own, new or changed; objectives without their key results."""
        with self._turn:
            self._require_merged()
            declare(self._connection, cycles, objectives, key_results)

    def retire(self, addresses: Iterable[str]) -> None:
        """Retire objectives and key results; their history stays."""
        with self._turn:
            self._require_merged()
            retire(self._connection, addresses)

    def take_in(self, declared: Sequence[Objective], origin: Origin) -> None:
        """Declare what people own, or an import brings, beside what there is; see ``store.declared``."""
        with self._turn:
            self._require_merged()
            take_in(self._connection, declared, origin)

    def rename(self, moves: Moves) -> None:
        """Move key results to new addresses with all their history, before anything is measured or published.

        Raises:
            NotFollowingError: two histories cannot become one.
        """
        with self._turn:
            self._require_merged()
            rename(self._connection, moves)

    def publish(
        self,
        *,
        check_ins: Sequence[CheckIn],
        freshness: Iterable[Freshness],
        declared: Sequence[Objective] | None,
        connections: Iterable[ConnectionRecord],
        now: datetime,
        connectors: Mapping[str, str] | None = None,
        reviews: Iterable[Review] = (),
        settled: Iterable[str] = (),
    ) -> None:
        """Write what the run came to; visible to others after ``commit``.

        Args:
            check_ins: of changed key results only, each with ``run`` equal to ``seq``.
            freshness: of the key results this run looked at; the others keep theirs.
            declared: all objectives of the rules; what of the file's is missing here is retired. None leaves all.
            connections: how each connection fared.
            now: the end of the run.
            connectors: connection to the name of its connector, for explanations.
            reviews: readings that wait for a person.
            settled: key results that were measured and have nothing waiting.
        """
        with self._turn:
            self._require_merged()
            reach("store.publish.run")
            write_run(
                self._connection,
                seq=self.seq,
                run_id=self.id,
                kind=self.kind,
                started_at=self.started_at,
                finished_at=now,
                check_ins_count=len(check_ins),
                connections=connections,
            )
            reach("store.publish.check-ins")
            write_check_ins(self._connection, self.seq, check_ins)
            reach("store.publish.freshness")
            write_freshness(self._connection, freshness)
            if declared is not None:
                reach("store.publish.declared")
                write_declared(self._connection, declared)
            reach("store.publish.overrides")
            end_one_offs(self._connection, [each for each in check_ins if each.kind in MEASURED], at=now)
            write_connectors(self._connection, connectors or {})
            reach("store.publish.reviews")
            write_reviews(self._connection, reviews, settled, at=now)
            self._published = True

    def entries(self, among: Sequence[str] | None = None) -> dict[str, Entries]:
        """Return what is on record of key results, all by default; this run's own check-ins too once published."""
        with self._turn:
            self._require_merged()
            return read_entries(self._connection, self._native, among=among)

    def freshness(self, among: Sequence[str] | None = None) -> dict[str, Freshness]:
        """Return the freshness of key results, all by default, as this run leaves it once published."""
        with self._turn:
            self._require_merged()
            return read_freshness(self._connection, self._native, among)

    def declared(self) -> list[Objective]:
        """Return all objectives that are declared, as this run leaves them once published."""
        with self._turn:
            self._require_merged()
            return read_declared(self._connection)

    def objective_of(self, key_result: str) -> Objective | None:
        """Return the objective of a declared key result, with that key result alone; None when there is none."""
        with self._turn:
            self._require_merged()
            return read_objective_of(self._connection, key_result)

    def retired(self) -> frozenset[str]:
        """Return the addresses of key results that nobody declares any more."""
        with self._turn:
            self._require_merged()
            return read_retired(self._connection)

    def newest_outgoing(self, among: Sequence[str] | None = None) -> dict[tuple[str, str], Delivery]:
        """Return the newest row of the outbox for each destination and key result, or for some key results."""
        with self._turn:
            self._require_merged()
            only = None if among is None else self._native.among(outbox.c.key_result, among)
            return read_newest(self._connection, only)

    def send(self, updates: Iterable[tuple[str, Update]], *, at: datetime) -> list[str]:
        """Let updates wait for their destinations, and return the ids given; see ``store.outbox``."""
        with self._turn:
            self._require_merged()
            reach("store.outbox.write")
            return write_outbox(self._connection, updates, at=at)

    def repeats(self) -> int | None:
        """Return the number of the run that was published under this one's id, None when this is the first of it."""
        with self._turn:
            self._require_merged()
            return seq_of(self._connection, self.id)

    def adopt(self, objective: Objective) -> None:
        """Declare an objective with its key results, as another okrsync has them; what the file declares stays."""
        with self._turn:
            self._require_merged()
            write_adopted(self._connection, objective)

    def claims(self, address: str) -> Claims:
        """Return whose the objective and the key result at an address are."""
        with self._turn:
            self._require_merged()
            return read_claims(self._connection, address)

    def past(self, key_result: str, points: int) -> list[Decimal]:
        """Return the last values measured of a key result, oldest first, by the runs before this one."""
        with self._turn:
            self._require_merged()
            return read_past_values(self._connection, key_result, points)

    def reviews(self) -> dict[str, Review]:
        """Return the newest review of each key result that ever had one."""
        with self._turn:
            self._require_merged()
            return read_reviews(self._connection)

    def decide(self, key_result: str, state: ReviewState, *, by: str, at: datetime, note: str) -> bool:
        """End the open review of a key result, and return whether there was one."""
        with self._turn:
            self._require_merged()
            reach("store.review.decide")
            return decide(self._connection, key_result, state, by=by, at=at, note=note)

    def rebuild(self, readings: Sequence[RebuiltReading]) -> int:
        """Keep readings rebuilt of days before the first measuring; return how many are new or differ."""
        with self._turn:
            self._require_merged()
            reach("store.past.rebuilt")
            return write_rebuilt(self._connection, readings, run=self.seq)

    def remember(self, entries: Sequence[CheckIn]) -> None:
        """Keep check-ins of before as they were imported; see ``store.imported``."""
        with self._turn:
            self._require_merged()
            reach("store.past.check-ins")
            write_past_check_ins(self._connection, entries)

    def freeze(self, snapshot: Snapshot) -> None:
        """Keep a closed cycle as it was signed."""
        with self._turn:
            self._require_merged()
            reach("store.snapshot.freeze")
            write_snapshot(self._connection, snapshot)

    def override(self, override: Override) -> None:
        """Put a check-in by hand, which this run published, above the automatic value."""
        with self._turn:
            self._require_merged()
            reach("store.people.override")
            write_override(self._connection, override)

    def resume(self, key_result: str, *, because: str, at: datetime) -> bool:
        """End the override of a key result, and return whether there was one."""
        with self._turn:
            self._require_merged()
            reach("store.people.resume")
            return bool(end_overrides(self._connection, [key_result], because, at=at))

    def comment(self, comment: Comment) -> None:
        """Keep what a person had to say."""
        with self._turn:
            self._require_merged()
            reach("store.people.comment")
            write_comment(self._connection, comment)

    def audit(self, entries: Iterable[AuditEntry]) -> None:
        """Append to the audit."""
        with self._turn:
            self._require_merged()
            reach("store.people.audit")
            write_audit(self._connection, entries, run=self.seq)

    def commit(self, held: Iterable[Lease] = ()) -> None:
        """Make everything visible at once, durably.

        Args:
            held: the leases under which this run pulled; each must still be the newest of its name.

        Raises:
            TryAgainError: another run has taken one of them over; nothing was published.
        """
        with self._turn:
            self._require_merged()
            if not self._published:
                raise RuntimeError("a run is committed after publish(), so that its number is never given twice")
            require_current(self._connection, held)
            reach("store.commit.before")
            self._connection.commit()
            self._over = True
            reach("store.commit.after")

    def rollback(self) -> None:
        """Undo everything; harmless when there is nothing to undo."""
        with self._turn:
            if not self._over:
                self._over = True
                reach("store.run.rollback")
                self._connection.rollback()

    @contextmanager
    def _pulling(self) -> Iterator[None]:
        with self._turn:
            if self._over or self._seq is not None:
                raise RuntimeError("the run has been merged: nothing more can be pulled into it")
            yield

    def _require_merged(self) -> None:
        if self._over or self._seq is None:
            raise RuntimeError("the run is over" if self._over else "merge() comes first")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._require_merged()
        yield self._connection

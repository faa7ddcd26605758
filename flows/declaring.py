"""What a sync does to what is declared, found before anything is measured, and told to the audit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, TypeVar

from config.load import Config
from mapping.declared import DeclaredChange, Moves, declared_changes, moves_of, not_ours
from mapping.errors import ConfigProblemsError, Problem
from mapping.people import AuditEntry
from mapping.plain import plain
from mapping.rules import Objective
from store import NotFollowingError, Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaring:
    """What the rules change of what is declared, and what is known under another address from now on."""

    changes: tuple[DeclaredChange, ...] = ()
    moves: Moves = field(default_factory=Moves)

    @classmethod
    def begin(cls, run: Run, config: Config) -> Self:
        """Find what changes, and move histories to their new addresses in the run's transaction.

        Raises:
            ConfigProblemsError: the rules declare what people own, or join histories that do not follow one another.
        """
        register = run.register(config.objectives)
        theirs = not_ours(register, config.objectives, config.renames, config.taken_over)
        if theirs:
            fix = "choose another id, or write take_over: true below it"
            raise ConfigProblemsError(
                [
                    Problem(place=config.places[id_], what=f"{what} was made by people in the store", fix=fix)
                    for id_, what in theirs.items()
                ]
            )
        moves = moves_of(register, config.renames)
        try:
            run.rename(moves)
        except NotFollowingError as error:
            place = config.places.get(error.new) or config.places[error.new.partition("/")[0]]
            raise ConfigProblemsError.one(place, *str(error).rsplit(": ", 1)) from error
        return cls(changes=declared_changes(register, config.objectives, config.renames), moves=moves)

    def as_known(self, objectives: Sequence[Objective]) -> list[Objective]:
        """Return objectives with their key results under the addresses that the store knew before this run."""
        before = {new: old for old, new in self.moves.key_results.items()}
        return [
            replace(one, key_results=tuple(replace(each, id=before.get(each.id, each.id)) for each in one.key_results))
            for one in objectives
        ]

    def renamed(self, known: Mapping[str, T]) -> dict[str, T]:
        """Return what is known by the addresses of before under those of now."""
        return {self.moves.key_results.get(address, address): each for address, each in known.items()}


def audit_of(changes: Iterable[DeclaredChange], *, actor: str, at: datetime) -> list[AuditEntry]:
    """Return an entry of the audit for each change of what is declared, with both its sides."""
    return [
        AuditEntry(
            at=at,
            actor=actor,
            action=f"{each.act} {each.kind}",
            subject=each.id,
            before=_side({**({"id": each.was} if each.was else {}), **each.before}),
            after=_side({**({"id": each.id} if each.was else {}), **each.after}),
        )
        for each in changes
    ]


def _side(facts: Mapping[str, str]) -> str | None:
    return json.dumps(plain(dict(facts)), ensure_ascii=False) if facts else None

"""A plan as a file: what a sync would change, saved, looked at, and applied only if the world still agrees.

Applying reads everything anew and plans again; if that plan is the saved one, line by line, it is published, in the
transaction in which it was made. So nothing is ever published that nobody has seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.sync_report import SyncReport
from flows.work import Wish
from mapping.changes import Change
from mapping.declared import DeclaredChange
from mapping.errors import FixConfigError
from mapping.failpoints import reach
from mapping.plain import Plain, plain

FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What was planned, for whom, and when."""

    made_at: datetime
    wish: Wish
    lines: Mapping[str, Plain]
    """What happens to each key result, by address, and to what is declared; without times, which differ each time."""

    @property
    def digest(self) -> str:
        """Return 12 hexadecimal digits that two plans share exactly when they do the same."""
        text = json.dumps(self.lines, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def lines_of(changes: Iterable[Change], declared: Iterable[DeclaredChange] = ()) -> dict[str, Plain]:
    """Return what a plan comes to: both values, causes, status and rule of each key result, and what is declared."""
    said = {f"{each.kind} {each.id}": plain(each) for each in declared}
    return {change.key_result: _line(change) for change in changes} | said


def _line(change: Change) -> Plain:
    proposal = change.review.proposal if change.review is not None else None
    new = change.new or proposal
    return {
        "action": plain(change.action),
        "old": plain(change.old.value if change.old else None),
        "new": plain(new.value if new else None),
        "status": plain(change.status),
        "rule_version": new.rule_version if new else None,
        "causes": [[plain(part.kind), plain(part.amount), plain(part.items)] for part in (new.causes if new else ())],
        "reason": change.stale_reason,
    }


def save(report: SyncReport, wish: Wish, path: Path) -> SavedPlan:
    """Write a plan to a file, whole or not at all."""
    saved = SavedPlan(made_at=report.started_at, wish=wish, lines=lines_of(report.changes, report.declared))
    content = {
        "okrsync_plan": FORMAT,
        "digest": saved.digest,
        "made_at": plain(saved.made_at),
        "wish": plain(wish),
        "lines": saved.lines,
    }
    beside = path.with_name(f".{path.name}.part")
    reach("flows.plan.write")
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    reach("flows.plan.rename")
    beside.replace(path)
    return saved


def read(path: Path) -> SavedPlan:
    """Return a saved plan.

    Raises:
        FixConfigError: there is no such file, it is no plan, or it was changed since it was saved.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["okrsync_plan"]
        wish = content["wish"]
        saved = SavedPlan(
            made_at=datetime.fromisoformat(content["made_at"]),
            wish=Wish(
                connections=frozenset(wish["connections"]),
                key_results=frozenset(wish["key_results"]),
                accept_shrink=bool(wish["accept_shrink"]),
            ),
            lines=dict(content["lines"]),
        )
    except OSError as error:
        raise FixConfigError(
            f"{path}: cannot be read ({error.strerror}): name a file of `okrsync plan --out`"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise FixConfigError(f"{path}: is no plan ({error!r}): make one with `okrsync plan --out`") from error
    if version != FORMAT:
        raise FixConfigError(f"{path}: is a plan of another okrsync (format {version}): make it anew")
    if saved.digest != content.get("digest"):
        raise FixConfigError(f"{path}: was changed since it was saved: make it anew with `okrsync plan --out`")
    return saved


class WorldChangedError(FixConfigError):
    """What a sync would do now is not what was planned; nothing was published."""


def require_same(saved: SavedPlan, changes: Iterable[Change], declared: Iterable[DeclaredChange] = ()) -> None:
    """Refuse when the plan of now differs from the saved one.

    Raises:
        WorldChangedError: names each key result that differs, with both sides.
    """
    now = lines_of(changes, declared)
    differing = [
        address for address in dict.fromkeys([*saved.lines, *now]) if saved.lines.get(address) != now.get(address)
    ]
    if differing:
        shown = "\n".join(
            f"  {address}: {_words(saved.lines.get(address))}, now {_words(now.get(address))}" for address in differing
        )
        raise WorldChangedError(
            f"the world has changed since the plan of {saved.made_at:%Y-%m-%d %H:%M} UTC, nothing was published:\n"
            f"{shown}\nmake a new plan and look at it"
        )


def _words(line: Plain) -> str:
    if not isinstance(line, dict):
        return "not planned"
    if "act" in line:
        return f"{line['act']} " + json.dumps(line["after"] or line["before"], ensure_ascii=False)
    if line["action"] in ("keep", "hold"):
        return f"{line['action']} {line['old']}" + (f" ({line['reason']})" if line["reason"] else "")
    return f"{line['action']} {line['old']} → {line['new']}"

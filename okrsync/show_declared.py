"""What rules do to what is declared, in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from rich.text import Text

from mapping.declared import Act, Declared, DeclaredChange, objective_of

SIGNS = {
    Act.CREATE: ("+", "green"),
    Act.CHANGE: ("~", "yellow"),
    Act.RENAME: ("→", "yellow"),
    Act.TAKE_OVER: ("⇐", "yellow"),
    Act.HAND_OVER: ("⇒", "yellow"),
    Act.RETIRE: ("-", "red"),
    Act.REVIVE: ("+", "green"),
}
ENDS = ("baseline", "target", "upper", "commit", "stretch")
LONGEST = 60


def declared_lines(changes: Sequence[DeclaredChange]) -> Text:
    """Return a line for each change; key results that come or go with their objective are counted with it."""
    whole = {each.id for each in changes if each.kind is Declared.OBJECTIVE and each.act in (Act.CREATE, Act.RETIRE)}
    text = Text()
    for each in changes:
        along = each.kind is Declared.KEY_RESULT and each.act in (Act.CREATE, Act.RETIRE)
        if along and objective_of(each.id) in whole:
            continue
        sign, colour = SIGNS[each.act]
        text.append(f"{sign} ", style=colour).append(f"{each.kind} {each.id}").append(f"  {_what(each)}", style="dim")
        if each.kind is Declared.OBJECTIVE and each.id in whole:
            text.append(f", key results: {_below(each.id, changes)}", style="dim")
        text.append("\n")
    return text


def _below(objective: str, changes: Sequence[DeclaredChange]) -> int:
    return sum(each.kind is Declared.KEY_RESULT and objective_of(each.id) == objective for each in changes)


def _what(change: DeclaredChange) -> str:
    parts = [f"was {change.was}"] if change.was else []
    match change.act:
        case Act.CREATE:
            parts.append(f"new: {short(change.title)}" if change.title else "new")
        case Act.RETIRE:
            parts.append("no longer declared; its history stays")
        case Act.HAND_OVER:
            parts.append("no longer in the file; people's from now on")
        case Act.TAKE_OVER:
            parts.append("people's until now, the file's from now on")
        case Act.REVIVE:
            parts.append("declared again")
        case Act.CHANGE | Act.RENAME:
            pass
    if change.act not in (Act.CREATE, Act.RETIRE):
        parts += _facts(change)
    return "; ".join(parts)


def _facts(change: DeclaredChange) -> list[str]:
    names = telling([*change.before, *change.after])
    sides = ((name, *apart(change.before.get(name, "–"), change.after.get(name, "–"))) for name in names)
    return [f"{name} {short(before)} → {short(after)}" for name, before, after in sides]


def telling(names: Iterable[str]) -> list[str]:
    """Return the names of facts, each once, without a metric whose ends are among them: it says the same, exactly."""
    found = list(dict.fromkeys(names))
    return [each for each in found if each != "metric"] if any(each in ENDS for each in found) else found


def apart(before: str, after: str) -> tuple[str, str]:
    """Return both sides without the words they begin with alike where they are long, so that the change is seen."""
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    sides = before.split(" "), after.split(" ")
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*sides, strict=False)))
    if alike <= 1:
        return before, after
    old, new = (" ".join(["…", *side[alike - 1 :]]) for side in sides)  # one word of what went before
    return old, new


def short(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    line = "".join(each if each.isprintable() else " " for each in text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"

"""How deliveries look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from mapping.delivery import Delivery, DeliveryState, DestinationRecord, Sending, sending
from mapping.rules import Unit
from mapping.show import show_value
from okrsync.show import clean

COLOURS = {
    DeliveryState.SENT: "green",
    DeliveryState.UNCHANGED: "dim",
    DeliveryState.SUPERSEDED: "dim",
    DeliveryState.WAITING: "yellow",
    DeliveryState.CONFLICT: "red",
    DeliveryState.FAILED: "red",
}


def destination_lines(records: Iterable[DestinationRecord]) -> Iterator[Text]:
    """Return how each destination fared."""
    for each in records:
        counts = f"{each.sent} sent, {each.unchanged} unchanged, {each.waiting} waiting"
        yield Text(f"→ {each.destination}: {counts}", style="yellow" if each.failures or each.conflicts else "")
        for line in each.preview:
            yield Text(f"    would write {clean(line)}")
        for line in (*each.failures, *each.conflicts):
            yield Text(f"    {clean(line)}", style="red")


def sending_line(each: Sending, unit: Unit) -> Text:
    """Return one delivery on one line."""
    text = Text(f"  {each.at:%Y-%m-%d %H:%M}  {each.destination}: {show_value(each.value, unit)}  ")
    text.append(each.state, style=COLOURS[DeliveryState(each.state)])
    tries = f" after {each.attempts} attempts" if each.attempts > 1 else ""
    return text.append(f"{tries}  {clean(each.detail)}")


def delivery_lines(rows: Sequence[Delivery]) -> Iterator[Text]:
    """Return rows of the outbox, each under its key result's address."""
    for row in rows:
        yield Text(row.key_result, style="bold").append_text(sending_line(sending(row), row.update.metric.unit))

"""What became of members that a selection no longer matches: each leaves by a way of its own, or is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from connectors.port import Fate, Roster, Source
from mapping.mirror import Departure
from mapping.tally import items_word

DEPARTURES = {
    Fate.DELETED: Departure.DELETED,
    Fate.HIDDEN: Departure.HIDDEN,
    Fate.ARCHIVED: Departure.ARCHIVED,
    Fate.MOVED: Departure.MOVED,
}
HOLD_FROM = 0.2
"""A pull is held when this share of a selection vanishes at the vendor at once, unless the settings say otherwise..."""
HOLD_FLOOR = 5
"""...and at least so many items: losing a permission looks exactly like that, and a small selection may lose a few."""
PLACES_SHOWN = 3


async def departures_of(source: Source, gone: Sequence[str]) -> Mapping[str, Departure]:
    """Return how each of these items left; one that the vendor says nothing of has vanished."""
    fates = await source.fates(gone) if gone and isinstance(source, Roster) else {}
    return {id_: DEPARTURES[fates[id_]] if id_ in fates else Departure.VANISHED for id_ in gone}


def why_held(
    departures: Mapping[str, Departure], keys: Mapping[str, str], before: int, share: float = HOLD_FROM
) -> str | None:
    """Return why the items cannot simply be let go; None when they can.

    Args:
        departures: of the members that the vendor no longer gives.
        keys: what these items were called, by id.
        before: how many members there were.
        share: from which share of the members on they are held; those that live on elsewhere do not count.
    """
    hidden = [id_ for id_, departure in departures.items() if departure is Departure.HIDDEN]
    if hidden:
        return (
            f"lost sight of {items_word(len(hidden))}{_places(hidden, keys)}: give the account permission to browse "
            "there, or run `okrsync sync --accept-shrink` if they are gone for good"
        )
    gone = [departure for departure in departures.values() if departure is not Departure.MOVED]
    if len(gone) < HOLD_FLOOR or len(gone) < share * before:
        return None
    counts = Counter(departure.value for departure in gone if departure is not Departure.VANISHED)
    told = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    return (
        f"{len(gone)} of {before} items vanished at once{f' ({told})' if told else ''}, "
        "which a lost permission looks like as well: "
        "check the account's access, or run `okrsync sync --accept-shrink` if they are really gone"
    )


def _places(ids: Sequence[str], keys: Mapping[str, str]) -> str:
    """Return `` of SHOP and CHK``: the projects or repositories that the keys begin with."""
    places = sorted({place for id_ in ids if (place := _place(keys.get(id_, "")))})
    if not places:
        return ""
    more = f" and {len(places) - PLACES_SHOWN} more" if len(places) > PLACES_SHOWN else ""
    return f" of {', '.join(places[:PLACES_SHOWN])}{more}"


def _place(key: str) -> str:
    """Return the project of ``SHOP-12``, the repository of ``acme/shop#4``."""
    return key.rpartition("#")[0] or key.rpartition("-")[0]

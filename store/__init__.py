"""The central OKR store: mirror, check-ins, watermarks, runs. Knows SQL and nothing of vendors."""

from store.database import Store
from store.leases import Lease
from store.mirror import StoredMirror
from store.records import Freshness, MergeCounts, SelectionFacts, Watermark
from store.renaming import NotFollowingError
from store.reported import Claims
from store.run import Run
from store.snapshots import Snapshot
from store.tokens import Token

__all__ = [
    "Claims",
    "Freshness",
    "Lease",
    "MergeCounts",
    "NotFollowingError",
    "Run",
    "SelectionFacts",
    "Snapshot",
    "Store",
    "StoredMirror",
    "Token",
    "Watermark",
]

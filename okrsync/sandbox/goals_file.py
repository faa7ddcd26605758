"""Asana's goals kept in a file: what was written to them outlives the process, and a person may edit it there.

The rest of the invented world follows from its seed and its steps; goals do not, for okrsync writes to them.
"""

from __future__ import annotations

import json
from pathlib import Path

from mapping.errors import FixConfigError
from okrsync.sandbox.asana_site import AsanaSite


class GoalsFile:
    """Keeps the goals of one site and follows edits of the file. Until something is written there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = 0

    def load(self, site: AsanaSite) -> None:
        """Take over what the file says, if it was written since it was last looked at.

        Raises:
            FixConfigError: it cannot be read.
        """
        try:
            changed = self.path.stat().st_mtime_ns
            if changed == self._seen:
                return
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            goals = {str(each["gid"]): each for each in kept["goals"]}
            updates = {str(each["gid"]): each for each in kept["status_updates"]}
            highest = max((int(gid) for gid in updates), default=0)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FixConfigError(
                f"{self.path} cannot be read ({error}): correct it, or remove it to have the goals as they were made"
            ) from error
        site.goals, site.status_updates = goals, updates
        site.last_gid = max(site.last_gid, highest)
        self._seen = changed

    def save(self, site: AsanaSite) -> None:
        """Write the goals in one move, so that nobody reads half of them."""
        kept = {"goals": list(site.goals.values()), "status_updates": list(site.status_updates.values())}
        part = self.path.with_name(f".{self.path.name}.part")
        part.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        self._seen = part.stat().st_mtime_ns
        part.replace(self.path)

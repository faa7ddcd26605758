"""Check what the wheel ships: the seven rooms and nothing else at its top level.

Run as ``python tests/check_wheel.py dist`` after building; exits with 1 and says what is wrong.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOMS = {"okrsync", "connectors", "flows", "store", "dashboard", "mapping", "config"}
MUST_SHIP = (
    "okrsync/py.typed",
    "store/migrations/env.py",
    "dashboard/templates/base.html",
    "config/okrsync.schema.json",
    "connectors/jira/quality.yaml",
)


def problems(wheel: Path) -> list[str]:
    """Return what is wrong with a wheel; empty when nothing is."""
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    found = {name.split("/")[0] for name in files if ".dist-info/" not in name}
    wrong = [f"ships {name!r} at its top level" for name in sorted(found - ROOMS)]
    wrong += [f"lacks the room {name!r}" for name in sorted(ROOMS - found)]
    wrong += [f"lacks {name}" for name in MUST_SHIP if name not in files]
    return wrong


def main(folder: str) -> int:
    """Check the one wheel in ``folder``."""
    (wheel,) = Path(folder).glob("okrsync-*.whl")
    wrong = problems(wheel)
    for line in wrong:
        sys.stderr.write(f"{wheel.name}: {line}\n")
    if not wrong:
        sys.stdout.write(f"{wheel.name}: ships the seven rooms and nothing else\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

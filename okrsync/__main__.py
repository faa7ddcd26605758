"""The ``okrsync`` command."""

from __future__ import annotations

import sys

from okrsync.exits import Exit
from okrsync.rooms import strangers


def main() -> None:
    """Run the command line; expected failures are one clear line, unexpected ones a traceback."""
    if found := strangers():
        sys.exit("\n".join(f"okrsync: {line}" for line in found))

    from mapping.errors import ConfigProblemsError, OkrsyncError
    from okrsync.cli import app

    try:
        app()
    except ConfigProblemsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.FAILED)
    except OkrsyncError as error:
        sys.stderr.write(f"okrsync: {error}\n")
        sys.exit(Exit.FAILED)


if __name__ == "__main__":
    main()

"""The ``okrsync`` command."""

from __future__ import annotations

import errno
import os
import sys

from okrsync.exits import Exit
from okrsync.memory import starting
from okrsync.rooms import strangers


def main() -> None:
    """Run the command line; expected failures are one clear line, unexpected ones a traceback."""
    starting()
    if found := strangers():
        sys.exit("\n".join(f"okrsync: {line}" for line in found))

    from mapping.errors import ConfigProblemsError, OkrsyncError
    from okrsync.cli import app

    try:
        if "OKRSYNC_FAIL_AT" in os.environ:
            from okrsync.failing import arm

            arm(os.environ)
        app()
    except ConfigProblemsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.FAILED)
    except OkrsyncError as error:
        sys.stderr.write(f"okrsync: {error}\n")
        sys.exit(Exit.FAILED)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = f" ({error.filename})" if error.filename else ""
        sys.stderr.write(f"okrsync: no space is left on the disk{where}: free some and run it again\n")
        sys.exit(Exit.FAILED)


if __name__ == "__main__":
    main()

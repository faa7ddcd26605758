"""Fails on purpose at a named place, to prove that a failure there harms nothing: ``OKRSYNC_FAIL_AT``.

Written ``NAME[:N] [ACTION [SECONDS]]``: the N-th time (by default the first) that the fail-point is reached, the
process is killed with signal 9 (``kill``, the default) or stopped until somebody continues it (``stop``), the step
raises (``raise``), finds the disk full (``full``), or sleeps (``sleep 2.5``). Names are listed in docs/reliability.md.
"""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mapping.errors import FixConfigError, TryAgainError
from mapping.failpoints import listen

VARIABLE = "OKRSYNC_FAIL_AT"
ACTIONS = ("kill", "stop", "raise", "full", "sleep")


@dataclass(kw_only=True)
class Failure:
    """What shall go wrong, where, and at which time of reaching it. Called with each fail-point's name."""

    name: str
    nth: int = 1
    action: str = "kill"
    seconds: float = 0.0
    seen: int = 0

    def __call__(self, name: str) -> None:
        """Count, and fail when it is time."""
        if name != self.name:
            return
        self.seen += 1
        if self.seen == self.nth:
            self._fail()

    def _fail(self) -> None:
        if self.action in ("kill", "stop"):
            os.kill(os.getpid(), signal.SIGKILL if self.action == "kill" else signal.SIGSTOP)
        elif self.action == "raise":
            raise TryAgainError(f"{self.name}: failed on purpose, as {VARIABLE} says")
        elif self.action == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.name)
        else:
            time.sleep(self.seconds)


def failure_of(text: str) -> Failure:
    """Return what a value of ``OKRSYNC_FAIL_AT`` asks for.

    >>> failure_of("store.commit.before:2 sleep 1.5")
    Failure(name='store.commit.before', nth=2, action='sleep', seconds=1.5, seen=0)

    Raises:
        FixConfigError: it cannot be read.
    """
    place, _, rest = text.strip().partition(" ")
    name, _, nth = place.partition(":")
    action, _, seconds = (rest.strip() or "kill").partition(" ")
    try:
        found = Failure(name=name, nth=int(nth or 1), action=action, seconds=float(seconds or 0))
    except ValueError as error:
        raise FixConfigError(
            f"{VARIABLE}: {text!r} cannot be read ({error}): write NAME[:N] [ACTION [SECONDS]]"
        ) from error
    if action not in ACTIONS or not name:
        raise FixConfigError(f"{VARIABLE}: {text!r} names no place or no action: actions are {', '.join(ACTIONS)}")
    return found


def arm(environ: Mapping[str, str]) -> None:
    """Fail where the environment says; nothing where it says nothing.

    Raises:
        FixConfigError: what it says cannot be read.
    """
    if text := environ.get(VARIABLE):
        failure = failure_of(text)
        listen(failure)
        atexit.register(_tell_unreached, failure)


def _tell_unreached(failure: Failure) -> None:
    """Say that nothing failed: a mistyped place is not to be taken for a proof."""
    if failure.seen < failure.nth:
        times = f"{failure.seen} of {failure.nth} times" if failure.seen else "not"
        sys.stderr.write(
            f"okrsync: warning: {VARIABLE}: {failure.name} was {times} reached, so nothing failed; "
            "docs/reliability.md lists the places\n"
        )

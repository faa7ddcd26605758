"""When to wait, how long, and when to give up: the budget, the gate before a busy vendor, and the one retry policy."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TypeVar

import tenacity

from connectors.port import Surroundings
from mapping.errors import TryAgainError

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds: full jitter draws from 0 to ``FIRST_WAIT`` doubled with every attempt, up to ``LONGEST_WAIT``."""
MOST_STRAIN, RELIEF = 6.0, 1 / 16
"""How often the pause after a "slow down" without a time doubles, and how much of a doubling one good answer undoes."""

EVERYWHERE = ""
"""The name of a window that is for all endpoints."""


class Trouble(StrEnum):
    """What went wrong with one attempt."""

    BUSY = "busy"
    """The vendor said slow down: only the budget ends this."""
    AWAY = "away"
    """5xx, a timeout, a body cut short."""
    UNREACHABLE = "unreachable"
    """No connection at all: an address is more often wrong than asleep."""


ATTEMPTS = {Trouble.BUSY: 60, Trouble.AWAY: 6, Trouble.UNREACHABLE: 3}


class AttemptFailedError(Exception):
    """One attempt failed in a way that may pass. Stays inside the client."""

    def __init__(self, trouble: Trouble, what: str, *, wait: float = 0.0) -> None:
        super().__init__(what)
        self.trouble = trouble
        self.wait = wait
        """The least to wait, in seconds, as the vendor asked."""


class Budget:
    """How long a run may still wait. Waits at the same time count once."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self.left = seconds
        self._monotonic = monotonic
        self._covered_until = monotonic()

    def allows(self, seconds: float) -> bool:
        """Return whether a wait beginning now is still within the budget."""
        return self._cost(seconds) <= self.left

    def spend(self, seconds: float) -> None:
        """Take a wait beginning now."""
        self.left = max(0.0, self.left - self._cost(seconds))
        self._covered_until = max(self._covered_until, self._monotonic() + seconds)

    def _cost(self, seconds: float) -> float:
        now = self._monotonic()
        return max(0.0, now + seconds - max(now, self._covered_until))


class Gate:
    """Lets requests through: so many at once, and none inside a window that the vendor has forbidden.

    A window is for everything, or for one endpoint alone. The number in flight is halved when the vendor says slow down
    and grows by one for every full round of good answers.
    """

    def __init__(self, surroundings: Surroundings, budget: Budget, who: str) -> None:
        self._most = max(1, surroundings.in_flight)
        self._around = surroundings
        self._budget = budget
        self._who = who
        self._until: dict[str, float] = {EVERYWHERE: 0.0}
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._slowed_at = float("-inf")
        self._strain = 0.0
        self._random = random.Random()  # noqa: S311 - spreads requests in time, guards nothing
        self.allowed = float(self._most)
        """How many requests may be in flight now."""

    @asynccontextmanager
    async def pass_through(self, endpoint: str = EVERYWHERE) -> AsyncIterator[None]:
        """Wait for the forbidden windows to end and for a place in flight.

        Who waits for the window of one endpoint takes no place from the others.

        Raises:
            TryAgainError: the window is longer than what is left of the budget.
        """
        slept_for = 0.0
        while True:
            slept_for = await self._window(endpoint, slept_for)
            await self._enter()
            if self._ends(endpoint) in (0.0, slept_for):
                break
            self._leave()  # somebody closed it while we waited for a place
        try:
            yield
        finally:
            self._leave()

    def close(self, seconds: float, endpoint: str = EVERYWHERE) -> None:
        """Let nobody through for so many seconds from now, or nobody to one endpoint."""
        until = self._around.monotonic() + seconds
        self._until[endpoint] = max(self._until.get(endpoint, 0.0), until)

    def refused(self, seconds: float, asked_at: float, endpoint: str = EVERYWHERE) -> None:
        """Take note of a "slow down": nobody goes through for a while, and fewer at once afterwards.

        Args:
            seconds: what the vendor asks for. Where it names no time the pause doubles with every refusal and shrinks
                with good answers, or a vendor that refuses every second request would be asked everything twice.
            asked_at: when the request began, by ``surroundings.monotonic``.
            endpoint: whom the window is for.
        """
        if not seconds and asked_at >= self._slowed_at:
            seconds = self._random.uniform(0.5, 1.0) * min(LONGEST_WAIT, FIRST_WAIT * 2.0**self._strain)
            self._strain = min(self._strain + 1, MOST_STRAIN)
        self.close(seconds, endpoint)
        self.slow_down(asked_at)

    def slow_down(self, asked_at: float) -> None:
        """Halve the number in flight, once for all the requests that were under way together.

        Args:
            asked_at: when the request began, by ``surroundings.monotonic``.
        """
        if asked_at >= self._slowed_at:
            self.allowed = max(1.0, self.allowed / 2)
            self._slowed_at = self._around.monotonic()

    def speed_up(self) -> None:
        """Take note of one good answer."""
        self.allowed = min(float(self._most), self.allowed + 1 / self.allowed)
        self._strain = max(0.0, self._strain - RELIEF)

    async def _enter(self) -> None:
        """Take a place in flight, first come first served."""
        if not self._waiting and self._inside < int(self.allowed):
            self._inside += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            elif not place.cancelled():  # it was given to us in the same moment
                self._leave()
            raise

    def _leave(self) -> None:
        """Give the place up; it goes straight to who has waited longest, so that nothing else comes in between."""
        self._inside -= 1
        while self._waiting and self._inside < int(self.allowed):
            place = self._waiting.popleft()
            if not place.cancelled():
                self._inside += 1
                place.set_result(None)

    def _ends(self, endpoint: str) -> float:
        """Return when the window that holds now ends; 0 when none holds."""
        until = max(self._until[EVERYWHERE], self._until.get(endpoint, 0.0))
        return until if until > self._around.monotonic() else 0.0

    async def _window(self, endpoint: str, slept_for: float) -> float:
        """Wait for the window to end, and return which one that was.

        A sleep may end a hair early; the same window is not waited for twice.
        """
        while (until := self._ends(endpoint)) not in (0.0, slept_for):
            left = until - self._around.monotonic()
            if not self._budget.allows(left):
                raise TryAgainError(over_budget(self._who, "is busy", left, self._budget.left))
            slept_for = until
            self._budget.spend(left)
            await self._around.sleep(left)
        return slept_for


class Retry:
    """The one retry policy: full jitter, the vendor's wait as the least, an end by attempts and by budget."""

    def __init__(self, surroundings: Surroundings, budget: Budget, who: str) -> None:
        self._around = surroundings
        self._budget = budget
        self._who = who
        self._random = random.Random()  # noqa: S311 - spreads requests in time, guards nothing

    async def __call__(self, attempt: Callable[[], Awaitable[T]], *, idempotent: bool) -> T:
        """Return what ``attempt`` gives, trying again after ``AttemptFailedError`` when that is safe.

        Raises:
            TryAgainError: it kept failing, or the wait would go beyond the budget.
        """
        policy = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: idempotent and isinstance(error, AttemptFailedError)),
            wait=self._wait,
            stop=self._stop,
            sleep=self._sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return await policy(attempt)
        except AttemptFailedError as error:
            raise TryAgainError(self._given_up(error, int(policy.statistics["attempt_number"]))) from error

    def _wait(self, state: tenacity.RetryCallState) -> float:
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(state.attempt_number - 1, 10))
        return max(_failure(state).wait, self._random.uniform(0.0, ceiling))

    def _stop(self, state: tenacity.RetryCallState) -> bool:
        trouble = _failure(state).trouble
        return state.attempt_number >= ATTEMPTS[trouble] or not self._budget.allows(state.upcoming_sleep)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        log.info("%s %s: trying again in %.1f s", self._who, _failure(state), state.upcoming_sleep)

    async def _sleep(self, seconds: float) -> None:
        self._budget.spend(seconds)
        await self._around.sleep(seconds)

    def _given_up(self, error: AttemptFailedError, attempts: int) -> str:
        if not self._budget.allows(error.wait):
            return over_budget(self._who, str(error), error.wait, self._budget.left)
        tries = "once" if attempts == 1 else f"{attempts} times"
        do = "check the address and the network" if error.trouble is Trouble.UNREACHABLE else "the next run tries again"
        return f"{self._who} {error} (tried {tries}): {do}"


def over_budget(who: str, what: str, asked: float, left: float) -> str:
    """Return the message for a wait that a run cannot afford."""
    return (
        f"{who} {what} and asks to wait {spoken(asked)}, but this run has {spoken(left)} left for waiting: "
        "the next run tries again"
    )


def spoken(seconds: float) -> str:
    """Return a number of seconds as people say it."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{whole} s ({whole / 60:.0f} min)" if whole < 7200 else f"{whole} s ({whole / 3600:.1f} h)"


def _failure(state: tenacity.RetryCallState) -> AttemptFailedError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, AttemptFailedError):
        raise TypeError(f"only failed attempts are tried again, this was {error!r}")
    return error

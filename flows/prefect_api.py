"""Asks a configured Prefect API whether it is there, and tells its failing from every other."""

from __future__ import annotations

from prefect.client.orchestration import get_client

from mapping.errors import OkrsyncError, TryAgainError

THEIRS = frozenset({"httpx", "prefect"})
"""Whose errors are trouble with the API: those of connectors' requests become okrsync's own where they arise."""


async def require_api(url: str, *, instead: str = "") -> None:
    """Return when the Prefect API answers.

    Args:
        url: its address, for people; Prefect itself has it from its settings.
        instead: what else may be done than to start it.

    Raises:
        TryAgainError: it does not answer, or something else answers at that address.
    """
    async with get_client() as client:
        error = await client.api_healthcheck()
    if error is not None:
        said = str(error).split(" for url")[0] or type(error).__name__
        raise TryAgainError(
            f"no Prefect API answers at {url} ({said}): start it, or correct PREFECT_API_URL, "
            f"which ends in /api{instead}"
        ) from error


def trouble_of(url: str | None, error: Exception) -> str | None:
    """Return in a few words how Prefect's API failed, None where the error comes from elsewhere.

    Args:
        url: its address, None for the server that Prefect starts for one run.
        error: what came out of a flow, or of a request to the API.
    """
    if isinstance(error, OkrsyncError):
        return None
    first: BaseException = error
    while type(first).__module__.partition(".")[0] not in THEIRS:
        if first.__cause__ is None:
            return None
        first = first.__cause__
    said = str(first).splitlines()[0].split(" for url")[0] if str(first) else type(first).__name__
    return f"the Prefect API{f' at {url}' if url else ''} failed ({said})"

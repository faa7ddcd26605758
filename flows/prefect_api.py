"""Asks a configured Prefect API whether it is there, before a sync or a deployment rests on it."""

from __future__ import annotations

from prefect.client.orchestration import get_client

from mapping.errors import TryAgainError


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

"""How long a vendor waits for an answer, and what is said when there is none."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from shared.delivery.failures import is_infrastructure
from shared.web.problems import unavailable

T = TypeVar("T")
PATIENCE = 12.0
"""Seconds until a vendor is told to ask again; what came of it is then not known, and nothing is claimed."""


async def patiently(answer: Awaitable[T]) -> T:
    """The answer. Raises a `Problem`, 503, where it takes too long or a server is away."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except Exception as error:
        if not is_infrastructure(error):
            raise
        raise unavailable() from error

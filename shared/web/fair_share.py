"""How much of a service one client may take: so many requests a second, counted by who signed in."""

import math
import time

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from shared.web.problems import unavailable

WINDOW_SECONDS = 10
"""A platform sends in gusts: what counts is the mean of so long."""


class FairShare:
    """Puts off whoever asks for more than its share, so that others do not wait behind it. Counted by each process."""

    def __init__(self, per_second: int) -> None:
        self._limit = RateLimitItemPerSecond(per_second * WINDOW_SECONDS, WINDOW_SECONDS)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, issuer: str, subject: str) -> None:
        """Count one request. Raises a `Problem` where it is one too many.

        503 and not 429: every client that was built by our documents sends the very same again after it.
        """
        if not await self._limiter.hit(self._limit, issuer, subject):
            resets_at = (await self._limiter.get_window_stats(self._limit, issuer, subject)).reset_time
            raise unavailable(max(1, math.ceil(resets_at - time.time())))

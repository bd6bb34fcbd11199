"""Disjoncteur: a provider that is away, or asks us to wait, is left in peace for a while; its notices wait unharmed."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

FAILURES = 5
"""So many in a row open the circuit: one alone may be bad luck."""
BUSY, BROKEN = (429, 503), 500
FIRST_REST, LONGEST_REST = 5.0, 120.0
"""Seconds: twice as long each time that the one notice which tries it fails again."""


class Circuit:
    """Whether a provider may be asked now, and for how many notices at once (circuit breaker: Nygard, Release It!)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._rests = 0
        self._until = 0.0
        self._tried_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the provider is left in peace, or only one notice may try it."""
        return self._until > 0

    def room(self, most: int) -> int:
        """How many may be with the provider at once: all, none while it rests, one to try whether it is back."""
        if not self.is_open:
            return most
        return 0 if self._clock() < self._until else 1

    def lets_try(self) -> bool:
        """Whether one more may be with the provider now; of several that would try whether it is back, the first."""
        if not self.is_open:
            return True
        now = self._clock()
        if now < max(self._until, self._tried_until):
            return False
        self._tried_until = now + LONGEST_REST
        return True

    def answered(self, status: int, retry_after: float | None) -> None:
        """It has answered with this status (RFC 9110): that it is busy or broken, or about one message."""
        if status in BUSY:
            self.failed(retry_after or 0.0)
        elif status >= BROKEN:
            self.failed()
        else:
            self.took()

    def took(self) -> None:
        """The provider has answered as it should."""
        self._failures, self._rests, self._until, self._tried_until = 0, 0, 0.0, 0.0

    def failed(self, wait: float | None = None) -> None:
        """It could not be reached, or said that it can't serve anybody now; `wait`: and for how many seconds."""
        if self.is_open and self._clock() < self._until and not wait:
            return
        self._tried_until = 0.0
        self._failures += 1
        if wait is None and self._failures < FAILURES and not self.is_open:
            return
        rest = min(FIRST_REST * 2**self._rests, LONGEST_REST)
        self._rests += 1
        self._until = self._clock() + min(max(wait or 0.0, rest), LONGEST_REST)


class Circuits:
    """A circuit for each provider of a channel that has many: one that is away says nothing of the others."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_origin: dict[tuple[str, str], Circuit] = {}

    def of(self, url: str) -> Circuit:
        """The circuit of whoever answers at this address."""
        parts = urlsplit(url)
        return self._by_origin.setdefault((parts.scheme, parts.netloc), Circuit(self._clock))

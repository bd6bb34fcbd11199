"""Codes d'accès: how often a partner without an account may ask for one, and how often it may guess."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime

LIVES, AN_HOUR = timedelta(minutes=10), timedelta(hours=1)
MOST_CODES, MOST_TRIES = 5, 5


class TooOften(Exception):
    """As many codes as may be were sent within the last hour: the next one can be asked for later."""


class Access(Block):
    """What was asked and tried with the links of one referral. `counter` is that of its last code; `tries` are wrong.

    A code that was used or tried too often is worth nothing: another one must be asked for.
    """

    id: UUID
    counter: int = 0
    issued_at: tuple[UtcTime, ...] = ()
    tries: int = 0

    def issued(self, at: datetime) -> Self:
        """Another code is sent; the one before is worth nothing any more. Raises `TooOften`."""
        lately = tuple(each for each in self.issued_at if at - each < AN_HOUR)
        if len(lately) >= MOST_CODES:
            raise TooOften
        return self.model_copy(update={"counter": self.counter + 1, "issued_at": (*lately, at), "tries": 0})

    def can_try(self, at: datetime) -> bool:
        """Whether a code that is given now is looked at."""
        return bool(self.issued_at) and at - self.issued_at[-1] < LIVES and self.tries < MOST_TRIES

    def failed(self) -> Self:
        """A wrong code was given."""
        return self.model_copy(update={"tries": self.tries + 1})

    def used(self) -> Self:
        """The right code was given: it opens once."""
        return self.model_copy(update={"tries": MOST_TRIES})

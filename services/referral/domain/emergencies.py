"""Accès d'urgence: who may give herself access to a case of elsewhere, how often, and how recently she signed in."""

from datetime import datetime, timedelta
from typing import NamedTuple, Self

from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime

OPEN_FOR, A_DAY = timedelta(hours=3), timedelta(hours=24)


class NoPost(Exception):
    """Whoever asks fills no post today, by the roster."""


class TooManyEmergencies(Exception):
    """As many emergency accesses as may be were taken within 24 hours."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(self.__doc__)
        self.wait = wait


class SignInTooOld(Exception):
    """Whoever asks has signed in too long ago for an emergency access."""

    def __init__(self, within: timedelta) -> None:
        super().__init__(self.__doc__)
        self.within = within


class EmergencyTerms(NamedTuple):
    """How many emergency accesses an ISCG may take in 24 hours, and within what time of her sign-in."""

    most: int = 3
    sign_in_within: timedelta = timedelta(minutes=15)

    def check_sign_in(self, signed_in_at: datetime | None, at: datetime) -> None:
        """Raise `SignInTooOld` where the issuer tells when she signed in, and it is too long ago."""
        if signed_in_at is not None and at - signed_in_at > self.sign_in_within:
            raise SignInTooOld(self.sign_in_within)


class Emergencies(Block):
    """When an ISCG has taken emergency accesses in the last 24 hours."""

    taken_at: tuple[UtcTime, ...] = ()

    def taken(self, at: datetime, most: int) -> Self:
        """One more is taken. Raises `TooManyEmergencies`."""
        lately = tuple(each for each in self.taken_at if at - each < A_DAY)
        if len(lately) >= most:
            raise TooManyEmergencies(lately[-most] + A_DAY - at)
        return self.model_copy(update={"taken_at": (*lately, at)})

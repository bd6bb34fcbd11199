"""Orientations: what may happen to a referral, from its sending to its end, in one table as for cases.

The states are those of the trade, after FHIR BSeR's business statuses.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.referral.domain.states import ForbiddenStep
from shared.contracts.fields import Block
from shared.contracts.forms import Day, OpaqueCode, UtcTime
from shared.contracts.vocabulary import LegalGround, PartnerAnswer
from shared.contracts.vocabulary.code import Code


class ReferralState(Code):
    """État de l'orientation."""

    SENT = "sent", "Envoyée"
    SEEN = "seen", "Vue"
    SCHEDULED = "scheduled", "Rendez-vous fixé"
    ACCEPTED = "accepted", "Acceptée"
    COMPLETED = "completed", "Réalisée"
    REFUSED = "refused", "Refusée"
    NO_SHOW = "no-show", "Personne non venue"
    CANCELLED = "cancelled", "Annulée"
    EXPIRED = "expired", "Sans réponse dans le délai"


_S, _A = ReferralState, PartnerAnswer
_TAKEN = {_A.SCHEDULED: _S.SCHEDULED, _A.ACCEPTED: _S.ACCEPTED}
_DONE = {_A.COMPLETED: _S.COMPLETED, _A.NO_SHOW: _S.NO_SHOW}
_REFUSED = {_A.REFUSED: _S.REFUSED}

ANSWERS: Mapping[ReferralState, Mapping[PartnerAnswer, ReferralState]] = MappingProxyType(
    {
        _S.SENT: {_A.SEEN: _S.SEEN, **_TAKEN, **_REFUSED},
        _S.SEEN: {_A.SEEN: _S.SEEN, **_TAKEN, **_REFUSED},
        _S.ACCEPTED: {_A.SCHEDULED: _S.SCHEDULED, **_DONE, **_REFUSED},
        _S.SCHEDULED: {_A.SCHEDULED: _S.SCHEDULED, **_DONE, **_REFUSED},
        **dict.fromkeys((_S.COMPLETED, _S.REFUSED, _S.NO_SHOW, _S.CANCELLED, _S.EXPIRED), MappingProxyType({})),
    }
)
"""What a partner may answer in each state, and the state that follows."""

OPEN = frozenset(state for state, answers in ANSWERS.items() if answers)
"""Something is still awaited."""
UNANSWERED = frozenset({ReferralState.SENT, ReferralState.SEEN})


class Referral(Block):
    """Orientation to one partner. Its partner's type stands in no event in clear.

    `link` tells which of its links leads to it, of those that a partner without an account gets.
    `ground` is the legal ground on which the partner was told without her consent; without one it rests on her consent.
    """

    id: UUID
    partner_id: OpaqueCode | None = None
    ground: LegalGround | None = None
    answer_by: UtcTime
    state: ReferralState = ReferralState.SENT
    appointment_on: Day | None = None
    link: int = 1

    @property
    def is_open(self) -> bool:
        """Whether something is still awaited of it."""
        return self.state in OPEN

    def answered(self, answer: PartnerAnswer, appointment_on: date | None = None) -> Self:
        """Its partner has answered; an appointment that was made stays known. Raises `ForbiddenStep`."""
        appointment = {"appointment_on": appointment_on or self.appointment_on}
        try:
            return self.model_copy(update={"state": ANSWERS[self.state][answer], **appointment})
        except KeyError:
            raise ForbiddenStep from None

    def relinked(self) -> Self:
        """Its links so far lead nowhere any more. Raises `ForbiddenStep` where nothing is awaited of it."""
        if not self.is_open:
            raise ForbiddenStep
        return self.model_copy(update={"link": self.link + 1})

    def cancelled(self) -> Self:
        """It is taken back. Raises `ForbiddenStep` where nothing was awaited any more."""
        if not self.is_open:
            raise ForbiddenStep
        return self.model_copy(update={"state": ReferralState.CANCELLED})

    def expired(self) -> Self:
        """Its partner has not answered in time."""
        return self.model_copy(update={"state": ReferralState.EXPIRED})

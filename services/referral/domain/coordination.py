"""Coordination: who owns what nobody can take, and where a case goes when nobody in its département can."""

from uuid import UUID

from services.referral.domain.reachable import Reachable
from services.referral.domain.terms import TermsHere
from shared.contracts.blocks import Recipient
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, OpaqueCode, Several
from shared.contracts.vocabulary import RecipientRole, Urgency


class OnCall(Reachable):
    """Astreinte: who answers at any hour."""

    id: OpaqueCode


class Owner(Reachable):
    """Somebody who owns what nobody else can take: coordinator or national fallback."""

    id: OpaqueCode
    authid: UUID
    on_call: OnCall | None = None

    def told_as_owner(self) -> Recipient:
        """How a notice names whoever owns it in office hours."""
        return self.told_as(self.id, RecipientRole.COORDINATOR)

    def told(self, urgency: Urgency) -> tuple[Recipient, ...]:
        """Whom to tell that a case has no taker: first the on-call contact where it can't wait for office hours."""
        owner = self.told_as_owner()
        if self.on_call is None or urgency is Urgency.STANDARD:
            return (owner,)
        return (self.on_call.told_as(self.on_call.id, RecipientRole.ON_CALL), owner)


class Coordinator(Owner):
    """Référent départemental: owns every case of a département that nobody else can take."""

    departement: Departement


class Fallback(Owner):
    """Permanence nationale: owns what no coordinator has placed."""


class Territory(Block):
    """Département as its coordinator has set it up: which neighbours help out, and which deadlines are its own."""

    departement: Departement
    neighbours: Several[Departement] = ()
    terms: TermsHere = TermsHere()

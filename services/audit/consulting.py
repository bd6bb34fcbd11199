"""An auditor's look into the log: why she looks stands there before anything is shown."""

from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.audit.domain.searching import Filter, Order, Page, Turn
from services.audit.store.consultations import CONSULTATIONS, Consultation, NoConsultation
from services.audit.store.entries import Entries, Standing
from shared.contracts.events import LogConsulted
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key
from shared.delivery.unit import Work
from shared.vault import Plain

T = TypeVar("T")


class Look(NamedTuple):
    """Who looks, and under which consultation."""

    consultation_id: UUID
    by: UUID


class Consulting:
    """Answers auditors, and never before it is saved that they asked."""

    def __init__(self, delivery: Delivery, entries: Entries, origin: str) -> None:
        self._delivery = delivery
        self._entries = entries
        self.origin = origin

    async def open(self, purpose: Purpose, justification: str, by: UUID) -> Consultation:
        """Take down why somebody looks. Nothing is shown by it."""
        cause = new_cause(self._delivery, by=by)
        words = Plain("access", str(cause.at.year), justification.encode())
        [sealed] = await self._delivery.vault.seal_many([words])
        consultation = Consultation(
            id=cause.id, by=by, purpose=purpose, opened_at=cause.at, justification=b64encode(sealed).decode()
        )
        await self._delivery.perform(cause, lambda work: work.put(CONSULTATIONS, cause.id, consultation))
        return consultation

    async def search(self, look: Look, filter_: Filter, order: Order, turn: Turn | None, most: int) -> Page:
        """A page of lines. Raises `NoConsultation` unless the looker has said why, not too long ago."""
        page = await self._entries.page(filter_, order, turn, most)
        await self.record(look, filter_, len(page.lines), lambda _work, _consultation: None)
        return page

    async def note(self, look: Look, first: int, count: int) -> None:
        """Save that these lines, from the first on, are about to be shown. Raises `NoConsultation`."""
        await self.record(
            look, Filter(from_index=first, to_index=first + count), count, lambda _work, _consultation: None
        )

    async def record(self, look: Look, filter_: Filter, count: int, then: Callable[[Work, Consultation], T]) -> T:
        """Save that these lines are about to be shown, and what else goes with it. Raises `NoConsultation`."""

        def say(work: Work) -> T:
            consultation = work.get(CONSULTATIONS, look.consultation_id)
            if consultation is None:
                raise NoConsultation
            consultation.check_open(look.by, work.cause.at)
            consulted = LogConsulted(
                purpose=consultation.purpose,
                consultation_id=consultation.id,
                filter_digest=filter_.digest,
                count=count,
            )
            work.say(consulted, self.origin, correlation=filter_.case)
            return then(work, consultation)

        needs: list[Key] = [(CONSULTATIONS, str(look.consultation_id))]
        return await self._delivery.perform(new_cause(self._delivery, by=look.by), say, needs)

    async def standing(self, size: int) -> Standing:
        """What whoever reads a log of this size must know of it."""
        return await self._entries.standing(size)

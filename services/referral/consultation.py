"""Consultation: an ISCG looks at whom her case is about. It is on the log before she sees anything."""

from base64 import b64decode, b64encode
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

import orjson

from services.referral.acts.consulting import break_glass, note_opening, opened_case
from services.referral.causes import new_cause
from services.referral.domain.case import Dossier
from services.referral.store import CASES, DOSSIERS, Opening
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import Cause
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.vault import Look, Openings, Plain, Sealed

Part = Literal["contact", "file"]


class Consultations:
    """Opens parts of a dossier for the ISCG who holds the case."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._openings = Openings(delivery.vault)

    async def open(
        self, case_id: UUID, by: UUID, purpose: Purpose, justification: str, parts: tuple[Part, ...]
    ) -> tuple[UUID, dict[str, object]]:
        """The id of this opening, and each part as the station sent it.

        Raises `NoSuchCase` unless she holds the case, and `Erased` where nothing is left to open.
        """
        cause = new_cause(self._delivery, case_id, by)
        dossier = await self._dossier(case_id, cause, by)

        async def record(look: Look) -> None:
            opening = await self._opening(case_id, cause, by, purpose, justification)
            shown = [compartment for compartment, _ in look.at]
            await self._delivery.perform(cause, partial(note_opening, opening, shown), [(CASES, str(case_id))])

        blocks = _blocks(case_id, dossier, parts)
        opened = await self._openings.open(list(blocks.values()), by=by, why=purpose, record=record)
        return cause.id, {part: _read(block) for part, block in zip(blocks, opened, strict=True)}

    async def break_glass(self, case_id: UUID, by: UUID, justification: str) -> tuple[UUID, datetime]:
        """Give somebody who neither holds nor covers a case three hours to look; its holder is told.

        The id under which her words are kept, and until when. Raises `NoSuchCase`, `ForbiddenStep`.
        """
        cause = new_cause(self._delivery, case_id, by)
        opening = await self._opening(case_id, cause, by, Purpose.BREAK_GLASS, justification)
        until = await self._delivery.perform(cause, partial(break_glass, opening), [(CASES, str(case_id))])
        return cause.id, until

    async def _dossier(self, case_id: UUID, cause: Cause, by: UUID) -> Dossier:
        def look(work: Work) -> Dossier:
            opened_case(case_id, by, work)
            return work.get(DOSSIERS, case_id) or Dossier()

        return await self._delivery.perform(cause, look, [(CASES, str(case_id)), (DOSSIERS, str(case_id))])

    async def _opening(self, case_id: UUID, cause: Cause, by: UUID, purpose: Purpose, why: str) -> Opening:
        """Her words are sealed under the year, for an inspector."""
        [sealed] = await self._delivery.vault.seal_many([Plain("access", str(cause.at.year), why.encode())])
        words = b64encode(sealed).decode()
        return Opening(id=cause.id, case_id=case_id, by=by, purpose=purpose, opened_at=cause.at, justification=words)


def _blocks(case_id: UUID, dossier: Dossier, parts: tuple[Part, ...]) -> dict[Part, Sealed]:
    kept = {part: getattr(dossier, part) for part in parts}
    return {part: Sealed(part, str(case_id), b64decode(text)) for part, text in kept.items() if text}


def _read(block: bytes | Exception) -> object:
    if isinstance(block, Exception):
        raise block
    return orjson.loads(block)

"""Consultation: somebody looks at whom a case is about. It is on the log before anything is seen."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple
from uuid import UUID

import orjson

from services.referral.acts.consulting import (
    FindCase,
    break_glass,
    emergency_case,
    lasts_until,
    note_opening,
    opened_case,
)
from services.referral.acts.inspecting import ask_inspection, granted_inspection, inspected_case
from services.referral.domain.conflicts import Conflict, conflicts
from services.referral.domain.dossier import Dossier
from services.referral.domain.emergencies import EmergencyTerms
from services.referral.domain.inspections import Inspection
from services.referral.store import (
    CASES,
    DOSSIERS,
    EMERGENCIES,
    INSPECTIONS,
    Opening,
    around_case,
    known_case,
)
from services.referral.views import POSTS_OF
from shared.contracts.blocks import Needs
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import Cause, new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import Key
from shared.delivery.unit import Work
from shared.vault import Look, Openings, Plain, Sealed

Part = Literal["contact", "file"]


NOTED: Mapping[Part, tuple[str, ...]] = {"file": ("consent", "assessment")}


class Consulted(NamedTuple):
    """What an ISCG gets to see, the id of this opening and until when it is good; where the station says otherwise."""

    opening_id: UUID
    until: datetime
    parts: Mapping[str, object]
    conflicts: tuple[Conflict, ...]


class Consultations:
    """Opens parts of a dossier for the ISCG who holds the case, and by two for whoever inspects."""

    def __init__(self, delivery: Delivery, emergency: EmergencyTerms) -> None:
        self._delivery = delivery
        self._emergency = emergency
        self._openings = Openings(delivery.vault)

    async def open(
        self, case_id: UUID, by: UUID, purpose: Purpose, justification: str, parts: tuple[Part, ...]
    ) -> Consulted:
        """Each part as the station sent it, and with the file what its ISCG has noted since.

        `purpose` counts where it is one of the right's that is used.
        Raises `NoSuchCase` unless she holds the case, and `Erased` where nothing is left to open.
        """
        cause, find = new_cause(self._delivery, case_id, by), partial(opened_case, case_id, by)
        await self._delivery.perform(cause, find, around_case(case_id))
        opening = await self._opening(case_id, cause, by, purpose, justification)
        return await self._show(cause, opening, find, parts)

    async def ask_inspection(self, case_id: UUID, by: UUID, justification: str) -> UUID:
        """Ask to see who a case is about; a second person must grant it. Raises `NoSuchCase`."""
        cause = new_cause(self._delivery, case_id, by)
        await self._delivery.perform(cause, partial(known_case, case_id), [(CASES, str(case_id))])
        words = await self._words(cause, justification)
        asked = Inspection(id=cause.id, case_id=case_id, asked_by=by, asked_at=cause.at, justification=words)
        return await self._delivery.perform(cause, partial(ask_inspection, asked), [(CASES, str(case_id))])

    async def inspect(self, inspection_id: UUID, by: UUID) -> Consulted:
        """Who a case is about, for whoever asked and was granted it. Raises `NoSuchInspection`, `Erased`."""
        cause = new_cause(self._delivery, inspection_id, by)
        find = partial(granted_inspection, inspection_id, by)
        asked = await self._delivery.perform(cause, find, [(INSPECTIONS, str(inspection_id))])
        cause = new_cause(self._delivery, asked.case_id, by)
        opening = Opening(
            id=cause.id,
            case_id=asked.case_id,
            by=by,
            purpose=Purpose.INSPECTION,
            opened_at=cause.at,
            justification=asked.justification,
        )
        return await self._show(cause, opening, partial(inspected_case, inspection_id, by), ("contact",))

    async def break_glass(
        self, case_id: UUID, by: UUID, justification: str, signed_in_at: datetime | None
    ) -> tuple[UUID, datetime]:
        """Give an ISCG who neither holds nor covers a case three hours to look; its holder is told.

        `signed_in_at` is what the issuer tells, if it does. The id under which her words are kept, and until when.
        Raises `SignInTooOld`, `NoPost`, `NoSuchCase`, `ForbiddenStep`, `TooManyEmergencies`.
        """
        cause = new_cause(self._delivery, case_id, by)
        self._emergency.check_sign_in(signed_in_at, cause.at)
        needs: list[Key] = [*around_case(case_id), (EMERGENCIES, str(by)), (POSTS_OF, str(by))]
        await self._delivery.perform(cause, partial(emergency_case, case_id, by), needs)
        opening = await self._opening(case_id, cause, by, Purpose.BREAK_GLASS, justification)
        until = await self._delivery.perform(cause, partial(break_glass, opening, self._emergency.most), needs)
        return cause.id, until

    async def _show(self, cause: Cause, opening: Opening, find: FindCase, parts: tuple[Part, ...]) -> Consulted:
        """Open for whoever may look, after that stands on the log."""
        case_id = opening.case_id
        dossier = await self._dossier(case_id, cause, find)

        async def record(look: Look) -> None:
            shown = [compartment for compartment, _ in look.at]
            await self._delivery.perform(cause, partial(note_opening, opening, find, shown), around_case(case_id))

        blocks = _blocks(case_id, dossier, parts)
        opened = await self._openings.open(list(blocks.values()), by=opening.by, why=opening.purpose, record=record)
        shown = {name: _read(block) for name, block in zip(blocks, opened, strict=True)}
        return Consulted(cause.id, lasts_until(cause.at), shown, _conflicts(dossier, shown))

    async def _dossier(self, case_id: UUID, cause: Cause, find: FindCase) -> Dossier:
        def look(work: Work) -> Dossier:
            find(work)
            return work.get(DOSSIERS, case_id) or Dossier()

        return await self._delivery.perform(cause, look, [(CASES, str(case_id)), (DOSSIERS, str(case_id))])

    async def _opening(self, case_id: UUID, cause: Cause, by: UUID, purpose: Purpose, why: str) -> Opening:
        words = await self._words(cause, why)
        return Opening(id=cause.id, case_id=case_id, by=by, purpose=purpose, opened_at=cause.at, justification=words)

    async def _words(self, cause: Cause, why: str) -> str:
        """The words of a reason are sealed under the year, for an inspector."""
        [sealed] = await self._delivery.vault.seal_many([Plain("access", str(cause.at.year), why.encode())])
        return b64encode(sealed).decode()


def _blocks(case_id: UUID, dossier: Dossier, parts: tuple[Part, ...]) -> dict[str, Sealed]:
    """What is to be opened, by its name; with the file whatever its ISCG has noted since."""
    names = [name for part in parts for name in (part, *NOTED.get(part, ()))]
    kept = {name: getattr(dossier, name) for name in names}
    sealed = {name: b64decode(text) for name, text in kept.items() if text}
    return {name: Sealed("contact" if name == "contact" else "file", str(case_id), sealed[name]) for name in sealed}


def _read(block: bytes | Exception) -> object:
    if isinstance(block, Exception):
        raise block
    return orjson.loads(block)


def _conflicts(dossier: Dossier, shown: Mapping[str, object]) -> tuple[Conflict, ...]:
    """Where the station says otherwise since she noted what she knows."""
    if not dossier.may_conflict or "file" not in shown:
        return ()
    consent = Consent.model_validate(shown["consent"]) if "consent" in shown else None
    needs = Needs.model_validate(shown["assessment"]).needs if "assessment" in shown else None
    return conflicts(CaseFile.model_validate(shown["file"]), consent, needs)

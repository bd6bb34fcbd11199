"""Opens what is known of a person, where a rule must know of it: to place a case again, to refer, to close."""

from base64 import b64decode, b64encode
from typing import NamedTuple
from uuid import UUID

from services.referral.domain.consent import with_consent
from services.referral.domain.dossier import Dossier
from services.referral.domain.states import CaseState
from services.referral.store import CASES, DOSSIERS
from shared.contracts.blocks import Needs
from shared.contracts.fields import Block
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile, Contact
from shared.contracts.vocabulary import Need
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import load
from shared.vault import Erased, Plain, Sealed


class Known(NamedTuple):
    """What is known of a person, and the version of the dossier that was read: what is decided on it must check it.

    `needs` are those that her ISCG has found, if she has assessed them.
    """

    file: CaseFile | None
    version: int
    needs: tuple[Need, ...] | None = None


async def read_known(delivery: Delivery, case_id: UUID) -> Known:
    """What the station has told of a person, and what she herself has agreed to since; nothing once she is erased.

    A machine's use: the event of its effect records it.
    """
    dossier, version = await _dossier(delivery, case_id)
    if dossier.file is None:
        return Known(None, version)
    try:
        file = CaseFile.model_validate_json(await _opened(delivery, case_id, dossier.file))
        consent = await _opened(delivery, case_id, dossier.consent) if dossier.consent else None
        found = await _opened(delivery, case_id, dossier.assessment) if dossier.assessment else None
    except Erased:
        return Known(None, version)
    file = with_consent(file, Consent.model_validate_json(consent) if consent else None)
    return Known(file, version, Needs.model_validate_json(found).needs if found else None)


async def read_file(delivery: Delivery, case_id: UUID) -> CaseFile | None:
    """The same, for a rule that only looks."""
    return (await read_known(delivery, case_id)).file


async def read_all_files(delivery: Delivery, case_id: UUID) -> list[CaseFile | None]:
    """The file of a case, and those of its duplicates."""
    cases, linked_to = delivery.database[CASES.name], {"linked_to": True}
    case = await cases.find_one({"_id": str(case_id)}, linked_to) or {}
    which = {"_id": {"$in": case.get("linked_to", [])}, "merge.into": str(case_id), "state": CaseState.MERGED}
    duplicates = [UUID(row["_id"]) async for row in cases.find(which, {"_id": True})]
    return [await read_file(delivery, each) for each in (case_id, *duplicates)]


async def read_contact(delivery: Delivery, case_id: UUID) -> Contact:
    """Who the person is and how to reach her, for whom it is about to be shown to; nothing once she is erased."""
    dossier, _ = await _dossier(delivery, case_id)
    if dossier.contact is None:
        return Contact()
    sealed = Sealed("contact", str(case_id), b64decode(dossier.contact))
    try:
        return Contact.model_validate_json(await delivery.vault.open(sealed))
    except Erased:
        return Contact()


async def seal(delivery: Delivery, case_id: UUID, told: Block) -> str:
    """What an ISCG was told, or has found, as the dossier keeps it. Raises `Erased`."""
    [sealed] = await delivery.vault.seal_many([Plain("file", str(case_id), told.model_dump_json().encode())])
    return b64encode(sealed).decode()


async def _dossier(delivery: Delivery, case_id: UUID) -> tuple[Dossier, int]:
    """The dossier as it stands, empty where there is none, and its version."""
    key = (DOSSIERS, str(case_id))
    tracked = (await load(delivery.database, [key]))[key]
    dossier: Dossier | None = tracked.state
    return dossier or Dossier(), tracked.version


async def _opened(delivery: Delivery, case_id: UUID, sealed: str) -> bytes:
    return await delivery.vault.open(Sealed("file", str(case_id), b64decode(sealed)))

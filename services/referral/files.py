"""Opens what a station has told of a person, where a rule must know of it: to place a case again, or to close it."""

from base64 import b64decode
from uuid import UUID

from services.referral.store import DOSSIERS
from shared.contracts.report import CaseFile
from shared.delivery.delivery import Delivery
from shared.delivery.shelf import load
from shared.vault import Erased, Sealed


async def read_file(delivery: Delivery, case_id: UUID) -> CaseFile | None:
    """The file of a case; nothing where there is none, or none any more.

    A machine's use: the event of its effect records it.
    """
    key = (DOSSIERS, str(case_id))
    dossier = (await load(delivery.database, [key]))[key].state
    if dossier is None or dossier.file is None:
        return None
    sealed = Sealed("file", str(case_id), b64decode(dossier.file))
    try:
        return CaseFile.model_validate_json(await delivery.vault.open(sealed))
    except Erased:
        return None

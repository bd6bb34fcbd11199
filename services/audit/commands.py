"""What the `relais` command does with audit: make its database, tell auditors how to check, look for a type of line."""

from collections.abc import Callable
from uuid import UUID

from services.audit.checking import check_log
from services.audit.migrations import MIGRATIONS
from services.audit.settings import AuditSettings
from services.audit.store.entries import Entries
from shared.contracts.events import CaseErased
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named
from shared.settings import ServerSettings

ERASED = CaseErased.type


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "audit")], MIGRATIONS)


async def erased_cases(settings: ServerSettings) -> list[UUID]:
    """The cases that the log says are erased, in the order in which they were."""
    async with connect(settings, "relais-doctor") as client:
        return [UUID(id_) async for id_ in Entries(client[named(settings, "audit")]).subjects_of(ERASED)]


async def check(settings: ServerSettings, told: Callable[[int, int], None]) -> tuple[int, list[str]]:
    """How many lines were looked at, and what is wrong with them or with what they are found by."""
    async with connect(settings, "relais-audit") as client:
        return await check_log(client[named(settings, "audit")], told)


def verifier_key(settings: AuditSettings) -> str:
    """What auditors must know, from somebody they trust, to check the log: its name and public key, in one line."""
    return settings.signer().verifier.vkey

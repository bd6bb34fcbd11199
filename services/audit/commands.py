"""What the `relais` command does with audit: make its database, tell auditors how to check."""

from services.audit.migrations import MIGRATIONS
from services.audit.settings import AuditSettings
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named
from shared.settings import ServerSettings


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "audit")], MIGRATIONS)


def verifier_key(settings: AuditSettings) -> str:
    """What auditors must know, from somebody they trust, to check the log: its name and public key, in one line."""
    return settings.signer().verifier.vkey

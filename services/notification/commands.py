"""What the `relais` command does with notification: make its database."""

from services.notification.migrations import MIGRATIONS
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named
from shared.settings import ServerSettings


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "notification")], MIGRATIONS)

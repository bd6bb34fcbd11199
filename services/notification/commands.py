"""What the `relais` command does with notification: make its database, tell a partner's webhook secrets."""

from services.notification.bounces import UnreadableBounce
from services.notification.bounces import bounce_in as bounced_notice
from services.notification.migrations import MIGRATIONS
from services.notification.previewing import Preview, previews
from services.notification.settings import NotificationSettings
from services.notification.webhooks import secret_of
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named
from shared.secret_settings import newest_first
from shared.settings import ServerSettings

__all__ = [
    "Preview",
    "UnreadableBounce",
    "bounced_notice",
    "migrate_database",
    "previews",
    "push_key",
    "webhook_secrets",
]


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "notification")], MIGRATIONS)


def push_key(settings: NotificationSettings) -> str | None:
    """The public key with which browsers subscribe to Web Push; none where nobody is told so."""
    vapid = settings.vapid()
    return vapid.public_key if vapid else None


def webhook_secrets(settings: NotificationSettings, partner_id: str) -> list[str]:
    """With which secrets a partner's software verifies our messages: the newest first; none where we have none."""
    return [secret_of(each, partner_id) for each in newest_first(settings.webhook_secrets)]

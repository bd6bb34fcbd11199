"""What the `relais` command does with notification: make its database, tell a partner's webhook secrets."""

from typing import NamedTuple
from uuid import UUID

from services.notification.bounces import bounce_in
from services.notification.domain.templates import ALL, LANGUAGES, Template
from services.notification.migrations import MIGRATIONS
from services.notification.settings import NotificationSettings
from services.notification.webhooks import secret_of
from services.notification.wording import as_page, render
from shared.contracts.vocabulary import Urgency
from shared.delivery.migrations import migrate
from shared.delivery.opening import connect, named
from shared.settings import ServerSettings

SAMPLE = {
    "reference": "7K3Q-M9TX",
    "link": "https://relais.example/v1/cases/3f2c1b4e-0000-8000-8000-000000000000",
    "code": "48151623",
    "count": "12",
}


async def migrate_database(settings: ServerSettings) -> list[str]:
    """Make collections, indexes and validators; nothing where they are made. Returns what was applied."""
    async with connect(settings, "relais-migrate") as client:
        return await migrate(client[named(settings, "notification")], MIGRATIONS)


class Preview(NamedTuple):
    """A template as its reader would see it, in one language."""

    name: str
    version: int
    language: str
    subject: str
    body: str
    page: str


def previews(name: str | None = None, language: str | None = None) -> list[Preview]:
    """Every text, or those of one template, filled in with an invented case."""
    wanted = [each for each in ALL if name in (None, each.name)]
    return [_preview(each, spoken) for each in wanted for spoken in LANGUAGES if language in (None, spoken)]


def _preview(template: Template, language: str) -> Preview:
    words = render(template, language, SAMPLE, Urgency.URGENT)
    return Preview(*(template.name, template.version, language), words.subject, words.body, as_page(words, language))


def bounced_notice(message: bytes) -> tuple[UUID, str | None] | None:
    """Which notice a delivery status notification (RFC 3464) says was not delivered, and why (RFC 3463), if it does."""
    return bounce_in(message)


def webhook_secrets(settings: NotificationSettings, partner_id: str) -> list[str]:
    """With which secrets a partner's software verifies our messages: the newest first; none where we have none."""
    return [secret_of(each, partner_id) for each in settings.newest_secrets()]

"""Sends the notices that are owed: towards professionals at least once, towards the person at most once."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

import structlog

from services.notification.attempts import begin_sending, cancel_sending, end_sending
from services.notification.domain.notice import Handover, Notice
from services.notification.letters import Office
from services.notification.settings import NotificationSettings
from services.notification.store import NOTICES
from services.notification.wording import Unwritable
from shared.contracts.topics import RELAIS_NOTIFICATIONS
from shared.contracts.vocabulary import NoticeChannel, RecipientRole
from shared.delivery.backlog import Backlog
from shared.delivery.delivery import Delivery
from shared.delivery.lease import DueRows, Row
from shared.delivery.sender import Attempts, Sender

log = structlog.get_logger()
HEARING_SECONDS = 20.0
SIDE_BY_SIDE = 192
"""Notices of a channel at once: those that wait together are marked together, in one transaction."""


class Adapter(Protocol):
    """A channel: hands one message over, and knows how many at once its provider may get now."""

    def room(self, most: int, /) -> int:
        """How many may be with its provider at once, where `most` are allowed."""
        ...

    async def send(self, message: Any, /) -> Handover:
        """Hand one message over. Never raises for what others do: it tells how it ended."""

    async def close(self) -> None:
        """Close what is open."""


def adapters_of(settings: NotificationSettings) -> Mapping[NoticeChannel, Adapter]:
    """Every channel by which somebody can be told."""
    return MappingProxyType(
        {
            NoticeChannel.EMAIL: settings.mails(),
            NoticeChannel.SMS: settings.gateway(),
            NoticeChannel.WEBHOOK: settings.webhooks(),
            NoticeChannel.WEB_PUSH: settings.push_services(),
        }
    )


def sending(
    delivery: Delivery, settings: NotificationSettings, adapters: Mapping[NoticeChannel, Adapter], backlog: Backlog
) -> list[DueRows]:
    """What brings notices to people as they fall due: each channel by itself, so that none waits for another.

    Nothing goes to the person herself before all is heard that was said until now: she may want no more.
    """
    patience, office = settings.patience(), settings.office()
    attempts = Attempts(
        begin=partial(begin_sending, patience=patience),
        end=partial(end_sending, patience=patience),
        cancel=cancel_sending,
        topic=RELAIS_NOTIFICATIONS.name,
    )

    async def has_heard_all(row: Row) -> bool:
        return row["role"] != RecipientRole.PERSON or await backlog.is_gone(within=HEARING_SECONDS)

    def rows_of(channel: NoticeChannel, adapter: Adapter) -> DueRows:
        send = Sender(delivery, NOTICES, attempts, _handing_over(office, adapter), has_heard_all).send
        return DueRows(delivery, NOTICES, send, SIDE_BY_SIDE, only=("channel", channel), may_begin=adapter.room)

    return [rows_of(channel, adapter) for channel, adapter in adapters.items()]


def _handing_over(office: Office, adapter: Adapter) -> Callable[[Notice, bytes], Awaitable[Handover]]:
    async def hand_over(notice: Notice, opened: bytes) -> Handover:
        try:
            message = office.written(notice, opened)
        except Unwritable:
            log.error("notice-not-written", notice_id=notice.id, what=notice.template, version=notice.template_version)
            return Handover.UNWRITABLE
        return await adapter.send(message) if message else Handover.REFUSED

    return hand_over

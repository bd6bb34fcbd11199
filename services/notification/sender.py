"""Sends the notices that are owed: towards professionals at least once, towards the person at most once."""

from functools import partial

from services.notification.domain.notice import Handover, Notice
from services.notification.handlers import begin_sending, cancel_sending, end_sending
from services.notification.letters import address_of, words_of
from services.notification.mail import Letter, MailServer
from services.notification.settings import NotificationSettings
from services.notification.store import NOTICES
from shared.delivery.delivery import Delivery
from shared.delivery.lease import DueRows
from shared.delivery.sender import Attempts, Sender

SIDE_BY_SIDE = 64
"""Notices at once: those that wait together are marked together, in one transaction."""


def sending(delivery: Delivery, settings: NotificationSettings, mails: MailServer) -> DueRows:
    """What brings notices to people as they fall due."""
    patience = settings.patience()
    attempts = Attempts(
        begin=partial(begin_sending, patience=patience),
        end=partial(end_sending, patience=patience),
        cancel=cancel_sending,
    )

    async def mail(notice: Notice, opened: bytes) -> Handover:
        address = address_of(notice, opened)
        if address is None:
            return Handover.REFUSED
        return await mails.send(Letter(notice.id, address, words_of(notice, settings.link_base)))

    return DueRows(delivery, NOTICES, Sender(delivery, NOTICES, attempts, mail).send, SIDE_BY_SIDE)

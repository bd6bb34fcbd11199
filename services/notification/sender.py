"""Sends the notices that are owed: towards professionals at least once, towards the person at most once."""

from functools import partial

from services.notification.domain.notice import Handover, Notice
from services.notification.handlers import begin_sending, cancel_sending, end_sending
from services.notification.letters import Office
from services.notification.mail import Letter, MailServer
from services.notification.settings import NotificationSettings
from services.notification.store import NOTICES
from services.notification.webhooks import Call, Webhooks
from shared.delivery.delivery import Delivery
from shared.delivery.lease import DueRows
from shared.delivery.sender import Attempts, Sender
from shared.vault.links import Links

SIDE_BY_SIDE = 64
"""Notices at once: those that wait together are marked together, in one transaction."""


def sending(delivery: Delivery, settings: NotificationSettings, mails: MailServer, webhooks: Webhooks) -> DueRows:
    """What brings notices to people as they fall due."""
    patience = settings.patience()
    attempts = Attempts(
        begin=partial(begin_sending, patience=patience),
        end=partial(end_sending, patience=patience),
        cancel=cancel_sending,
    )

    links = Links(settings.authid_secret.get_secret_value().encode())
    office = Office(links, settings.link_base, settings.sms_gateway)

    async def hand_over(notice: Notice, opened: bytes) -> Handover:
        match office.written(notice, opened):
            case Letter() as letter:
                return await mails.send(letter)
            case Call() as call:
                return await webhooks.send(call)
            case None:
                return Handover.REFUSED

    return DueRows(delivery, NOTICES, Sender(delivery, NOTICES, attempts, hand_over).send, SIDE_BY_SIDE)

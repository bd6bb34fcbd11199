"""Where a recipient can be told: by mail, by an SMS that a gateway makes of a mail, or by a webhook."""

import re
from email.errors import MessageError
from email.headerregistry import Address
from urllib.parse import urlsplit

from services.notification.domain.calls import CALLS
from services.notification.domain.notice import NoticeKind
from shared.contracts.blocks import Channel, Recipient
from shared.contracts.vocabulary import NoticeChannel, RecipientRole

NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
"""A telephone number as ITU-T E.164 writes it, without spaces."""


def channel_for(kind: NoticeKind, recipient: Recipient) -> Channel | None:
    """The first way by which this recipient can be told of this. A code goes by SMS, since its link goes by mail."""
    if kind is NoticeKind.CODE:
        return next((each for each in recipient.channels if _is_sms(each)), None)
    by_software = recipient.role is RecipientRole.PARTNER and kind in CALLS
    ways = (each for each in recipient.channels if _is_mail(each) or (by_software and _is_webhook(each)))
    return next(ways, None)


def mail_address(channel: Channel, gateway: str | None) -> str | None:
    """Where a mail to this channel goes: an SMS to the operator's gateway, as the number without its sign."""
    if channel.channel is NoticeChannel.EMAIL:
        return channel.value
    return f"{channel.value[1:]}@{gateway}" if gateway else None


def can_get_codes(recipient: Recipient) -> bool:
    """Whether a code can reach this recipient by another way than its link."""
    return any(_is_sms(each) for each in recipient.channels)


def is_mail_address(text: str) -> bool:
    """Whether this is one plain address, and nothing that would add a header or a second recipient."""
    if not text.isascii() or not text.isprintable() or any(sign in text for sign in ' ,;<>"'):
        return False
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(address.username and address.domain)


def _is_mail(channel: Channel) -> bool:
    return channel.channel is NoticeChannel.EMAIL and is_mail_address(channel.value)


def is_webhook_address(text: str) -> bool:
    """Whether this is one plain address of the web, without a password in it."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:
        return False
    is_plain = not (address.username or address.password or address.fragment) and port != 0
    return address.scheme in ("https", "http") and bool(address.hostname) and is_plain


def _is_webhook(channel: Channel) -> bool:
    return channel.channel is NoticeChannel.WEBHOOK and is_webhook_address(channel.value)


def _is_sms(channel: Channel) -> bool:
    return channel.channel is NoticeChannel.SMS and NUMBER.fullmatch(channel.value) is not None

"""Where a recipient can be told: by mail, or by an SMS that a gateway makes of a mail."""

import re
from email.errors import MessageError
from email.headerregistry import Address

from services.notification.domain.notice import NoticeKind
from shared.contracts.blocks import Channel, Recipient
from shared.contracts.vocabulary import NoticeChannel

NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
"""A telephone number as ITU-T E.164 writes it, without spaces."""


def channel_for(kind: NoticeKind, recipient: Recipient) -> Channel | None:
    """The first way by which this recipient can be told of this. A code goes by SMS, since its link goes by mail."""
    if kind is NoticeKind.CODE:
        return next((each for each in recipient.channels if _is_sms(each)), None)
    return next((each for each in recipient.channels if _is_mail(each)), None)


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


def _is_sms(channel: Channel) -> bool:
    return channel.channel is NoticeChannel.SMS and NUMBER.fullmatch(channel.value) is not None

"""Where a recipient can be told: by mail, by SMS, on her device, or by a webhook."""

import re
from collections.abc import Callable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from types import MappingProxyType
from urllib.parse import urlsplit

from services.notification.domain.calls import CALLS
from services.notification.domain.notice import NoticeKind
from shared.contracts.blocks import Channel, Recipient
from shared.contracts.vocabulary import NoticeChannel, RecipientRole

BY_MAIL, BY_SMS = frozenset({NoticeChannel.EMAIL}), frozenset({NoticeChannel.SMS})
BY_SOFTWARE, ON_DEVICE = frozenset({NoticeChannel.WEBHOOK}), frozenset({NoticeChannel.WEB_PUSH})
NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
"""A telephone number as ITU-T E.164 writes it, without spaces."""


def ways_for(kind: NoticeKind, recipient: Recipient) -> tuple[Channel, ...]:
    """The ways by which this recipient can be told of this, in the order in which they are to be tried.

    A partner's code goes by SMS and nothing else does, since its link goes by mail: whoever has one has not the other.
    """
    usable = usable_by(kind, recipient.role)
    return tuple(each for each in recipient.channels if each.channel in usable and IS_ADDRESS[each.channel](each.value))


def usable_by(kind: NoticeKind, role: RecipientRole) -> frozenset[NoticeChannel]:
    """By which channels a role may be told of this."""
    if kind is NoticeKind.CODE:
        return BY_SMS
    if role is RecipientRole.PERSON:
        return BY_SMS | BY_MAIL
    if role is RecipientRole.PARTNER:
        return BY_MAIL | BY_SOFTWARE if kind in CALLS else BY_MAIL
    return BY_SMS | BY_MAIL | ON_DEVICE


def can_get_codes(recipient: Recipient) -> bool:
    """Whether a code can reach this recipient by another way than its link."""
    return any(each.channel is NoticeChannel.SMS and is_number(each.value) for each in recipient.channels)


def is_mail_address(text: str) -> bool:
    """Whether this is one plain address, and nothing that would add a header or a second recipient."""
    if not text.isascii() or not text.isprintable() or any(sign in text for sign in ' ,;<>"'):
        return False
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(address.username and address.domain)


def is_subscription(text: str) -> bool:
    """Whether this looks like a browser's subscription. Whether its keys are any good, the adapter tells."""
    return text.startswith("{") and '"endpoint"' in text and '"p256dh"' in text


def is_number(text: str) -> bool:
    """Whether this is one telephone number that can be written to."""
    return NUMBER.fullmatch(text) is not None


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


IS_ADDRESS: Mapping[NoticeChannel, Callable[[str], bool]] = MappingProxyType(
    {
        NoticeChannel.EMAIL: is_mail_address,
        NoticeChannel.SMS: is_number,
        NoticeChannel.WEBHOOK: is_webhook_address,
        NoticeChannel.WEB_PUSH: is_subscription,
    }
)
"""Whether something can be sent there at all."""

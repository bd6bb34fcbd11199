"""Where a recipient can be told: only mail today, and only an address that a mail can be sent to."""

from email.errors import MessageError
from email.headerregistry import Address

from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import NoticeChannel


def mail_address(recipient: Recipient) -> str | None:
    """The first address by which this recipient can be mailed, if there is any."""
    mails = (each.value for each in recipient.channels if each.channel is NoticeChannel.EMAIL)
    return next((address for address in mails if is_mail_address(address)), None)


def is_mail_address(text: str) -> bool:
    """Whether this is one plain address, and nothing that would add a header or a second recipient."""
    if not text.isascii() or not text.isprintable() or any(sign in text for sign in ' ,;<>"'):
        return False
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(address.username and address.domain)

"""Writes what a notice says, to an address that was opened for this and is kept nowhere: a mail, or a message."""

from dataclasses import dataclass

import orjson
from pydantic import TypeAdapter

from services.notification.domain.address import can_get_codes, channel_for, mail_address
from services.notification.domain.calls import message
from services.notification.domain.notice import Notice
from services.notification.domain.reference import reference
from services.notification.domain.templates import TEMPLATES, Words, marked_as_test, render
from services.notification.mail import Letter
from services.notification.webhooks import Call
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import NoticeChannel
from shared.vault.links import Link, Links

RECIPIENTS = TypeAdapter(tuple[Recipient, ...])


@dataclass(frozen=True, slots=True)
class Office:
    """Writes letters. Links lead behind `link_base`; an SMS is a mail to `sms_gateway`, where there is one."""

    links: Links
    link_base: str
    sms_gateway: str | None = None

    def written(self, notice: Notice, opened: bytes) -> Letter | Call | None:
        """What a notice says, from the opened list of its event's recipients; nothing where nobody can be reached."""
        recipient = next((each for each in RECIPIENTS.validate_json(opened) if each.ref == notice.ref), None)
        channel = channel_for(notice.kind, recipient) if recipient else None
        if recipient is None or channel is None:
            return None
        if channel.channel is NoticeChannel.WEBHOOK:
            body = orjson.dumps(message(notice, self.link_base)).decode()
            return Call(notice.id, recipient.ref, channel.value, body)
        address = mail_address(channel, self.sms_gateway)
        return Letter(notice.id, address, self.words_of(notice, recipient)) if address else None

    def words_of(self, notice: Notice, recipient: Recipient) -> Words:
        """What a notice says."""
        template = TEMPLATES[notice.template, notice.template_version]
        code = self.links.code(notice.about.referral_id, notice.code) if notice.about and notice.code else ""
        link = f"{self.link_base}{self._path(notice, recipient)}"
        about, count = "\n".join(map(reference, notice.tells_of)), str(len(notice.tells_of))
        words = render(template, notice.language, about, notice.urgency, link, code=code, count=count)
        return marked_as_test(words, notice.language) if notice.test else words

    def _path(self, notice: Notice, recipient: Recipient) -> str:
        """A partner that can get codes needs no account; its link's fragment stays in its browser."""
        if notice.cases:
            return "/v1/cases"
        about, case = notice.about, f"/v1/cases/{notice.case_id}"
        if about is None or about.link is None:
            return case
        if self.sms_gateway and can_get_codes(recipient):
            return f"/partner#{self.links.token(Link(notice.case_id, about.referral_id, about.link))}"
        return f"{case}/referrals/{about.referral_id}"

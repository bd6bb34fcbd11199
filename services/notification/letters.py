"""Writes what a notice says, to an address that was opened for this and is kept nowhere: a mail, or a message."""

from dataclasses import dataclass

import orjson

from services.notification.domain.address import can_get_codes, ways_for
from services.notification.domain.calls import message
from services.notification.domain.notice import Notice, NoticeKind
from services.notification.domain.recipients import recipient_of
from services.notification.domain.reference import reference
from services.notification.domain.templates import TEMPLATES, Words
from services.notification.gateway import Text
from services.notification.mail import Letter
from services.notification.push import Push
from services.notification.webhooks import Call
from services.notification.wording import Unwritable, as_page, marked_as_test, render
from shared.contracts.blocks import Recipient
from shared.contracts.vocabulary import NoticeChannel, RecipientRole, Urgency
from shared.vault.links import Codes, Link, Links

Message = Letter | Text | Call | Push
WHOLE = frozenset({RecipientRole.PARTNER, RecipientRole.PERSON})
"""What is sent to them by SMS is short enough to be read whole; to others the subject says it."""


@dataclass(frozen=True, slots=True)
class Senders:
    """Whom messages come from. To the person they come from somebody of whom nobody can guess anything."""

    sms: str = "Relais"
    person_sms: str = "Info"
    person_mail: str | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """Writes messages. Links lead behind `link_base`; `has_codes`: partners get codes by SMS, and need no account."""

    links: Links
    codes: Codes
    link_base: str
    has_codes: bool = False
    senders: Senders = Senders()

    def written(self, notice: Notice, opened: bytes) -> Message | None:
        """What a notice says, from the opened list of its event's recipients; nothing where nobody can be reached.

        Raises `Unwritable`.
        """
        recipient = recipient_of(notice, opened)
        ways = ways_for(notice.kind, recipient) if recipient else ()
        if recipient is None or notice.way >= len(ways):
            return None
        to = ways[notice.way]
        match to.channel:
            case NoticeChannel.WEBHOOK:
                body = orjson.dumps(message(notice, self.link_base)).decode()
                return Call(notice.id, recipient.ref, to.value, body)
            case NoticeChannel.WEB_PUSH:
                return Push(notice.id, to.value, self._shown(notice, recipient), notice.urgency is Urgency.IMMEDIATE)
            case NoticeChannel.SMS:
                sender = self.senders.person_sms if notice.is_to_person else self.senders.sms
                return Text(notice.id, to.value, self._short(notice, recipient), sender)
            case _:
                return self._letter(notice, recipient, to.value)

    def _letter(self, notice: Notice, recipient: Recipient, to: str) -> Letter | None:
        """A mail; none to the person where its sender would tell others who writes."""
        sender = self.senders.person_mail if notice.is_to_person else None
        if notice.is_to_person and sender is None:
            return None
        words = self.words_of(notice, recipient)
        return Letter(notice.id, to, words, as_page(words, notice.language), sender)

    def words_of(self, notice: Notice, recipient: Recipient) -> Words:
        """What a notice says. Raises `Unwritable`."""
        template = TEMPLATES.get((notice.template, notice.template_version))
        if template is None:
            raise Unwritable
        about = notice.about
        said = {"reference": "\n".join(map(reference, notice.tells_of)), "count": str(len(notice.tells_of))}
        if not notice.is_to_person:
            said["link"] = self._link(notice, recipient)
        if about and notice.code:
            said["code"] = self.codes.code(about.referral_id, notice.code)
        words = render(template, notice.language, said, notice.urgency)
        return marked_as_test(words, notice.language) if notice.test else words

    def _short(self, notice: Notice, recipient: Recipient) -> str:
        words = self.words_of(notice, recipient)
        return words.body.strip() if notice.role in WHOLE else f"{words.subject} {self._link(notice, recipient)}"

    def _shown(self, notice: Notice, recipient: Recipient) -> str:
        """What a device shows: the subject, and where a tap leads."""
        words, link = self.words_of(notice, recipient), self._link(notice, recipient)
        return orjson.dumps(
            {"title": words.subject, "url": link, "tag": str(notice.id), "lang": notice.language}
        ).decode()

    def _link(self, notice: Notice, recipient: Recipient) -> str:
        """A partner that can get codes needs no account; its link's fragment stays in its browser."""
        if notice.cases:
            return f"{self.link_base}/v1/cases"
        if notice.kind is NoticeKind.ACCESS_CHANGED:
            return f"{self.link_base}/v1/posts"
        about, case = notice.about, f"/v1/cases/{notice.case_id}"
        if about is None or about.link is None:
            return f"{self.link_base}{case}"
        if self.has_codes and can_get_codes(recipient):
            token = self.links.token(Link(notice.case_id, about.referral_id, about.link))
            return f"{self.link_base}/partner#{token}"
        return f"{self.link_base}{case}/referrals/{about.referral_id}"

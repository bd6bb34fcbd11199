"""Mails, handed to the operator's mail server: what it answered decides what is done next."""

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as LINES
from uuid import UUID

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notification.domain.notice import Handover
from services.notification.domain.templates import Words

log = structlog.get_logger()
REFUSED_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one recipient. Its id is the notice's: a copy of it can be told by whoever gets both."""

    notice_id: UUID
    to: str = field(repr=False)
    words: Words


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mails, and the address they come from."""

    host: str
    port: int
    sender: str
    starttls: bool = False
    seconds: float = 30.0

    async def send(self, letter: Letter) -> Handover:
        """Hand one mail over. Never raises for what the server or the network does: it tells how it ended."""
        message, domain = self._message(letter), self.sender.rpartition("@")[2]
        smtp = SMTP(hostname=self.host, port=self.port, start_tls=self.starttls, local_hostname=domain, timeout=None)
        handed_over = False
        try:
            async with asyncio.timeout(self.seconds):
                await smtp.connect()
                await smtp.mail(self.sender)
                await smtp.rcpt(letter.to)
                handed_over = True
                await smtp.data(message.as_bytes())
        except SMTPResponseException as answer:
            log.warning("mail-not-taken", notice_id=letter.notice_id, status=answer.code)
            return Handover.REFUSED if answer.code >= REFUSED_FOR_GOOD else Handover.PUT_OFF
        except (SMTPException, OSError, TimeoutError) as error:
            log.warning("mail-cut-off", notice_id=letter.notice_id, error=type(error).__name__)
            return Handover.UNKNOWN if handed_over else Handover.PUT_OFF
        finally:
            smtp.close()
        return Handover.TAKEN

    def _message(self, letter: Letter) -> EmailMessage:
        # 7 bits on the wire: a server on the way need not know more.
        message = EmailMessage(LINES.clone(cte_type="7bit"))
        message["From"] = self.sender
        message["To"] = letter.to
        message["Subject"] = letter.words.subject
        message["Message-ID"] = f"<{letter.notice_id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.words.body, charset="utf-8")
        return message

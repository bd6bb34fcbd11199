"""Mails, handed to the operator's mail server: what it answered decides what is done next."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.policy import compat32
from uuid import UUID

import structlog
from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from services.notification.domain.notice import Handover
from services.notification.domain.templates import Words
from services.notification.settings import NotificationSettings

log = structlog.get_logger()
LINES = compat32.clone(linesep="\r\n")
GOODBYE_SECONDS = 2.0

MOST_LINES = 16
"""Connections at once: mail servers refuse clients that open many more."""

FRESH_SECONDS = 5.0
"""A connection that was used so lately is taken to be open still, without asking the server."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one recipient. Its id is the notice's: a copy of it can be told by whoever gets both."""

    notice_id: UUID
    to: str = field(repr=False)
    words: Words


class MailServer:
    """The server that takes our mails. Connections are kept open between mails, as many as were needed at once."""

    def __init__(self, settings: NotificationSettings) -> None:
        self._settings = settings
        self._kept: list[tuple[float, SMTP]] = []
        self._free = asyncio.Semaphore(MOST_LINES)

    async def send(self, letter: Letter) -> Handover:
        """Hand one mail over. Never raises for what the server or the network does: it tells how it ended."""
        message, line, handed_over = _message(letter, self._settings), None, False
        try:
            async with asyncio.timeout(self._settings.smtp_timeout), self._free:
                line = await self._kept_line() or await self._new_line()
                await line.mail(self._settings.mail_from)
                await line.rcpt(letter.to)
                handed_over = True
                await line.data(message.as_bytes())
        except SMTPResponseException as answer:
            log.warning("mail-not-taken", notice_id=letter.notice_id, status=answer.code)
            return _meaning(answer, handed_over)
        except (SMTPException, OSError) as error:
            log.warning("mail-cut-off", notice_id=letter.notice_id, error=type(error).__name__)
            return Handover.UNKNOWN if handed_over else Handover.PUT_OFF
        else:
            self._kept.append((time.monotonic(), line))
            line = None
            return Handover.TAKEN
        finally:
            if line:
                line.close()

    async def close(self) -> None:
        """Take leave of the server."""
        while self._kept:
            with suppress(SMTPException, OSError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._kept.pop()[1].quit()

    async def _kept_line(self) -> SMTP | None:
        """A connection that was kept, unless the server has closed it meanwhile."""
        while self._kept:
            used_at, line = self._kept.pop()
            if line.is_connected and time.monotonic() - used_at < FRESH_SECONDS:
                return line
            try:
                await line.rset()
            except (SMTPException, OSError):
                line.close()
            else:
                return line
        return None

    async def _new_line(self) -> SMTP:
        settings, password = self._settings, self._settings.smtp_password
        line = SMTP(
            hostname=settings.smtp_host(),
            port=settings.smtp_port(),
            start_tls=settings.smtp_starttls,
            cert_bundle=str(settings.smtp_ca) if settings.smtp_ca else None,
            username=settings.smtp_user,
            password=password.get_secret_value() if password else None,
            local_hostname=settings.mail_domain(),
            timeout=None,
        )
        await line.connect()
        return line


def _meaning(answer: SMTPResponseException, handed_over: bool) -> Handover:
    """A server that refuses this recipient or this mail refuses for good; all else may be mended by an operator."""
    if answer.code >= 500 and isinstance(answer, SMTPRecipientRefused | SMTPDataError):
        return Handover.REFUSED
    if answer.code < 400 and handed_over:
        return Handover.UNKNOWN
    return Handover.PUT_OFF


def _message(letter: Letter, settings: NotificationSettings) -> Message:
    # Quoted-printable: 7 bits on the wire, so that no server on the way need know more. The newer policies of `email`
    # parse each header that is set, and take three times as long.
    message = Message(LINES)
    message.set_payload(letter.words.body, _quoted_printable())
    message["From"] = settings.mail_from
    message["To"] = letter.to
    message["Subject"] = Header(letter.words.subject, "utf-8")  # type: ignore[assignment] # as it is folded right
    message["Message-ID"] = f"<{letter.notice_id}@{settings.mail_domain()}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def _quoted_printable() -> Charset:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset

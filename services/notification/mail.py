"""Mails, handed to the operator's mail server: what it answered decides what is done next."""

import asyncio
import time
from binascii import b2a_qp
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import structlog
from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from services.notification.domain.circuit import Circuit
from services.notification.domain.notice import Handover
from services.notification.domain.templates import Words

log = structlog.get_logger()
CRLF = "\r\n"
GOODBYE_SECONDS = 2.0

SHUTTING_DOWN = 421
"""The server takes its leave (RFC 5321)."""

FRESH_SECONDS = 5.0
"""A connection that was used so lately is taken to be open still, without asking the server."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one recipient. Its id is the notice's: a copy of it can be told by whoever gets both."""

    notice_id: UUID
    to: str = field(repr=False)
    words: Words
    page: str
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class MailRoute:
    """Where mails are handed over, how, and over how many connections at once. `timeout`: seconds for one mail."""

    host: str
    port: int
    timeout: float
    start_tls: bool = False
    ca: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 4


class MailServer:
    """The server that takes our mails. Connections are kept open between mails, as many as were needed at once."""

    def __init__(self, route: MailRoute, sender: str) -> None:
        self._route, self._sender = route, sender
        self._kept: list[tuple[float, SMTP]] = []
        self._free = asyncio.Semaphore(route.connections)
        self.circuit = Circuit()

    def room(self, most: int) -> int:
        """How many may be with it at once, where `most` are allowed."""
        return self.circuit.room(most)

    async def send(self, letter: Letter) -> Handover:
        """Hand one mail over. Never raises for what the server or the network does: it tells how it ended."""
        sender = letter.sender or self._sender
        message, line, handed_over = message_of(letter, sender), None, False
        try:
            async with asyncio.timeout(self._route.timeout), self._free:
                line = await self._kept_line() or await self._new_line(sender)
                await line.mail(sender)
                await line.rcpt(letter.to)
                handed_over = True
                await line.data(message)
        except SMTPResponseException as answer:
            log.warning("mail-not-taken", notice_id=letter.notice_id, status=answer.code)
            self._judge(answer)
            return _meaning(answer, handed_over)
        except (SMTPException, OSError) as error:
            log.warning("mail-cut-off", notice_id=letter.notice_id, error=type(error).__name__)
            self.circuit.failed()
            return Handover.UNKNOWN if handed_over else Handover.PUT_OFF
        else:
            self.circuit.took()
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

    def _judge(self, answer: SMTPResponseException) -> None:
        """A server that answers about one recipient or one mail is there; one that takes nothing at all is not."""
        if isinstance(answer, SMTPRecipientRefused | SMTPDataError) and answer.code != SHUTTING_DOWN:
            self.circuit.took()
        else:
            self.circuit.failed()

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

    async def _new_line(self, sender: str) -> SMTP:
        route = self._route
        line = SMTP(
            hostname=route.host,
            port=route.port,
            start_tls=route.start_tls,
            cert_bundle=str(route.ca) if route.ca else None,
            username=route.user,
            password=route.password,
            local_hostname=domain_of(sender),
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


def domain_of(address: str) -> str:
    """The domain of a mail address."""
    return address.rpartition("@")[2]


def message_of(letter: Letter, sender: str) -> bytes:
    """The mail as it travels (RFC 5322, RFC 2046): plain text, and the same words as a page.

    Composed here, of the standard library's encoders: its message objects parse and fold each header of each part
    anew, which took half of a mail's time.
    """
    boundary = f"=_{letter.notice_id.hex}"
    lines = (
        f"From: {sender}",
        f"To: {letter.to}",
        f"Subject: {Header(letter.words.subject, 'utf-8').encode(linesep=CRLF)}",
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: <{letter.notice_id}@{domain_of(sender)}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        *_part(boundary, "plain", letter.words.body),
        *_part(boundary, "html", letter.page),
        f"--{boundary}--",
        "",
    )
    return CRLF.join(lines).encode("ascii")


def _part(boundary: str, kind: str, text: str) -> tuple[str, ...]:
    # Quoted-printable: 7 bits on the wire, so that no server on the way need know more; and no boundary in it.
    encoded = b2a_qp(text.encode(), istext=True).decode("ascii").replace("\n", CRLF)
    head = f'Content-Type: text/{kind}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable"
    return f"--{boundary}", *head, "", encoded

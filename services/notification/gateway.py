"""SMS: short messages handed to the operator's gateway over HTTP, in the shape that it understands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import orjson
import structlog

from services.notification.domain.circuit import BUSY, Circuit
from services.notification.domain.notice import Handover
from services.notification.outward import Outward, Reply
from services.notification.reporting import Reports

log = structlog.get_logger()
Shape = Literal["generic", "brevo"]


@dataclass(frozen=True, slots=True)
class Text:
    """One short message to one number. The notice's id is its idempotency key at each attempt."""

    notice_id: UUID
    to: str = field(repr=False)
    words: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a gateway is asked: by which headers and body, and where its answer names the message that it has taken.

    `report_member` names to where it reports what became of the message.
    """

    headers: Callable[[Text, str], Mapping[str, str]]
    body: Callable[[Text], Mapping[str, Any]]
    id_member: str
    report_member: str


DIALECTS: Mapping[Shape, Dialect] = MappingProxyType(
    {
        "generic": Dialect(
            headers=lambda text, key: {"authorization": f"Bearer {key}", "idempotency-key": str(text.notice_id)},
            body=lambda text: {
                "id": str(text.notice_id),
                "to": text.to,
                "from": text.sender,
                "text": text.words,
            },
            id_member="message_id",
            report_member="report_to",
        ),
        # https://developers.brevo.com/docs/transactional-sms-endpoints: numbers without their sign.
        "brevo": Dialect(
            headers=lambda _text, key: {"api-key": key},
            body=lambda text: {
                "sender": text.sender,
                "recipient": text.to.removeprefix("+"),
                "content": text.words,
                "type": "transactional",
                "tag": str(text.notice_id),
                "unicodeEnabled": True,
            },
            id_member="messageId",
            report_member="webUrl",
        ),
    }
)


class Gateway:
    """Hands short messages to the gateway at `url`, with `key` as its client; without an address it refuses all."""

    def __init__(self, url: str | None, key: str, dialect: Dialect, outward: Outward, reports: Reports) -> None:
        self._url, self._key, self._dialect, self._outward, self._reports = url, key, dialect, outward, reports
        self.circuit = Circuit()

    def room(self, most: int) -> int:
        """How many may be with it at once, where `most` are allowed."""
        return self.circuit.room(most)

    async def send(self, text: Text) -> Handover:
        """Hand one message over. Never raises for what the gateway or the network does: it tells how it ended."""
        if self._url is None:
            log.warning("sms-without-gateway", notice_id=text.notice_id)
            return Handover.REFUSED
        headers = {**self._dialect.headers(text, self._key), "content-type": "application/json"}
        body = dict(self._dialect.body(text))
        if report_to := self._reports.address(text.notice_id):
            body[self._dialect.report_member] = report_to
        reply = await self._outward.post(text.notice_id, self._url, headers, orjson.dumps(body))
        if isinstance(reply, Handover):
            self.circuit.failed()
            return reply
        return self._meaning(reply, text)

    async def close(self) -> None:
        """Close what is open."""
        await self._outward.close()

    def _meaning(self, reply: Reply, text: Text) -> Handover:
        if 200 <= reply.status < 300 and self._has_taken(reply):
            self.circuit.took()
            return Handover.TAKEN
        log.warning("sms-not-taken", notice_id=text.notice_id, status=reply.status)
        if reply.status in BUSY:
            self.circuit.failed(reply.retry_after or 0.0)
            return Handover.PUT_OFF
        if reply.status in (400, 404, 410, 422):
            return Handover.REFUSED
        self.circuit.failed()
        # Whoever is not let in has sent nothing; of all else nobody knows what became of the message.
        return Handover.PUT_OFF if 400 <= reply.status < 500 else Handover.UNKNOWN

    def _has_taken(self, reply: Reply) -> bool:
        try:
            answer = orjson.loads(reply.body)
        except orjson.JSONDecodeError:
            return False
        return isinstance(answer, dict) and isinstance(answer.get(self._dialect.id_member), str | int)

"""Webhooks: messages handed to partners' software, signed as Standard Webhooks says; its answer decides the rest."""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog
from standardwebhooks.webhooks import Webhook

from services.notification.domain.circuit import Circuits
from services.notification.domain.notice import Handover
from services.notification.outward import Outward

log = structlog.get_logger()
GONE = 410
"""By which a receiver says that it wants no more messages there (Standard Webhooks)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One message to one partner's software. Its id is the notice's, at each attempt: by it a repetition is told."""

    notice_id: UUID
    ref: str
    to: str = field(repr=False)
    body: str = field(repr=False)


def secret_of(secret: str, ref: str) -> str:
    """What a partner's software verifies our signatures with: computed from our own secret, and kept nowhere."""
    key = hmac.digest(secret.encode(), f"relais webhook {ref}".encode(), "sha256")
    return f"whsec_{b64encode(key).decode()}"


class Webhooks:
    """Calls partners' software. Nothing of an answer counts but its status.

    `secrets` are ours, the newest first: while there are two, each message is signed by both, so that receivers change
    theirs when they like.
    """

    def __init__(self, secrets: Sequence[str], outward: Outward) -> None:
        self._secrets, self._outward = secrets, outward
        self._circuits = Circuits()

    def room(self, most: int) -> int:
        """Whoever is left in peace takes no place: each receiver is a provider of its own."""
        return most

    async def send(self, call: Call) -> Handover:
        """Hand one message over. Never raises for what the receiver or the network does: it tells how it ended."""
        if not self._secrets:
            log.warning("webhook-not-to-be-called", notice_id=call.notice_id)
            return Handover.REFUSED
        circuit = self._circuits.of(call.to)
        if not circuit.lets_try():
            return Handover.PUT_OFF
        headers = {**self._signed(call), "content-type": "application/json"}
        reply = await self._outward.post(call.notice_id, call.to, headers, call.body.encode())
        if isinstance(reply, Handover):
            circuit.failed()
            return reply
        circuit.answered(reply.status, reply.retry_after)
        if 200 <= reply.status < 300:
            return Handover.TAKEN
        log.warning("webhook-not-taken", notice_id=call.notice_id, status=reply.status)
        return Handover.REFUSED if reply.status == GONE else Handover.PUT_OFF

    async def close(self) -> None:
        """Close what is open."""
        await self._outward.close()

    def _signed(self, call: Call) -> Mapping[str, str]:
        id_, at = str(call.notice_id), datetime.now(UTC)
        keys = (Webhook(secret_of(each, call.ref)) for each in self._secrets)
        signatures = " ".join(key.sign(id_, at, call.body) for key in keys)
        return {
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signatures,
        }

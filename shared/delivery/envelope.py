"""CloudEvents 1.0 in Kafka's binary mode: the headers that every event carries.

Source: CloudEvents Kafka Protocol Binding 1.0.2, section 3.2; extensions `sequence`, `correlation`, `authcontext`.
"""

from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from shared.contracts.cloudevent import UnreadableEnvelope, required_texts
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.record import Headers

AuthType = Literal["app_user", "service_account", "system"]


class Envelope(NamedTuple):
    """Who says what kind of thing about whom, when, and because of what."""

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int | None = None
    correlation_id: str | None = None
    causation_id: UUID | None = None
    auth_type: str | None = None
    auth_id: str | None = None
    traceparent: str | None = None

    def headers(self) -> dict[str, str]:
        """The Kafka headers, in the order in which people read them."""
        named = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_subject": self.subject,
            "ce_time": self.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "ce_sequence": None if self.sequence is None else f"{self.sequence:010}",
            "ce_correlationid": self.correlation_id,
            "ce_causationid": None if self.causation_id is None else str(self.causation_id),
            "ce_authtype": self.auth_type,
            "ce_authid": self.auth_id,
            "content-type": "application/json",
            "traceparent": self.traceparent,
        }
        return {name: value for name, value in named.items() if value is not None}


def read_envelope(headers: Headers) -> Envelope:
    """The envelope of a record of ours. Raises `UnreadableEnvelope`, never with what stood in a header."""
    try:
        return _envelope(required_texts(headers))
    except ValueError:
        raise UnreadableEnvelope(SetAsideReason.UNREADABLE_HEADERS) from None


def _envelope(texts: dict[str, str]) -> Envelope:
    sequence, causation = texts.get("ce_sequence"), texts.get("ce_causationid")
    return Envelope(
        id=UUID(texts["ce_id"]),
        type=texts["ce_type"],
        source=texts["ce_source"],
        subject=texts["ce_subject"],
        time=_aware(texts["ce_time"]),
        sequence=None if sequence is None else _counted(sequence),
        correlation_id=texts.get("ce_correlationid"),
        causation_id=None if causation is None else UUID(causation),
        auth_type=texts.get("ce_authtype"),
        auth_id=texts.get("ce_authid"),
        traceparent=texts.get("traceparent"),
    )


def _counted(text: str) -> int:
    if (sequence := int(text)) < 1:
        raise ValueError("sequences count from 1")
    return sequence


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at

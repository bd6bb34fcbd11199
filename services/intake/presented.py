"""A CloudEvent as a record of Kafka carries it, in binary or in structured mode.

Source: CloudEvents Kafka Protocol Binding 1.0.2, section 3; JSON Event Format 1.0.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.intake.domain.receiving import is_too_large
from services.intake.reading import TAKEN, is_other_version
from shared.contracts.readable import Unreadable, read_json
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.envelope import UnreadableEnvelope, header_texts
from shared.delivery.record import Record

STRUCTURED = "application/cloudevents+json"
NEEDED = ("id", "type")
"""Other attributes are required of vendors too; but nobody shall be lost for the want of one that we can do without."""


@dataclass(frozen=True, slots=True)
class Presented:
    """One event: its attributes that are texts, and its parsed data. One that is too large was not parsed."""

    attributes: Mapping[str, str]
    data: Any = field(default=None, repr=False)
    is_too_large: bool = False


def presented(record: Record) -> Presented:
    """The event of a record, if it says that it is of a type that we take. Raises `UnreadableEnvelope`."""
    headers = header_texts(record.headers)
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return _structured(record.value) if content_type == STRUCTURED else _binary(headers, record.value)


def _binary(headers: Mapping[str, str], value: bytes | None) -> Presented:
    named = {name.removeprefix("ce_"): text for name, text in headers.items() if name.startswith("ce_")}
    attributes = named | ({"traceparent": headers["traceparent"]} if "traceparent" in headers else {})
    _check(attributes)
    value = _present(value)
    return Presented(attributes, is_too_large=True) if is_too_large(value) else Presented(attributes, _parsed(value))


def _structured(value: bytes | None) -> Presented:
    value = _present(value)
    if is_too_large(value):
        return Presented({}, is_too_large=True)
    event = _parsed(value)
    if not isinstance(event, dict):
        raise UnreadableEnvelope(SetAsideReason.INVALID)
    attributes = {name: text for name, text in event.items() if name != "data" and isinstance(text, str)}
    _check(attributes)
    return Presented(attributes, event.get("data"))


def _present(value: bytes | None) -> bytes:
    if value is None:
        raise UnreadableEnvelope(SetAsideReason.NULL_VALUE)
    return value


def _check(attributes: Mapping[str, str]) -> None:
    if not all(attributes.get(name) for name in NEEDED):
        raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    if (type_ := attributes["type"]) not in TAKEN:
        is_version = is_other_version(type_)
        raise UnreadableEnvelope(SetAsideReason.UNKNOWN_VERSION if is_version else SetAsideReason.UNKNOWN_TYPE)


def _parsed(value: bytes) -> Any:
    try:
        return read_json(value)
    except Unreadable as unreadable:
        raise UnreadableEnvelope(SetAsideReason(unreadable.code.value)) from None

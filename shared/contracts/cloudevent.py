"""A Kafka record as a CloudEvent: the one reading of its envelope, for every service that reads its topic.

Source: CloudEvents Kafka Protocol Binding 1.0.2, section 3; JSON Event Format 1.0.2.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.events import ReportSubmitted, WithdrawalSubmitted
from shared.contracts.readable import Unreadable, read_json
from shared.contracts.report import LARGEST_REPORT
from shared.contracts.vocabulary import SetAsideReason

Headers = Iterable[tuple[str, bytes | None]]

REQUIRED = ("ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_specversion")
"""Headers that each of Relais' own events carries."""
TRACE = "traceparent"
"""The one header that is left out if it is no text: nobody shall be lost for the want of a trace."""
OF_OURS = frozenset((*REQUIRED, "ce_sequence", "ce_correlationid", "ce_causationid", "ce_authtype", "ce_authid", TRACE))
OF_STATIONS = frozenset(("content-type", "ce_id", "ce_type", "ce_source", "ce_subject", TRACE))
"""The headers that are read. What others hold, or that they hold no text at all, decides nothing."""
STRUCTURED = "application/cloudevents+json"
JSON = re.compile(
    r"application/(json|[a-z0-9!#$&^_.+-]+\+json)\s*(;\s*charset=\"?(utf-8|us-ascii)\"?\s*)?", re.IGNORECASE
)
"""What `datacontenttype` may say: JSON, in the one encoding that JSON has (RFC 8259), whether it is named or not."""
TAKEN = (ReportSubmitted.type, WithdrawalSubmitted.type)
"""The types of events that stations may hand in."""
NEEDED = ("id", "type")
"""Other attributes are required of vendors too; but nobody shall be lost for the want of one that we can do without."""


class UnreadableEnvelope(Exception):
    """The record makes no CloudEvent of its topic. `reason` says why, with nothing of what the record holds."""

    def __init__(self, reason: SetAsideReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StationEvent:
    """What a station sent: its attributes that are texts, and its parsed data. One that is too large is not parsed."""

    attributes: Mapping[str, str]
    data: Any = field(default=None, repr=False)
    is_too_large: bool = False


def header_texts(headers: Headers, names: Collection[str]) -> dict[str, str]:
    """Those headers as text. Raises `UnreadableEnvelope` on one that is null, not UTF-8, or has two meanings."""
    texts: dict[str, str] = {}
    for name, value in headers:
        if name not in names or (name == TRACE and not _is_text(value)):
            continue
        text = _decoded(value)
        if name != TRACE and texts.get(name, text) != text:
            raise UnreadableEnvelope(SetAsideReason.UNREADABLE_HEADERS)
        texts[name] = text
    return texts


def required_texts(headers: Headers) -> dict[str, str]:
    """The headers of one of Relais' own events. Raises `UnreadableEnvelope`, also where a required one is missing."""
    texts = header_texts(headers, OF_OURS)
    if not all(map(texts.get, REQUIRED)):
        raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    return texts


def read_station_attributes(headers: Headers, value: bytes | None) -> Mapping[str, str]:
    """The attributes of a station's record, in either mode; none of an event in JSON that is too large to be parsed.

    In binary mode the value is not looked at. Raises `UnreadableEnvelope`.
    """
    texts = header_texts(headers, OF_STATIONS)
    return _event_of(value).attributes if _is_structured(texts) else _checked(_named(texts))


def read_station_event(headers: Headers, value: bytes | None) -> StationEvent:
    """What a station's record says, in either mode, if it is of a type that is taken. Raises `UnreadableEnvelope`."""
    texts = header_texts(headers, OF_STATIONS)
    if _is_structured(texts):
        return _event_of(value)
    value = _present(value)
    if len(value) > LARGEST_REPORT:
        return StationEvent(_named(texts), is_too_large=True)
    return StationEvent(_checked(_named(texts)), _parsed(value))


def is_other_version(type_: str) -> bool:
    """Whether this is a type that is taken, in a version that is not known."""
    return type_.rsplit(".v", 1)[0] in {known.rsplit(".v", 1)[0] for known in TAKEN}


def _decoded(value: bytes | None) -> str:
    if not _is_text(value):
        raise UnreadableEnvelope(SetAsideReason.UNREADABLE_HEADERS)
    return (value or b"").decode()


def _is_text(value: bytes | None) -> bool:
    try:
        return value is not None and value.decode() is not None
    except UnicodeDecodeError:
        return False


def _is_structured(texts: Mapping[str, str]) -> bool:
    return texts.get("content-type", "").partition(";")[0].strip().lower() == STRUCTURED


def _named(texts: Mapping[str, str]) -> Mapping[str, str]:
    named = {name.removeprefix("ce_"): text for name, text in texts.items() if name.startswith("ce_")}
    return named | ({TRACE: texts[TRACE]} if TRACE in texts else {})


def _event_of(value: bytes | None) -> StationEvent:
    value = _present(value)
    if len(value) > LARGEST_REPORT:
        return StationEvent({}, is_too_large=True)
    event = _parsed(value)
    if not isinstance(event, dict):
        raise UnreadableEnvelope(SetAsideReason.INVALID)
    texts = {name: text for name, text in event.items() if name != "data" and isinstance(text, str)}
    return StationEvent(_checked(texts), event.get("data"))


def _checked(attributes: Mapping[str, str]) -> Mapping[str, str]:
    if not all(attributes.get(name) for name in NEEDED):
        raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    if (type_ := attributes["type"]) not in TAKEN:
        is_version = is_other_version(type_)
        raise UnreadableEnvelope(SetAsideReason.UNKNOWN_VERSION if is_version else SetAsideReason.UNKNOWN_TYPE)
    return attributes


def _present(value: bytes | None) -> bytes:
    if value is None:
        raise UnreadableEnvelope(SetAsideReason.NULL_VALUE)
    return value


def _parsed(value: bytes) -> Any:
    try:
        return read_json(value)
    except Unreadable as unreadable:
        raise UnreadableEnvelope(SetAsideReason(unreadable.code.value)) from None

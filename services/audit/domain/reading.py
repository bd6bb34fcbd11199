"""How a record becomes a line: from its envelope, its place, and the members in clear of our own events.

It refuses nothing. What a vendor's software wrote goes into a line only in the shape of an id or a known code:
the log is for ever, and a name must not enter it by way of an attribute. Of what stations send nothing is kept
beside the line either: its commitment, the salt, and the station's own copy prove it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from services.audit.domain.headers import (
    PATH,
    STATION_SOURCE,
    TYPE,
    WORD,
    Unreadable,
    checked,
    matching,
    sequence_of,
    time_of,
    uuid_of,
    uuid_text,
)
from services.audit.domain.leaf import Leaf, Place, commitment
from services.audit.domain.operations import OPERATIONS
from shared.contracts.cloudevent import Headers, UnreadableEnvelope, read_station_attributes, required_texts
from shared.contracts.ids import place_cause

REPORTS = "station.reports."
LARGEST_KEPT = 512 * 1024
"""Bytes of an event of ours that are kept beside its line: as many as any may have. Of a larger one, its size."""


@dataclass(frozen=True, slots=True)
class Line:
    """A leaf, and what stands beside it: salt and value of its commitment, and the ids by which it is found."""

    leaf: Leaf
    salt: bytes = b""
    value: bytes | None = None
    refs: tuple[str, ...] = ()

    @property
    def kept(self) -> bytes | None:
        """The value, if it is one that the log keeps: never what nobody has judged, nor what is too large."""
        if self.value is None or len(self.value) > LARGEST_KEPT:
            return None
        is_foreign = self.leaf.kind == "unreadable" or (self.leaf.src and is_station_topic(self.leaf.src[0]))
        return None if is_foreign else self.value


def line_of(place: Place, at: datetime, headers: Headers, value: bytes | None, salt: bytes) -> Line:
    """The line of one record; `at` is Kafka's time of it, `salt` a new random one."""
    if value is None:
        return Line(_unreadable(place, at, None))
    commit = commitment(salt, value)
    try:
        leaf, refs = _reader_of(place[0])(place, at, headers, value, commit)
    except (Unreadable, UnreadableEnvelope):
        leaf, refs = _unreadable(place, at, commit), ()
    return Line(leaf, salt, value, refs)


def is_station_topic(topic: str) -> bool:
    """Whether stations' software reads or writes it; elsewhere only our services speak, under unique ids."""
    return topic.startswith("station.")


def is_from_stations(topic: str) -> bool:
    """Whether stations' software writes it, so that what cannot be read of it is no fault of ours."""
    return topic.startswith(REPORTS)


Found = tuple[Leaf, tuple[str, ...]]


def _reader_of(topic: str) -> Callable[[Place, datetime, Headers, bytes, str], Found]:
    if is_from_stations(topic):
        return _of_report
    return _of_receipt if is_station_topic(topic) else _of_ours


def _unreadable(place: Place, at: datetime, commit: str | None) -> Leaf:
    return Leaf(kind="unreadable", id=place_cause(*place), src=place, time=at, commit=commit)


def _of_report(place: Place, at: datetime, headers: Headers, value: bytes, commit: str) -> Found:
    """What a station sent. Id and time are ours: a vendor's are claims, and could be chosen to collide."""
    texts = read_station_attributes(headers, value)
    leaf = _of_station(place, at, texts.get("type", ""), texts.get("source"), commit)
    subject = uuid_text(texts.get("subject"))
    return replace(leaf, who=place[0].removeprefix(REPORTS), subject=subject), (subject,) if subject else ()


def _of_receipt(place: Place, at: datetime, headers: Headers, _value: bytes, commit: str) -> Found:
    """What intake answered."""
    texts = required_texts(headers)
    leaf = _of_station(place, at, texts["ce_type"], texts["ce_source"], commit)
    subject, integrator = uuid_text(texts["ce_subject"]), place[0].partition(".")[2].partition(".")[2]
    return replace(leaf, to=integrator, subject=subject, seq=sequence_of(texts)), (subject,) if subject else ()


def _of_station(place: Place, at: datetime, type_: str, source: str | None, commit: str) -> Leaf:
    if type_ not in OPERATIONS:
        raise Unreadable
    [known] = matching(STATION_SOURCE, source) or [None]
    return Leaf(
        kind="event",
        id=place_cause(*place),
        src=place,
        time=at,
        type=type_,
        source=known,
        op=OPERATIONS[type_].operation,
        commit=commit,
    )


def _of_ours(place: Place, _at: datetime, headers: Headers, value: bytes, commit: str) -> Found:
    texts = required_texts(headers)
    rule = OPERATIONS.get(texts["ce_type"])
    body = _body(value) if rule else {}
    leaf = Leaf(
        kind="event",
        id=uuid_of(texts["ce_id"]),
        src=place,
        time=time_of(texts["ce_time"]),
        type=checked(TYPE, texts["ce_type"]),
        source=checked(PATH, texts["ce_source"]),
        op=rule and rule.operation,
        who=checked(WORD, texts["ce_authid"]) if "ce_authid" in texts else None,
        why=_code(body, rule and rule.why),
        to=_code(body, rule and rule.to),
        subject=checked(WORD, texts["ce_subject"]),
        seq=sequence_of(texts),
        commit=commit,
    )
    return leaf, matching(WORD, leaf.subject, texts.get("ce_correlationid"), body.get("report_id"))


def _code(body: Mapping[str, Any], member: str | None) -> str | None:
    code = body.get(member) if member else None
    return None if code is None else checked(WORD, str(code))


def _body(value: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Unreadable from None
    if not isinstance(body, dict):
        raise Unreadable
    return body

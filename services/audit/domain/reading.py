"""How a record becomes a line: from its headers, its place, and the members in clear of our own events.

It refuses nothing. What a vendor's software wrote goes into a line only in the shape of an id or a known code:
the log is for ever, and a name must not enter it by way of a header. Bodies of `station.*` are never parsed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.audit.domain.headers import (
    PATH,
    STATION_SOURCE,
    TYPE,
    WORD,
    Headers,
    Texts,
    Unreadable,
    checked,
    matching,
    sequence_of,
    texts_of,
    time_of,
    uuid_of,
    uuid_text,
)
from services.audit.domain.leaf import Leaf, Place, commitment
from services.audit.domain.operations import OPERATIONS
from shared.contracts.ids import place_cause


@dataclass(frozen=True, slots=True)
class Line:
    """A leaf, and what is kept beside it: salt and bytes of its commitment, and the ids by which it is found."""

    leaf: Leaf
    salt: bytes = b""
    value: bytes | None = None
    refs: tuple[str, ...] = ()


def line_of(place: Place, at: datetime, headers: Headers, value: bytes | None, salt: bytes) -> Line:
    """The line of one record; `at` is Kafka's time of it, `salt` a new random one."""
    if value is None:
        return Line(_unreadable(place, at, None))
    commit = commitment(salt, value)
    read = _of_station if is_station_topic(place[0]) else _of_ours
    try:
        leaf, refs = read(place, at, texts_of(headers), value, commit)
    except Unreadable:
        leaf, refs = _unreadable(place, at, commit), ()
    return Line(leaf, salt, value, refs)


def is_station_topic(topic: str) -> bool:
    """Whether stations' software reads or writes it; elsewhere only our services speak, under unique ids."""
    return topic.startswith("station.")


def _unreadable(place: Place, at: datetime, commit: str | None) -> Leaf:
    return Leaf(kind="unreadable", id=place_cause(*place), src=place, time=at, commit=commit)


def _of_station(place: Place, at: datetime, texts: Texts, _value: bytes, commit: str) -> tuple[Leaf, tuple[str, ...]]:
    """Id and time are ours: a vendor's are claims, and could be chosen to collide."""
    type_ = texts["ce_type"]
    if type_ not in OPERATIONS:
        raise Unreadable
    direction, _, integrator = place[0].removeprefix("station.").partition(".")
    is_report = direction == "reports"
    source, subject = matching(STATION_SOURCE, texts["ce_source"]), uuid_text(texts["ce_subject"])
    leaf = Leaf(
        kind="event",
        id=place_cause(*place),
        src=place,
        time=at,
        type=type_,
        source=source[0] if source else None,
        op=OPERATIONS[type_].operation,
        who=integrator if is_report else None,
        to=None if is_report else integrator,
        subject=subject,
        seq=None if is_report else sequence_of(texts),
        commit=commit,
    )
    return leaf, (subject,) if subject else ()


def _of_ours(place: Place, _at: datetime, texts: Texts, value: bytes, commit: str) -> tuple[Leaf, tuple[str, ...]]:
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

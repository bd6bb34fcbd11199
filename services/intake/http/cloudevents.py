"""CloudEvents 1.0 as vendors hand them over by HTTP: one in binary or structured mode, or a batch of them.

Source: CloudEvents HTTP Protocol Binding 1.0.2, JSON Event Format 1.0.2 with its section 4, batches.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from json import JSONDecoder
from typing import Any

import orjson
from starlette.datastructures import Headers

from services.intake.domain.receiving import is_too_large
from shared.contracts.cloudevent import JSON, STRUCTURED, TAKEN, is_other_version
from shared.contracts.repeated import has_repeated_members
from shared.contracts.sentences import explained
from shared.web.problems import (
    BATCH_TOO_LONG,
    INVALID,
    MALFORMED_JSON,
    REPEATED_MEMBER,
    TOO_LARGE,
    UNSUPPORTED_EVENT_TYPE,
    Problem,
)

BINARY, BATCH = "application/json", "application/cloudevents-batch+json"
MOST_OF_A_BATCH = 100
REQUIRED = ("specversion", "id", "source", "type")
_BLANK = re.compile(r"[ \t\r\n]*")
_RAW = JSONDecoder(parse_int=str, parse_float=str)


@dataclass(frozen=True, slots=True)
class Presented:
    """One event as it was handed over: its attributes, its data, and the very bytes that the receipt will vouch for.

    These are the body in binary mode, and the event's own JSON in structured mode and in a batch.
    """

    attributes: Mapping[str, Any]
    data: Any = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def type(self) -> str:
        """Its type, if it is one that we take."""
        given = self.attributes.get("type")
        return given if isinstance(given, str) and given in TAKEN else "unknown"

    @property
    def traceparent(self) -> str | None:
        """The sender's trace of this one event (CloudEvents, distributed tracing extension)."""
        given = self.attributes.get("traceparent")
        return given if isinstance(given, str) else None

    def faults(self) -> list[dict[str, str]]:
        """What is wrong with its attributes, by their names."""
        return [{"attribute": name, "code": code} for name, code in _faults(self.attributes)]


def content_type(headers: Headers) -> str:
    """In which of the three forms a request says that it comes. Raises a `Problem`: 415."""
    said = Message()
    said["content-type"] = headers.get("content-type", "")
    known = said.get_content_type() in (BINARY, STRUCTURED, BATCH)
    is_utf8 = said.get_content_charset("utf-8") in ("utf-8", "utf8", "us-ascii")
    if not known or not is_utf8 or headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(UNSUPPORTED_EVENT_TYPE, {"Accept-Post": ", ".join((BINARY, STRUCTURED, BATCH))})
    return said.get_content_type()


def read_one(form: str, headers: Headers, body: bytes) -> Presented:
    """The one event of a request. Raises a `Problem` where it is too large, or no JSON."""
    return Presented(_attributes(headers), parsed(body), body) if form == BINARY else _structured(body)


def read_batch(body: bytes) -> Sequence[Presented | Problem]:
    """The events of a batch in their order, each alone. Raises a `Problem` where the whole is no list of events."""
    whole = _json(body)
    if not isinstance(whole, list):
        raise Problem(INVALID, members={"faults": explained([{"pointer": "", "code": "wrong-type"}])})
    if len(whole) > MOST_OF_A_BATCH:
        raise Problem(BATCH_TOO_LONG)
    return [_alone(element.encode()) for element in _elements(body.decode())]


def parsed(body: bytes) -> Any:
    """A JSON text that has one meaning. Raises a `Problem`: 413, else 400."""
    if is_too_large(body):
        raise Problem(TOO_LARGE)
    found = _json(body)
    if has_repeated_members(body):
        raise Problem(REPEATED_MEMBER)
    return found


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(MALFORMED_JSON) from None


def _alone(body: bytes) -> Presented | Problem:
    try:
        return _structured(body)
    except Problem as problem:
        return problem


def _structured(body: bytes) -> Presented:
    event = parsed(body)
    if not isinstance(event, dict):
        raise Problem(INVALID, members={"faults": explained([{"pointer": "", "code": "wrong-type"}])})
    return Presented({name: value for name, value in event.items() if name != "data"}, event.get("data"), body)


def _attributes(headers: Headers) -> dict[str, Any]:
    """A header that comes twice is no text, and so a fault."""
    names = [name for name in headers if name.startswith("ce-")]
    found = {name.removeprefix("ce-"): headers.getlist(name) for name in names}
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _elements(text: str) -> Iterator[str]:
    """The text of each element of a list that was parsed before."""
    at = _after_blanks(text, text.index("[") + 1)
    while text[at] != "]":
        _, end = _RAW.raw_decode(text, at)
        yield text[at:end]
        at = _after_blanks(text, end)
        if text[at] == ",":
            at = _after_blanks(text, at + 1)


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _faults(attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in REQUIRED:
        value = attributes.get(name)
        if not isinstance(value, str) or not value:
            yield name, "missing" if value in (None, "") else "wrong-type"
    if attributes.get("specversion", "1.0") != "1.0":
        yield "specversion", "unknown-version"
    if isinstance(kind := attributes.get("type"), str) and kind and kind not in TAKEN:
        yield "type", "unknown-version" if is_other_version(kind) else "unknown-type"
    if not JSON.fullmatch(str(attributes.get("datacontenttype", BINARY))):
        yield "datacontenttype", "unsupported-media-type"
    if "data_base64" in attributes:
        yield "data_base64", "unsupported-media-type"

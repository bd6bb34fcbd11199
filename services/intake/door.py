"""The stations' door: reads what vendors send, and never lets one record spoil another."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from services.intake.domain.submission import Submission
from shared.contracts.blocks import StreamPlace
from shared.contracts.check import Report, check_opened
from shared.contracts.depth import is_too_deep
from shared.contracts.events import ReportSubmitted
from shared.contracts.report import LARGEST_REPORT
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Cause
from shared.delivery.envelope import REQUIRED, UnreadableEnvelope, header_texts
from shared.delivery.record import Record
from shared.vault.jwe import UnreadableJwe, open_jwe
from shared.vault.ring import Ring

REPORTS_TOPIC = "station.reports."
OF_ONE_TURN = 32
"""Records that are opened before other work of this process has its turn."""


class StationDoor:
    """Reads the records of integrators: each becomes a submission, or is set aside for people to look at."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    async def read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        """One arrival a record, in the same order."""
        arrivals = []
        for n, record in enumerate(records, start=1):
            arrivals.append(self._arrive(record))
            if n % OF_ONE_TURN == 0:
                await asyncio.sleep(0)
        return arrivals

    def _arrive(self, record: Record) -> Arrival:
        arrival = Arrival(record, str(record.place), Cause(record.place.cause(), record.at, place=record.place))
        try:
            headers = read_headers(record)
            submission = self._submission(record, headers)
        except UnreadableEnvelope as unreadable:
            arrival.refused = unreadable.reason
            return arrival
        subject = str(submission.report_id or "")
        link = headers.get("traceparent")
        arrival.cause = Cause(arrival.cause.id, record.at, subject, record.place, link=link)
        arrival.content = submission
        return arrival

    def _submission(self, record: Record, headers: Mapping[str, str]) -> Submission:
        if record.value is None:
            raise UnreadableEnvelope(SetAsideReason.NULL_VALUE)
        if len(record.value) > LARGEST_REPORT:
            return _submission(record, headers, a_uuid(headers["ce_subject"]), is_too_large=True)
        clear = _parsed(record.value)
        found = check_opened(clear, self._opened(clear))
        if isinstance(found, Report):
            return _submission(record, headers, found.clear.report_id, report=found, revision=found.clear.revision)
        report_id = a_uuid(clear.get("report_id")) if isinstance(clear, dict) else None
        return _submission(record, headers, report_id, faults=found)

    def _opened(self, clear: Any) -> bytes | None:
        sealed = clear.get("sealed") if isinstance(clear, dict) else None
        if not isinstance(sealed, str) or not sealed:
            return None
        try:
            return open_jwe(sealed, self._ring)
        except UnreadableJwe:
            raise UnreadableEnvelope(SetAsideReason.SEALED_UNREADABLE) from None


def read_headers(record: Record) -> dict[str, str]:
    """The record's headers, if they say that this is a report. Raises `UnreadableEnvelope`."""
    headers = header_texts(record.headers)
    if not all(headers.get(name) for name in REQUIRED):
        raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    if headers["ce_type"] != ReportSubmitted.type:
        is_version = headers["ce_type"].rsplit(".v", 1)[0] == ReportSubmitted.type.rsplit(".v", 1)[0]
        raise UnreadableEnvelope(SetAsideReason.UNKNOWN_VERSION if is_version else SetAsideReason.UNKNOWN_TYPE)
    return headers


def a_uuid(text: object) -> UUID | None:
    """The UUID that this is, in its one spelling; anything else may talk, and is no id."""
    try:
        found = UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found and str(found) == text else None


def _parsed(value: bytes) -> Any:
    if is_too_deep(value):
        raise UnreadableEnvelope(SetAsideReason.TOO_DEEP)
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise UnreadableEnvelope(SetAsideReason.NOT_JSON) from None


def _submission(record: Record, headers: Mapping[str, str], report_id: UUID | None, **found: Any) -> Submission:
    return Submission(
        integrator=record.place.topic.removeprefix(REPORTS_TOPIC),
        place=StreamPlace(**record.place._asdict()),
        event_id=a_uuid(headers["ce_id"]),
        report_id=report_id,
        revision=found.pop("revision", None),
        sha256=sha256(record.value or b"").hexdigest(),
        received_at=record.at,
        **found,
    )

"""The stations' door: reads what vendors send, and never lets one record spoil another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from services.intake.domain.fingerprint import fingerprint
from services.intake.domain.receiving import is_too_large
from services.intake.domain.submission import Submission
from shared.contracts.blocks import StreamPlace
from shared.contracts.check import Report, check_opened
from shared.contracts.depth import is_too_deep
from shared.contracts.events import ReportSubmitted
from shared.contracts.forms import CanonicalUuid
from shared.contracts.ids import case_id
from shared.contracts.report import CompactJwe, Revision
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Actor, Cause
from shared.delivery.envelope import UnreadableEnvelope, header_texts
from shared.delivery.record import Record
from shared.vault.jwe import UnreadableJwe, open_jwe
from shared.vault.ring import Ring

T = TypeVar("T")

REPORTS_TOPIC = "station.reports."
OF_ONE_TURN = 32
"""Records that are opened before other work of this process has its turn."""

NEEDED = ("ce_id", "ce_type")
"""Other headers are required of vendors too; but nobody shall be lost for the want of one that we can do without."""

_UUID: TypeAdapter[UUID] = TypeAdapter(CanonicalUuid)
_JWE: TypeAdapter[str] = TypeAdapter(CompactJwe)
_REVISION: TypeAdapter[int] = TypeAdapter(Revision)


@dataclass(frozen=True, slots=True)
class Identifying:
    """What the door computes ids with: the secret of case ids, the key of fingerprints, who an integrator is."""

    case_secret: bytes
    fingerprint_key: bytes
    authid_of: Callable[[str], UUID]

    def identified(self, submission: Submission) -> Submission:
        """The submission with the id of its case, and the fingerprint of what it says."""
        report, report_id = submission.report, submission.report_id
        return replace(
            submission,
            case_id=case_id(self.case_secret, submission.integrator, report_id) if report_id else None,
            fingerprint=fingerprint(self.fingerprint_key, report) if report else "",
        )


class StationDoor:
    """Reads the records of integrators: each becomes a submission, or is set aside for people to look at."""

    def __init__(self, ring: Ring, identifying: Identifying) -> None:
        self._ring = ring
        self._identifying = identifying

    async def read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        """One arrival a record, in the same order."""
        arrivals = []
        for n, record in enumerate(records, start=1):
            arrivals.append(self._arrive(record))
            if n % OF_ONE_TURN == 0:
                await asyncio.sleep(0)
        return arrivals

    def _arrive(self, record: Record) -> Arrival:
        integrator = record.place.topic.removeprefix(REPORTS_TOPIC)
        by = Actor("service_account", str(self._identifying.authid_of(integrator)))
        cause = Cause(record.place.cause(), record.at, place=record.place, by=by)
        arrival = Arrival(record, str(record.place), cause)
        try:
            headers = read_headers(record)
            submission = self._identifying.identified(self._submission(record, headers))
        except UnreadableEnvelope as unreadable:
            arrival.refused = unreadable.reason
            return arrival
        arrival.cause = replace(cause, subject=str(submission.case_id or ""), link=headers.get("traceparent"))
        arrival.content = submission
        return arrival

    def _submission(self, record: Record, headers: Mapping[str, str]) -> Submission:
        if record.value is None:
            raise UnreadableEnvelope(SetAsideReason.NULL_VALUE)
        blank = _blank(record, headers)
        if is_too_large(record.value):
            return blank
        clear = _parsed(record.value)
        found = check_opened(clear, self._opened(clear))
        if isinstance(found, Report):
            return replace(blank, report_id=found.clear.report_id, revision=found.clear.revision, report=found)
        members = clear if isinstance(clear, dict) else {}
        report_id = _read(_UUID, members.get("report_id")) or blank.report_id
        return replace(blank, report_id=report_id, revision=_read(_REVISION, members.get("revision")), faults=found)

    def _opened(self, clear: Any) -> bytes | None:
        """The content; `None` where nothing was sealed, which is told as a fault of the clear part."""
        sealed = _read(_JWE, clear.get("sealed")) if isinstance(clear, dict) else None
        if sealed is None:
            return None
        try:
            return open_jwe(sealed, self._ring)
        except UnreadableJwe:
            raise UnreadableEnvelope(SetAsideReason.SEALED_UNREADABLE) from None


def read_headers(record: Record) -> dict[str, str]:
    """The record's headers, if they say that this is a report. Raises `UnreadableEnvelope`."""
    headers = header_texts(record.headers)
    if not all(headers.get(name) for name in NEEDED):
        raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    if headers["ce_type"] != ReportSubmitted.type:
        is_version = headers["ce_type"].rsplit(".v", 1)[0] == ReportSubmitted.type.rsplit(".v", 1)[0]
        raise UnreadableEnvelope(SetAsideReason.UNKNOWN_VERSION if is_version else SetAsideReason.UNKNOWN_TYPE)
    return headers


def _blank(record: Record, headers: Mapping[str, str]) -> Submission:
    return Submission(
        integrator=record.place.topic.removeprefix(REPORTS_TOPIC),
        place=StreamPlace(**record.place._asdict()),
        event_id=_read(_UUID, headers["ce_id"]),
        report_id=_read(_UUID, headers.get("ce_subject")),
        sha256=sha256(record.value or b"").hexdigest(),
        received_at=record.at,
    )


def _parsed(value: bytes) -> Any:
    if is_too_deep(value):
        raise UnreadableEnvelope(SetAsideReason.TOO_DEEP)
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise UnreadableEnvelope(SetAsideReason.NOT_JSON) from None


def _read(kind: TypeAdapter[T], member: object) -> T | None:
    """A member, if it is as the contract wants it."""
    try:
        return kind.validate_python(member)
    except ValidationError:
        return None

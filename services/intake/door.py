"""The stations' door: reads what vendors send, and never lets one record spoil another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from services.intake.domain.fingerprint import fingerprint
from services.intake.domain.receiving import is_too_large
from services.intake.domain.submission import Submission
from services.intake.keeping import NOWHERE
from services.intake.reading import TAKEN, check_sealed, is_other_version, read_data, read_uuid
from shared.contracts.blocks import StreamPlace
from shared.contracts.depth import is_too_deep
from shared.contracts.ids import case_id
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Actor, Cause
from shared.delivery.envelope import UnreadableEnvelope, header_texts
from shared.delivery.record import Record
from shared.vault.jwe import UnreadableJwe
from shared.vault.ring import Ring

REPORTS_TOPIC = "station.reports."
OF_ONE_TURN = 32
"""Records that are opened before other work of this process has its turn."""

NEEDED = ("ce_id", "ce_type")
"""Other headers are required of vendors too; but nobody shall be lost for the want of one that we can do without."""


@dataclass(frozen=True, slots=True)
class Identifying:
    """What the door computes ids with: the secret of case ids, the key of fingerprints, who an integrator is."""

    case_secret: bytes
    fingerprint_key: bytes
    authid_of: Callable[[str], UUID]

    def identified(self, submission: Submission) -> Submission:
        """The submission with the id of its case, and the fingerprint of what it says."""
        report_id, said = submission.report_id, submission.report or submission.withdrawal
        return replace(
            submission,
            case_id=case_id(self.case_secret, submission.integrator, report_id) if report_id else None,
            fingerprint=fingerprint(self.fingerprint_key, said) if said else "",
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
        try:
            return read_data(blank, headers["ce_type"], _parsed(record.value), partial(check_sealed, ring=self._ring))
        except UnreadableJwe:
            raise UnreadableEnvelope(SetAsideReason.SEALED_UNREADABLE) from None


def read_headers(record: Record) -> dict[str, str]:
    """The record's headers, if they say that this is a report. Raises `UnreadableEnvelope`."""
    headers = header_texts(record.headers)
    if not all(headers.get(name) for name in NEEDED):
        raise UnreadableEnvelope(SetAsideReason.MISSING_HEADER)
    if headers["ce_type"] not in TAKEN:
        is_version = is_other_version(headers["ce_type"])
        raise UnreadableEnvelope(SetAsideReason.UNKNOWN_VERSION if is_version else SetAsideReason.UNKNOWN_TYPE)
    return headers


def _blank(record: Record, headers: Mapping[str, str]) -> Submission:
    return Submission(
        integrator=record.place.topic.removeprefix(REPORTS_TOPIC),
        place=None if record.place.partition == NOWHERE else StreamPlace(**record.place._asdict()),
        event_id=read_uuid(headers["ce_id"]),
        report_id=read_uuid(headers.get("ce_subject")),
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

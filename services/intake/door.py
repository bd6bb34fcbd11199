"""The stations' door: reads what vendors send, and never lets one record spoil another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from uuid import UUID

from services.intake.domain.fingerprint import contact_mark, fingerprint, known_by
from services.intake.domain.submission import Submission
from services.intake.keeping import NOWHERE
from services.intake.reading import check_sealed, read_data, read_uuid
from shared.contracts.blocks import StreamPlace
from shared.contracts.cloudevent import StationEvent, UnreadableEnvelope, read_station_event
from shared.contracts.ids import case_id
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Actor, record_cause
from shared.delivery.record import Record
from shared.vault.jwe import UnreadableJwe
from shared.vault.ring import Ring

REPORTS_TOPIC = "station.reports."
OF_ONE_TURN = 32
"""Records that are opened before other work of this process has its turn."""


@dataclass(frozen=True, slots=True)
class Identifying:
    """What the door computes ids with: the secret of case ids, two keys, who an integrator is.

    `fingerprint_key` tells the same content again, `person_key` the same person.
    """

    case_secret: bytes
    fingerprint_key: bytes
    person_key: bytes
    authid_of: Callable[[str], UUID]

    def identified(self, submission: Submission) -> Submission:
        """The submission with the id of its case, and the fingerprint of what it says."""
        report_id, said = submission.report_id, submission.report or submission.withdrawal
        return replace(
            submission,
            case_id=case_id(self.case_secret, submission.integrator, report_id) if report_id else None,
            fingerprint=fingerprint(self.fingerprint_key, said) if said else "",
            contact_mark=contact_mark(self.fingerprint_key, submission.report) if submission.report else None,
            known_by=known_by(self.person_key, submission.report) if submission.report else None,
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
        cause = record_cause(record, by)
        arrival = Arrival(record, str(record.place), cause)
        try:
            event = read_station_event(record.headers, record.value)
            submission = self._identifying.identified(self._submission(record, event))
        except UnreadableEnvelope as unreadable:
            arrival.refused = unreadable.reason
            return arrival
        arrival.cause = replace(cause, subject=str(submission.case_id or ""), link=event.attributes.get("traceparent"))
        arrival.content = submission
        return arrival

    def _submission(self, record: Record, event: StationEvent) -> Submission:
        blank = _blank(record, event.attributes)
        if event.is_too_large:
            return blank
        try:
            return read_data(blank, event.attributes["type"], event.data, partial(check_sealed, ring=self._ring))
        except UnreadableJwe:
            raise UnreadableEnvelope(SetAsideReason.SEALED_UNREADABLE) from None


def _blank(record: Record, attributes: Mapping[str, str]) -> Submission:
    return Submission(
        integrator=record.place.topic.removeprefix(REPORTS_TOPIC),
        place=None if record.place.partition == NOWHERE else StreamPlace(**record.place.named()),
        event_id=read_uuid(attributes.get("id")),
        report_id=read_uuid(attributes.get("subject")),
        sha256=sha256(record.value or b"").hexdigest(),
        received_at=record.at,
    )

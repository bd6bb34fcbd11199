"""A small service for trying the engine: counts reports a case, says one event at first and two events each time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel, ConfigDict

from shared.contracts.blocks import Channel, Recipient
from shared.contracts.event import Event
from shared.contracts.events import CaseEscalated, CaseOpened, ReportAccepted, StandingChanged
from shared.contracts.report import Contact
from shared.contracts.vocabulary import EscalationReason, Force, NoticeChannel, RecipientRole, Standing, Urgency
from shared.delivery.book import Book
from shared.delivery.envelope import Envelope
from shared.delivery.record import Place, Record
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work

T0 = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TOPIC = "relais.intake"
POISONED_STATION = "PN-99-0666"


class Tally(BaseModel):
    """How many reports a case has had."""

    model_config = ConfigDict(frozen=True)

    reports: tuple[UUID, ...] = ()


class Poisoned(Exception):
    """This handler can't stomach that station."""


TALLIES: Shelf[Tally] = Shelf("tallies", Tally)


def toy_book(*, is_mended: bool = False) -> Book:
    book = Book()

    @book.on(ReportAccepted, needs=lambda event, _: [(TALLIES, str(event.case_id))], opens=("contact",))
    def on_report_accepted(report: ReportAccepted, work: Work) -> None:
        if report.station == POISONED_STATION and not is_mended:
            raise Poisoned
        case, tally = report.case_id, work.get(TALLIES, report.case_id)
        work.put(TALLIES, case, Tally(reports=(*(tally.reports if tally else ()), report.report_id)))
        if tally is None:
            work.say(opened(report), case, of=(TALLIES, case), correlation=case)
        work.say(standing(report), case, of=(TALLIES, case), correlation=case)
        work.say(escalated(report), case, of=(TALLIES, case), correlation=case)

    return book


def opened(report: ReportAccepted) -> CaseOpened:
    return CaseOpened(
        case_id=report.case_id,
        report_id=report.report_id,
        station=report.station,
        departement=report.departement,
        urgency=report.urgency,
        test=report.test,
    )


def standing(report: ReportAccepted) -> StandingChanged:
    return StandingChanged(report_id=report.report_id, integrator=report.integrator, standing=Standing.TAKEN_IN_CHARGE)


def escalated(report: ReportAccepted) -> CaseEscalated:
    recipient = Recipient(
        ref="coordinator-31",
        role=RecipientRole.COORDINATOR,
        channels=(Channel(channel=NoticeChannel.EMAIL, value="coordination@relais.example"),),
    )
    return CaseEscalated(reason=EscalationReason.NOBODY, urgency=report.urgency, notify=(recipient,))


def a_report(case: UUID, n: int, *, station: str = "PN-31-0001") -> ReportAccepted:
    return ReportAccepted(
        case_id=case,
        report_id=uuid5(case, f"report {n}"),
        revision=1,
        integrator="police",
        station=station,
        force=Force.POLICE,
        departement="31",
        zone="Europe/Paris",
        urgency=Urgency.URGENT,
        taken_at=T0,
        received_at=T0,
        test=False,
        contact=Contact(),
    )


@dataclass
class Stream:
    """One partition of `relais.intake`, as intake would have written it, sealed blocks left out."""

    partition: int = 0
    records: list[Record] = field(default_factory=list)
    sequences: dict[UUID, int] = field(default_factory=dict)

    def say(self, case: UUID, *, station: str = "PN-31-0001", type_: str | None = None) -> Record:
        n = self.sequences[case] = self.sequences.get(case, 0) + 1
        event = a_report(case, n, station=station)
        return self.add(envelope_of(event, case, n, type_=type_), orjson.dumps(event.clear()))

    def add(self, envelope: Envelope, value: bytes | None) -> Record:
        headers = tuple((name, text.encode()) for name, text in envelope.headers().items())
        return self.put(headers, value, envelope.subject.encode())

    def repeat(self, index: int) -> Record:
        again = self.records[index]
        return self.put(again.headers, again.value, again.key)

    def put(self, headers: Any, value: bytes | None, key: bytes | None) -> Record:
        place = Place(TOPIC, self.partition, len(self.records))
        record = Record(place, int(T0.timestamp() * 1000) + len(self.records), key, value, headers)
        self.records.append(record)
        return record


def envelope_of(event: Event, case: UUID, n: int, *, type_: str | None = None) -> Envelope:
    return Envelope(
        id=uuid5(case, f"accepted {n}"),
        type=type_ or event.type,
        source="/relais/intake/intake",
        subject=str(case),
        time=T0 + timedelta(seconds=n),
        sequence=n,
        correlation_id=str(case),
    )

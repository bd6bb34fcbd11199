"""What came through the stations' door: a report, the withdrawal of one, or all that is wrong with it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.contracts.blocks import Fault, StreamPlace
from shared.contracts.check import Report
from shared.contracts.events import WithdrawalSubmitted
from shared.contracts.report import KnownBy
from shared.contracts.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Submission:
    """Fiche présentée: what a station sent and could be read, before anything is decided about it.

    `place` is that of its record; what came over HTTP has none. `report_id` and `revision` are those of the report as
    far as they are known, `case_id` is computed from its identity, `sha256` is that of the very bytes that came,
    `fingerprint` tells the same content again, `contact_mark` the same contact,
    `known_by` the same person.
    Without a report and a withdrawal there are faults, or it is too large to be read.
    """

    integrator: str
    place: StreamPlace | None
    event_id: UUID | None
    sha256: str
    received_at: datetime
    report_id: UUID | None = None
    case_id: UUID | None = None
    revision: int | None = None
    report: Report | None = field(default=None, repr=False)
    withdrawal: WithdrawalSubmitted | None = None
    fingerprint: str = ""
    contact_mark: str | None = None
    known_by: KnownBy | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def identity(self) -> str | None:
        """By what a report is known: who speaks for its station, and the id that the station chose."""
        return identity(self.integrator, self.report_id) if self.report_id else None

    @property
    def station(self) -> str | None:
        """The station that reports, where what it sent can be read."""
        clear = self.report.clear if self.report else self.withdrawal
        return clear.station if clear else None

    @property
    def role(self) -> Role | None:
        """The role of the person concerned."""
        return self.report.content.concerned.role if self.report else None

    @property
    def related(self) -> tuple[str, ...]:
        """The identities of the reports of the same event that it names."""
        named = self.report.content.related_to if self.report else ()
        return tuple(identity(self.integrator, report_id) for report_id in named)


def identity(integrator: str, report_id: UUID) -> str:
    """The identity of a report: ids that two integrators chose alike are two reports."""
    return f"{integrator}/{report_id}"

"""What came through the stations' door: a report, or all that is wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.blocks import Fault, StreamPlace
from shared.contracts.check import Report


@dataclass(frozen=True, slots=True)
class Submission:
    """One record of a station that could be read, before anything is decided about it."""

    integrator: str
    place: StreamPlace
    event_id: UUID | None
    report_id: UUID | None
    revision: int | None
    sha256: str
    received_at: datetime
    report: Report | None = None
    faults: tuple[Fault, ...] = ()
    is_too_large: bool = False

    @property
    def identity(self) -> str | None:
        """By what a report is known: who speaks for its station, and the id that the station chose."""
        return f"{self.integrator}/{self.report_id}" if self.report_id else None

    @property
    def station(self) -> str:
        """The station that reports; nothing where the report can't be read."""
        return self.report.clear.station if self.report else ""

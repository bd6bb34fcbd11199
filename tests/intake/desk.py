"""A handler's desk of intake, in memory: what stands on the shelves, and what is said."""

from typing import Any
from uuid import UUID

import orjson
from uuid6 import uuid7

from deploy.local import ROOT
from services.intake.domain.filed import FiledReport
from services.intake.domain.registry import Integrator, Station
from services.intake.domain.submission import Submission
from services.intake.handlers import on_standing_changed
from services.intake.store import INTEGRATORS, PRESENCES, REPORTS, STATIONS
from shared.contracts.blocks import Opening
from shared.contracts.event import Event
from shared.contracts.events import StandingChanged
from shared.contracts.vocabulary import Standing
from shared.delivery.arrival import Arrival
from shared.delivery.cause import Cause
from shared.delivery.shelf import Tracked
from shared.delivery.unit import Said, Unit, Work
from shared.vault.ring import Ring
from tests.intake.builders import T0, a_reception

SAMPLES = ROOT / "deploy" / "samples"
REGISTRY = orjson.loads((SAMPLES / "registry.json").read_bytes())


class Desk:
    """The registry of the samples, no report taken yet."""

    def __init__(self, ring: Ring | None = None) -> None:
        self.reception = a_reception(ring)
        self.unit = Unit("intake", {})
        for each in REGISTRY["integrators"]:
            self._lay(INTEGRATORS, each["code"], Integrator(**each, authid=UUID(int=1)))
        for each in REGISTRY["stations"]:
            self._lay(STATIONS, each["code"], Station(**each))

    def _lay(self, shelf: Any, id_: str, state: object) -> None:
        self.unit.states[shelf, id_] = Tracked((shelf, id_), state)

    def work(self, cause: Cause) -> Work:
        return Work(self.unit, cause)

    def take(self, arrival: Arrival) -> list[Said]:
        """Handle one submission. What was said because of it."""
        assert isinstance(arrival.content, Submission)
        before = len(self.unit.said)
        self.reception.receive(arrival.content, self.work(arrival.cause))
        return self.unit.said[before:]

    def wait_in_vain(self, identity: str) -> list[Said]:
        """The report that something was kept for has not come in time. What was said because of that."""
        before = len(self.unit.said)
        self.reception.set_aside_overdue(identity, self.work(Cause(uuid7(), T0)))
        return self.unit.said[before:]

    def tell(self, report_id: UUID, standing: Standing, integrator: str = "gendarmerie") -> list[Said]:
        """Handle a change of standing. What was said because of it."""
        before = len(self.unit.said)
        event = StandingChanged(report_id=report_id, integrator=integrator, standing=standing)
        on_standing_changed(event, self.work(Cause(UUID(int=before), T0)), sign=self.reception.sign)
        return self.unit.said[before:]

    def filed(self, identity: str) -> FiledReport | None:
        """What is kept of a report."""
        state: FiledReport | None = self.unit.tracked((REPORTS, identity)).state
        return state

    def openings(self, station: str) -> tuple[Opening, ...]:
        """What is known of the presences at a station."""
        state = self.unit.tracked((PRESENCES, station)).state
        return state.openings if state else ()


def events(said: list[Said], kind: type[Event]) -> list[Any]:
    """The events of one kind among what was said."""
    return [each.event for each in said if isinstance(each.event, kind)]

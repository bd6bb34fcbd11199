"""What intake keeps: the registry, the reports it has answered, the presences it has been told of."""

from services.intake.domain.filed import FiledReport
from services.intake.domain.presence import Presence
from services.intake.domain.registry import Integrator, Station
from shared.delivery.shelf import Shelf

REPORTS: Shelf[FiledReport] = Shelf("reports", FiledReport)
STATIONS: Shelf[Station] = Shelf("stations", Station)
INTEGRATORS: Shelf[Integrator] = Shelf("integrators", Integrator)
PRESENCES: Shelf[Presence] = Shelf("presences", Presence)

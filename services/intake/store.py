"""What intake keeps: the registry, the reports it has answered, the presences it has been told of."""

from collections.abc import Collection, Mapping

from services.intake.domain.filed import FiledReport
from services.intake.domain.presence import Presence
from services.intake.domain.registry import Integrator, Station
from shared.delivery.shelf import Database, Shelf, View

REPORTS: Shelf[FiledReport] = Shelf("reports", FiledReport, dates=("due_at",))
STATIONS: Shelf[Station] = Shelf("stations", Station)
INTEGRATORS: Shelf[Integrator] = Shelf("integrators", Integrator)
PRESENCES: Shelf[Presence] = Shelf("presences", Presence)
LISTINGS = "listings"
"""How far each integrator's list of reports has been numbered."""


async def _signing_in(database: Database, authids: Collection[str]) -> Mapping[str, Integrator]:
    found = database[INTEGRATORS.name].find({"authid": {"$in": list(authids)}, "closed": {"$ne": True}})
    return {document["authid"]: INTEGRATORS.state(document) async for document in found}


SIGNING_IN: View[Integrator] = View("integrators-signing-in", _signing_in)
"""By opaque id: the integrator that signs in so."""

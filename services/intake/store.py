"""What intake keeps: the registry, the reports it has answered, the presences it has been told of."""

from collections.abc import Collection, Mapping, Sequence

from services.intake.domain.filed import FiledReport
from services.intake.domain.presence import Presence
from services.intake.domain.registry import Integrator, Station
from shared.asking import Document
from shared.delivery.shelf import Shelf, View

REPORTS: Shelf[FiledReport] = Shelf("reports", FiledReport, dates=("due_at",))
STATIONS: Shelf[Station] = Shelf("stations", Station)
INTEGRATORS: Shelf[Integrator] = Shelf("integrators", Integrator)
PRESENCES: Shelf[Presence] = Shelf("presences", Presence)
LISTINGS = "listings"
"""How far each integrator's list of reports has been numbered."""


def _with_authids(authids: Collection[str]) -> list[Document]:
    return [{"$match": {"authid": {"$in": list(authids)}, "closed": {"$ne": True}}}]


def _by_authid(found: Sequence[Document], _authids: Collection[str]) -> Mapping[str, Integrator]:
    return {document["authid"]: INTEGRATORS.state(document) for document in found}


SIGNING_IN: View[Integrator] = View(INTEGRATORS.name, _with_authids, _by_authid)
"""By opaque id: the integrator that signs in so."""

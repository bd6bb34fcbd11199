"""Who may report: integrators, and the stations for which each of them speaks."""

from uuid import UUID

from shared.contracts.fields import Block
from shared.contracts.forms import Departement, IntegratorCode, StationCode, Zone
from shared.contracts.person import InseeCommune
from shared.contracts.vocabulary import Force


class Station(Block):
    """Unité: commissariat or brigade, its territory and its time."""

    code: StationCode
    force: Force
    departement: Departement
    commune: InseeCommune
    zone: Zone


class Integrator(Block):
    """Éditeur ou plateforme: software that speaks for a list of stations. It signs in by its code."""

    code: IntegratorCode
    stations: frozenset[StationCode]
    authid: UUID

    def speaks_for(self, station: str) -> bool:
        """Whether a report of this station may come from this integrator."""
        return station in self.stations

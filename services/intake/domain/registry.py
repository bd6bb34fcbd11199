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


class Speaker(Block):
    """Éditeur ou plateforme, as a registry's file names it: software that speaks for a list of stations."""

    code: IntegratorCode
    stations: frozenset[StationCode]

    def speaks_for(self, station: str) -> bool:
        """Whether a report of this station may come from this integrator."""
        return station in self.stations


class Integrator(Speaker):
    """Éditeur ou plateforme, with the opaque id under which it acts: it signs in by its code."""

    authid: UUID


class Registry(Block):
    """Everybody who may report, as it stands in a file."""

    integrators: tuple[Speaker, ...]
    stations: tuple[Station, ...]

    def strangers(self) -> list[str]:
        """Stations that an integrator speaks for and nobody knows."""
        known = {station.code for station in self.stations}
        return sorted({code for speaker in self.integrators for code in speaker.stations} - known)

"""Unités: the stations that may report, as the registry has told of them."""

from shared.contracts.fields import Block
from shared.contracts.forms import Departement, StationCode, Zone
from shared.contracts.person import InseeCommune
from shared.contracts.vocabulary import Force


class KnownStation(Block):
    """A station's territory and time; a closed one reports no more."""

    station: StationCode
    force: Force
    departement: Departement
    commune: InseeCommune
    zone: Zone
    closed: bool = False

"""Who may report, and with which keys stations seal: what operators have changed."""

from shared.contracts.event import Event
from shared.contracts.fields import Routed
from shared.contracts.forms import Departement, IntegratorCode, KeyId, StationCode, Zone
from shared.contracts.person import InseeCommune
from shared.contracts.vocabulary import Force, RegistryReason


class StationRegistered(Event, family="station"):
    """A station (unité) is registered, or what is known of it has changed: this replaces it."""

    station: Routed[StationCode]
    force: Routed[Force]
    departement: Routed[Departement]
    commune: Routed[InseeCommune]
    zone: Routed[Zone]
    reason: Routed[RegistryReason]


class StationClosed(Event, family="station"):
    """A station reports no more."""

    station: Routed[StationCode]
    reason: Routed[RegistryReason]


class IntegratorRegistered(Event, family="integrator"):
    """An integrator (éditeur) is registered, or speaks for other stations or signs in with other keys now: all of them.

    `keys` are the `kid` of its public keys.
    """

    integrator: Routed[IntegratorCode]
    stations: Routed[tuple[StationCode, ...]]
    keys: Routed[tuple[KeyId, ...]] = ()
    reason: Routed[RegistryReason]


class IntegratorClosed(Event, family="integrator"):
    """An integrator speaks for nobody any more."""

    integrator: Routed[IntegratorCode]
    reason: Routed[RegistryReason]


class KeyRotated(Event, family="key"):
    """Stations seal for a new key from now on; the older ones still open."""

    kid: Routed[KeyId]


class KeyDestroyed(Event, family="key"):
    """A key is destroyed: what was sealed for it, and still lies sealed, can't be read any more."""

    kid: Routed[KeyId]

"""Changes the registry, and tells each change to the others: to referral, and to the log."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.intake.domain.registry import Change, Integrator, Station, changes
from services.intake.store import INTEGRATORS, STATIONS
from shared.contracts.event import Event
from shared.contracts.events import IntegratorClosed, IntegratorRegistered, StationClosed, StationRegistered
from shared.contracts.vocabulary import RegistryReason
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work

Registered = Station | Integrator


def shelf_of(each: Registered) -> Shelf[Any]:
    """Where it is kept."""
    return STATIONS if isinstance(each, Station) else INTEGRATORS


def register(
    known: Iterable[Registered], wanted: Sequence[Registered], reason: RegistryReason, work: Work
) -> list[Change]:
    """Have exactly those registered that are wanted. All of it is saved and said together, or nothing."""
    now = [state for each in known if (state := work.get(shelf_of(each), each.code))]
    made = changes(now, wanted)
    for change in made:
        shelf, code = shelf_of(change.after), change.after.code
        work.put(shelf, code, change.after)
        # Counted by subject, as a station's refusals are: readers count by subject.
        work.say(_event(change.after, reason), code)
    return made


def _event(each: Registered, reason: RegistryReason) -> Event:
    if isinstance(each, Station):
        if each.closed:
            return StationClosed(station=each.code, reason=reason)
        where = {"departement": each.departement, "commune": each.commune, "zone": each.zone}
        return StationRegistered(station=each.code, force=each.force, reason=reason, **where)
    if each.closed:
        return IntegratorClosed(integrator=each.code, reason=reason)
    keys = tuple(sorted(key.kid for key in each.keys or ()))
    return IntegratorRegistered(integrator=each.code, stations=tuple(sorted(each.stations)), keys=keys, reason=reason)

"""How far the attempts at one unit of work have come. Each goes on only where the one before has told something new."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.delivery.failures import Blocked, Contended, EndlessLookup, TooSlow, is_conflict
from shared.delivery.shelf import Key, Tracked
from shared.delivery.unit import Unit

MOST_LOOKUPS = 100
"""Rounds of looking up. No handler needs more than a few: one that always asks for another key must end."""
MOST_CONFLICTS = 6
LONGEST_SECONDS = 1.5
"""How long this process may think about several items at once: nothing else happens in it meanwhile."""

Basis = tuple[Mapping[Key, int], Mapping[str, str]]
"""On what an attempt was decided: the revisions of what it changes, and what was known of its records."""


@dataclass(slots=True)
class Progress:
    """What is wanted and what was read; whether arrivals may be repeats; how often others were faster."""

    wanted: set[Key]
    may_repeat: bool
    read: dict[Key, Tracked] = field(default_factory=dict)
    seconds_left: float = field(default_factory=lambda: LONGEST_SECONDS)
    _lookups: int = 0
    _conflicts: list[Basis] = field(default_factory=list)

    def look_further(self, unit: Unit) -> None:
        """Have read, too, what was asked for and not loaded. Raises `EndlessLookup`."""
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise EndlessLookup
        self._learn_from(unit)

    def note_failure(self, unit: Unit, error: Exception) -> None:
        """Raise it, unless it comes of what was not loaded, or of a repeat that was taken for new."""
        if isinstance(error, TooSlow):
            raise error
        if unit.wanted:
            self.look_further(unit)
        elif self.may_repeat:
            raise error
        else:
            self._read_again(unit)

    def note_conflict(self, unit: Unit, error: Exception) -> None:
        """Read again what another writer has changed, or is changing. Raises where others are faster for too long."""
        known = {each["_id"]: unit.known.get(each["_id"], "") for each in unit.inbox}
        self._conflicts.append(({each.key: each.loaded_rev for each in unit.touched()}, known))
        if len(self._conflicts) >= MOST_CONFLICTS:
            if not is_conflict(error):
                raise error
            raise Contended if self._has_moved() else Blocked
        self._read_again(unit)

    def _has_moved(self) -> bool:
        """Whether what was read was not the same at all conflicts but the first, which may come of a repeat."""
        return any(each != self._conflicts[-1] for each in self._conflicts[1:])

    def _read_again(self, unit: Unit) -> None:
        """Whatever was read may be another writer's by now."""
        self._learn_from(unit)
        self.may_repeat = True
        self.read.clear()

    def _learn_from(self, unit: Unit) -> None:
        self.wanted |= unit.states.keys()
        self.seconds_left = unit.seconds_left

"""What is unusual in how people look at data: one table of rules, each over the lines that tell of a look.

It accuses nobody: it says where an auditor should look first. Limits are ours, and open to dispute.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.contracts.vocabulary import Purpose, UnusualAccess

PARIS = ZoneInfo("Europe/Paris")
NIGHT_FROM, NIGHT_TO = 22, 6


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody has looked: when, at whom, and for which purpose. `actor` and `subject` are opaque ids."""

    at: datetime
    actor: str
    subject: str | None
    why: str | None


class Counted(NamedTuple):
    """Looks of one actor, this one included: in the last hour, and at the same subject in the last seven days."""

    in_an_hour: int
    at_the_same: int


class Rule(NamedTuple):
    """When a look is unusual: beyond so many in a window, or in itself; said once a window for each actor."""

    limit: int
    window: timedelta
    reason: str


HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
RULES: Mapping[UnusualAccess, Rule] = {
    UnusualAccess.MANY_IN_AN_HOUR: Rule(60, HOUR, "one a minute is no reading, but copying"),
    UnusualAccess.SAME_PERSON: Rule(10, WEEK, "ten times a week is more than an accompaniment needs"),
    UnusualAccess.OFF_HOURS: Rule(0, DAY, "between 22 h and 6 h in Paris only whoever is on call works"),
    UnusualAccess.ELSEWHERE: Rule(0, DAY, "who breaks the glass looks at a case that is not hers"),
}


def unusual(look: Look, counted: Counted) -> Iterator[tuple[UnusualAccess, int]]:
    """The rules that this look breaks, and how many looks do so together."""
    counts = {
        UnusualAccess.MANY_IN_AN_HOUR: counted.in_an_hour,
        UnusualAccess.SAME_PERSON: counted.at_the_same,
        UnusualAccess.OFF_HOURS: int(is_night(look.at)),
        UnusualAccess.ELSEWHERE: int(look.why == Purpose.BREAK_GLASS),
    }
    yield from ((rule, many) for rule, many in counts.items() if many > RULES[rule].limit)


def is_night(at: datetime) -> bool:
    """Whether it is night where the social workers are. Overseas it may be day: an auditor knows who is where."""
    hour = at.astimezone(PARIS).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO


def window_of(rule: UnusualAccess, look: Look) -> str:
    """By what the same finding is known again: it is said once a window, also for looks that come late."""
    subject = look.subject if rule is UnusualAccess.SAME_PERSON else ""
    return f"{rule} {look.actor} {subject} {int(look.at.timestamp() // RULES[rule].window.total_seconds())}"

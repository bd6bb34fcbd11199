"""Gathers a year for its statistics, some cases at a time: what is gathered does not grow with the number of cases."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.referral.domain.coverage import Coverage
from services.referral.domain.statistics import (
    Counted,
    Met,
    Orientation,
    tallies_of_interviews,
    tallies_of_referrals,
    tallies_of_reports,
)
from services.referral.domain.yearbook import Delay, Tally, Waits, Year, posts, tables

WAITS = tuple(name for name in Year.model_fields if name.startswith("to_"))


class Gathered:
    """What was counted so far of a year. Seconds of waiting are kept one by one, for their median."""

    def __init__(self) -> None:
        self._groups = (*tallies_of_reports([]), tallies_of_referrals([]), tallies_of_interviews([]))
        self._waits = {name: Waits() for name in WAITS}

    def add(self, reports: Iterable[Counted], referrals: Iterable[Orientation], interviews: Iterable[Met]) -> None:
        """Count these, too."""
        more = (*tallies_of_reports(reports), tallies_of_referrals(referrals), tallies_of_interviews(interviews))
        for group, added in zip(self._groups, more, strict=True):
            _add(group, added)

    def wait(self, name: str, delay: Delay) -> None:
        """Somebody waited that long, for what this delay is called after."""
        self._waits[name].add(delay)

    def year(self, year: int, counted_at: datetime, threshold: int, coverage: Iterable[Coverage]) -> Year:
        """The whole year, small counts hidden."""
        waits: dict[str, Any] = {name: some.delays(threshold) for name, some in self._waits.items()}
        return Year(
            year=year,
            counted_at=counted_at,
            threshold=threshold,
            tables=tuple(each for group in self._groups for each in tables(group, threshold)),
            coverage=posts(coverage),
            **waits,
        )


def _add(group: tuple[Tally, ...], added: tuple[Tally, ...]) -> None:
    for tally, more in zip(group, added, strict=True):
        tally.found.update(more.found)

"""Statistiques annuelles as they are published: tables and delays by département, small counts hidden everywhere.

Tables that count the same people hide the same totals, so that nobody learns from one what another keeps secret.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median, quantiles
from typing import NamedTuple

from services.referral.domain.coverage import Coverage
from services.referral.domain.suppression import TOTAL, Cell, published, published_together, with_margins
from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime

LATE, IN_TIME = "late", "in-time"


class Tally(NamedTuple):
    """What one table counts: every value that there is, and how often each was found in each département."""

    dimension: str
    values: tuple[str, ...]
    found: Counter[Cell]


class Line(Block):
    """One row of a table: a département or the total. `None` where a count is hidden."""

    departement: str
    counts: Mapping[str, int | None]


class Table(Block):
    """Counts by département and by the values of one dimension."""

    dimension: str
    lines: tuple[Line, ...]


def tables(tallies: Sequence[Tally], threshold: int) -> tuple[Table, ...]:
    """The tables of the same people (or referrals, or interviews), small counts hidden."""
    departements = sorted({cell.row for each in tallies for cell in each.found})
    counts = [with_margins(tally.found, departements, tally.values) for tally in tallies]
    shown = published_together(counts, threshold)
    return tuple(_table(tally, departements, cells) for tally, cells in zip(tallies, shown, strict=True))


def _table(tally: Tally, departements: Sequence[str], shown: Mapping[Cell, int | None]) -> Table:
    columns = [*tally.values, TOTAL]
    lines = [
        Line(departement=row, counts={column: shown[Cell(row, column)] for column in columns})
        for row in [*departements, TOTAL]
    ]
    return Table(dimension=tally.dimension, lines=tuple(lines))


class Delay(NamedTuple):
    """How long one person waited, in seconds; and whether that was in time."""

    departement: str
    seconds: float
    in_time: bool


class Delays(Block):
    """Délais of a département: how many, the median, the ninetieth centile, the share in time. Hidden where few.

    The share is hidden also where few were late, or few in time.
    """

    departement: str
    number: int | None
    median_seconds: int | None = None
    p90_seconds: int | None = None
    share_in_time: float | None = None


class Waits:
    """How long people waited, gathered one by one: of each the seconds, in eight bytes."""

    def __init__(self) -> None:
        self._seconds: dict[str, array[float]] = {}
        self._counts = Counter[Cell]()

    def add(self, each: Delay) -> None:
        """One more has waited."""
        self._seconds.setdefault(each.departement, array("d")).append(each.seconds)
        self._counts[Cell(each.departement, IN_TIME if each.in_time else LATE)] += 1

    def delays(self, threshold: int) -> tuple[Delays, ...]:
        """By département and in all; where fewer than `threshold` waited it is hidden, with as many as it takes."""
        shown = published(with_margins(self._counts, self._seconds, (LATE, IN_TIME)), threshold)
        everywhere = [seconds for some in self._seconds.values() for seconds in some]
        lines: dict[str, Sequence[float]] = {**dict(sorted(self._seconds.items())), TOTAL: everywhere}
        return tuple(_of(code, some, shown) for code, some in lines.items())


def _of(code: str, seconds: Sequence[float], shown: Mapping[Cell, int | None]) -> Delays:
    number, in_time = shown[Cell(code, TOTAL)], shown[Cell(code, IN_TIME)]
    if not number:
        return Delays(departement=code, number=number)
    p90 = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return Delays(
        departement=code,
        number=number,
        median_seconds=round(median(seconds)),
        p90_seconds=round(p90),
        share_in_time=None if in_time is None else round(in_time / number, 3),
    )


class Posts(Block):
    """Couverture at the end of the year, or today: posts and filled posts of a département, against the goal."""

    departement: str
    posts: int
    filled: int
    goal: int
    reaches_goal: bool
    stations: int
    stations_without_cover: int
    days_without_presence: int


def posts(found: Iterable[Coverage]) -> tuple[Posts, ...]:
    """What of the coverage tells nothing of how many reports there were."""
    named = Posts.model_fields.keys() - {"stations_without_cover"}
    return tuple(
        Posts(**each.model_dump(include=set(named)), stations_without_cover=len(each.stations_without_cover))
        for each in found
    )


class Year(Block):
    """Statistiques of a year. A hidden count is `null`; `threshold` is below which counts are hidden.

    Delays run from when the report was received, or, `…_since_taken`, from when the station says it was taken.
    `counted_at` is when all of this was counted.
    """

    year: int
    counted_at: UtcTime
    threshold: int
    tables: tuple[Table, ...]
    to_acceptance: tuple[Delays, ...]
    to_first_contact: tuple[Delays, ...]
    to_acceptance_since_taken: tuple[Delays, ...]
    to_first_contact_since_taken: tuple[Delays, ...]
    coverage: tuple[Posts, ...]

    def waits(self) -> Mapping[str, tuple[Delays, ...]]:
        """Every delay of the year, by its name."""
        return {name: value for name, value in self if name.startswith("to_")}

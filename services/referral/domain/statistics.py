"""Statistiques annuelles: what the ministry lacks. Counted by département, small counts hidden.

What a report tells of its person stays sealed, and is opened to be counted; of a case that is erased a row stays, which
names no case. Delays are counted from cases, which tell nothing of a person.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from statistics import median, quantiles
from typing import NamedTuple

from services.referral.domain.suppression import TOTAL, Cell, published, with_margins
from services.referral.domain.urgency import is_characterised
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, Month
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import AgeBand, Category, Need, Origin, Role, Sex


class Counted(Block):
    """What is counted of one report. `is_known`: the person had been reported before."""

    month: Month
    departement: Departement
    origin: Origin
    penal: bool
    categories: tuple[Category, ...]
    role: Role
    age_band: AgeBand
    sex: Sex
    needs: tuple[Need, ...] = ()
    minors: bool = False
    characterised: bool = False
    is_known: bool = False


def counted(file: CaseFile, day: date, departement: str, *, is_known: bool) -> Counted | None:
    """What is counted of a report; nothing where it names nobody who is concerned."""
    concerned = next((person for person in file.persons if person.concerned), None)
    if concerned is None:
        return None
    return Counted(
        month=f"{day:%Y-%m}",
        departement=departement,
        origin=file.origin,
        penal=file.penal,
        categories=file.categories,
        role=concerned.role,
        age_band=concerned.age_band,
        sex=concerned.sex,
        needs=concerned.needs,
        minors=file.minors is not None and file.minors.count > 0,
        characterised=is_characterised(file.danger_grid),
        is_known=is_known,
    )


YES_OR_NO = ("yes", "no")


class Dimension(NamedTuple):
    """By what is counted: every value that there is, and those of one report. One with several counts in each."""

    values: tuple[str, ...]
    of: Callable[[Counted], Sequence[str]]


def _yes(holds: bool) -> tuple[str]:
    return ("yes" if holds else "no",)


DIMENSIONS: Mapping[str, Dimension] = {
    "sex": Dimension(tuple(Sex), lambda each: (each.sex,)),
    "age_band": Dimension(tuple(AgeBand), lambda each: (each.age_band,)),
    "role": Dimension(tuple(Role), lambda each: (each.role,)),
    "category": Dimension(tuple(Category), lambda each: each.categories),
    "origin": Dimension(tuple(Origin), lambda each: (each.origin,)),
    "penal": Dimension(YES_OR_NO, lambda each: _yes(each.penal)),
    "known": Dimension(YES_OR_NO, lambda each: _yes(each.is_known)),
    "minors": Dimension(YES_OR_NO, lambda each: _yes(each.minors)),
    "danger_characterised": Dimension(YES_OR_NO, lambda each: _yes(each.characterised)),
    "need": Dimension(tuple(Need), lambda each: each.needs),
}


class Line(Block):
    """One row of a table: a département or the total. `None` where a count is hidden."""

    departement: str
    counts: Mapping[str, int | None]


class Table(Block):
    """Reports (or mentions, where a report may have several) by département and by the values of one dimension."""

    dimension: str
    lines: tuple[Line, ...]


def tables(rows: Iterable[Counted], threshold: int) -> tuple[Table, ...]:
    """Every table of a year, small counts hidden."""
    counting = list(rows)
    departements = sorted({each.departement for each in counting})
    return tuple(_table(name, dimension, counting, departements, threshold) for name, dimension in DIMENSIONS.items())


def _table(name: str, by: Dimension, rows: list[Counted], departements: list[str], threshold: int) -> Table:
    counts = Counter(Cell(each.departement, value) for each in rows for value in by.of(each))
    shown = published(with_margins(counts, departements, by.values), threshold)
    columns = [*by.values, TOTAL]
    lines = [
        Line(departement=row, counts={column: shown[Cell(row, column)] for column in columns})
        for row in [*departements, TOTAL]
    ]
    return Table(dimension=name, lines=tuple(lines))


class Delay(NamedTuple):
    """How long one person waited, in seconds; and whether that was in time."""

    departement: str
    seconds: float
    in_time: bool


class Delays(Block):
    """Délais of a département: how many, the median, the ninetieth centile, the share in time. Hidden where few."""

    departement: str
    number: int | None
    median_seconds: int | None = None
    p90_seconds: int | None = None
    share_in_time: float | None = None


def delays(found: Iterable[Delay], threshold: int) -> tuple[Delays, ...]:
    """By département and in all; where fewer than `threshold` waited it is hidden, with as many as it takes."""
    by_departement: dict[str, list[Delay]] = {}
    for each in found:
        by_departement.setdefault(each.departement, []).append(each)
    table = with_margins({Cell(code, "n"): len(some) for code, some in by_departement.items()}, by_departement, ["n"])
    shown = published(table, threshold)
    everywhere = [each for some in by_departement.values() for each in some]
    lines = {**dict(sorted(by_departement.items())), TOTAL: everywhere}
    return tuple(_of(code, some, is_hidden=shown[Cell(code, "n")] is None) for code, some in lines.items())


def _of(code: str, some: list[Delay], *, is_hidden: bool) -> Delays:
    if is_hidden or not some:
        return Delays(departement=code, number=None if is_hidden else 0)
    seconds = [each.seconds for each in some]
    p90 = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return Delays(
        departement=code,
        number=len(some),
        median_seconds=round(median(seconds)),
        p90_seconds=round(p90),
        share_in_time=round(sum(each.in_time for each in some) / len(some), 3),
    )


class Year(Block):
    """Statistiques of a year. A hidden count is `null`; `threshold` is below which counts are hidden."""

    year: int
    threshold: int
    tables: tuple[Table, ...]
    to_acceptance: tuple[Delays, ...]
    to_first_contact: tuple[Delays, ...]

"""Writes the statistics of a year for people: one line a count for spreadsheets, or a page with charts to print."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.referral.domain.referrals import ReferralState
from services.referral.domain.suppression import TOTAL
from services.referral.domain.yearbook import Delays, Posts, Table, Year
from shared.contracts.vocabulary import (
    AgeBand,
    Category,
    DurationBand,
    InterviewPlace,
    LegalGround,
    Need,
    Origin,
    PartnerType,
    Role,
    Sex,
)

HIDDEN = "hidden"
YES_NO = {"yes": "Oui", "no": "Non"}
TITLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    name: (title, {code.value: code.label for code in codes} if codes else YES_NO)
    for name, title, codes in (
        ("sex", "Sexe", Sex),
        ("age_band", "Tranche d’âge", AgeBand),
        ("role", "Qualité au regard des faits", Role),
        ("category", "Problématiques (plusieurs possibles)", Category),
        ("origin", "Origine du contact", Origin),
        ("penal", "Suite pénale", None),
        ("known", "Déjà connue", None),
        ("minors", "Mineurs présents", None),
        ("danger_characterised", "Danger caractérisé", None),
        ("need", "Besoins (plusieurs possibles)", Need),
        ("orientation", "Orientations, par partenaire", PartnerType),
        ("orientation_outcome", "Suite des orientations", ReferralState),
        ("orientation_rests_on", "Fondement des orientations", LegalGround),
        ("interview_place", "Entretiens, par lieu", InterviewPlace),
        ("interview_duration", "Entretiens, par durée", DurationBand),
    )
}
DELAYS = {
    "to_acceptance": "De la réception à la prise en charge",
    "to_first_contact": "De la réception au premier contact",
    "to_acceptance_since_taken": "De la saisine par l’unité à la prise en charge",
    "to_first_contact_since_taken": "De la saisine par l’unité au premier contact",
}


class Bar(NamedTuple):
    """One value of a chart: its label, its count (none where it is hidden), its length in per cent of the longest."""

    label: str
    number: int | None
    length: float


def as_csv(year: Year) -> str:
    """One line a count: table, département, value, count."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([("table", "departement", "value", "count"), *_lines(year)])
    return text.getvalue()


def as_page(year: Year) -> str:
    """The whole year as one HTML page that needs nothing else, with a chart and a table for each dimension."""
    charts = [(*_titled(each), each, bars(each)) for each in year.tables]
    waits = [(DELAYS[name], delays) for name, delays in year.waits().items()]
    page = _PAGES.get_template("statistics.html")
    return page.render(year=year, charts=charts, waits=waits, total=TOTAL, hours=_hours)


def bars(table: Table) -> list[Bar]:
    """The chart of a table's totals: every value that was found anywhere."""
    _, labels = _titled(table)
    shown = {value: count for value, count in table.lines[-1].counts.items() if value != TOTAL and count != 0}
    longest = max((count or 0 for count in shown.values()), default=0) or 1
    return [Bar(labels.get(value, value), count, 100 * (count or 0) / longest) for value, count in shown.items()]


def _titled(table: Table) -> tuple[str, Mapping[str, str]]:
    title, labels = TITLES[table.dimension]
    return title, {**labels, "consent": "Accord de la personne", TOTAL: "Total"}


def _lines(year: Year) -> Iterator[tuple[str, str, str, object]]:
    for table in year.tables:
        for line in table.lines:
            yield from ((table.dimension, line.departement, value, _said(n)) for value, n in line.counts.items())
    by_departement: Mapping[str, Sequence[Delays | Posts]] = {**year.waits(), "coverage": year.coverage}
    for name, some in by_departement.items():
        for each in some:
            members = each.model_dump(exclude={"departement"})
            yield from ((name, each.departement, member, _said(value)) for member, value in members.items())


def _said(count: object) -> object:
    return HIDDEN if count is None else count


def _hours(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds / 3600:.1f} h".replace(".", ",")


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)

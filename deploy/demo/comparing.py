"""What happened, held against what was expected."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.book import SAMPLES, AddressBook
from deploy.demo.journey import End, Journey, end_of


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One cell of the table of ends in which a sample's end is not the expected one."""

    sample: str
    what: str
    expected: str
    found: str


def read_expected(folder: Path = SAMPLES) -> dict[str, End]:
    """The expected end of each sample, by its name. Every record must be in the log, whatever it is."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("sample"): {**row, "log": "yes"} for row in csv.DictReader(file)}


def disagreements(expected: Mapping[str, End], journeys: Sequence[Journey], book: AddressBook) -> list[Disagreement]:
    """Every cell that is not as expected. A sample of which nothing was sent disagrees as a whole."""
    ends = {each.sent.name: end_of(each, journeys[:n], book) for n, each in enumerate(journeys)}
    missing = [Disagreement(name, "sample", "sent", "not sent") for name in expected if name not in ends]
    strange = [Disagreement(name, "sample", "not known", "sent") for name in ends if name not in expected]
    cells = [
        Disagreement(name, what, wanted, ends[name][what])
        for name, row in expected.items()
        if name in ends
        for what, wanted in row.items()
        if ends[name][what] != wanted
    ]
    return [*missing, *strange, *cells]

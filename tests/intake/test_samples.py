"""The samples end as `expected.csv` says, as far as intake decides it."""

import ast
import csv
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.samples.desk import Sample
from deploy.samples.good import ACTS, CONSENTS, URGENCIES
from deploy.samples.reports import sample_reports
from shared.contracts.events import ReceiptIssued, ReportAccepted
from shared.delivery.record import Place, Record
from tests.intake.builders import a_door, a_ring
from tests.intake.desk import SAMPLES, Desk, events

Row = dict[str, str]
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@cache
def expected() -> dict[str, Row]:
    """Each sample's expected end."""
    with (SAMPLES / "expected.csv").open(encoding="utf-8") as file:
        return {row["sample"]: row for row in csv.DictReader(file)}


@cache
def samples(salt: UUID) -> tuple[Sample, ...]:
    return tuple(sample_reports(a_ring().public(), salt, NOW))


def a_record(sample: Sample, offset: int) -> Record:
    place = Place(f"station.reports.{sample.integrator}", 0, offset)
    return Record(place, int(NOW.timestamp() * 1000), sample.key, sample.value, sample.headers)


async def ends(every: tuple[Sample, ...]) -> dict[str, Row]:
    """What intake makes of every sample, in the words of `expected.csv`."""
    desk, found, first_by_jws = Desk(), dict[str, Row](), dict[str, str]()
    arrivals = await a_door().read([a_record(sample, offset) for offset, sample in enumerate(every)])
    for sample, arrival in zip(every, arrivals, strict=True):
        if arrival.refused:
            found[sample.name] = {"set_aside": arrival.refused, "case": "no"}
            continue
        said = desk.take(arrival)
        receipt, *_of_what_was_kept = events(said, ReceiptIssued)
        first = first_by_jws.setdefault(receipt.jws, sample.name)
        found[sample.name] = {
            "outcome": receipt.outcome,
            "reason": receipt.reason or "",
            "warning": "+".join(receipt.warnings) if first == sample.name else "",
            "repeats": "" if first == sample.name else first,
            "case": "yes" if events(said, ReportAccepted) else "no",
        }
    return found


async def test_every_sample_ends_as_the_table_says() -> None:
    found = await ends(samples(uuid4()))
    assert found.keys() == expected().keys()
    for name, row in found.items():
        assert {column: expected()[name][column] for column in row} == row, name


async def test_what_is_set_aside_has_no_outcome_in_the_table() -> None:
    for row in expected().values():
        assert bool(row["set_aside"]) != bool(row["outcome"])


def test_a_second_run_is_a_second_set_of_reports() -> None:
    one, other = ({sample.key for sample in samples(uuid4())} for _ in range(2))
    assert not one & other


def test_every_urgency_consent_and_act_is_sent() -> None:
    names = {sample.name for sample in samples(UUID(int=1))}
    assert {f"{consent}-{act}-{urgency}" for consent in CONSENTS for act in ACTS for urgency in URGENCIES} <= names


def test_every_end_comes_at_least_twice_and_from_two_integrators() -> None:
    kinds = Counter((row["outcome"], row["reason"], row["set_aside"], row["warning"]) for row in expected().values())
    assert min(kinds.values()) >= 2
    assert {sample.integrator for sample in samples(UUID(int=1))} == {"police", "gendarmerie"}


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.py")), ids=lambda file: file.name)
def test_samples_are_written_without_anything_of_ours(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    assert not [name for name in modules if name.split(".")[0] in ("shared", "services", "cli", "tests")]

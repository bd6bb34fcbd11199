"""The kit's offline check beside a bare validator of the published schemas, on the same reports."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from uuid import UUID

import jsonschema_rs
import orjson
from relais_kit.checking import check_file
from relais_kit.samples import samples

from deploy.local.stack import Stack
from shared.contracts.schemas import schemas
from tests.bench.rows import Row

REPORTS, ROUNDS = 20_000, 5


def measure(_stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both five times, in turn, over one file of good reports."""
    floor, ours = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "reports.jsonl")
        file.write_bytes(b"".join(_lines()))
        for n in range(ROUNDS):
            say(f"Checking offline, round {n + 1} of {ROUNDS}")
            floor.append(_rate(lambda: _against_schemas(file)))
            ours.append(_rate(lambda: sum(checked.is_good for checked in check_file(file))))
    ratio = median(mine / bare for mine, bare in zip(ours, floor, strict=True))
    return [Row("relais-kit check, reports/s", _told(floor), _told(ours), f"{ratio:.2f}", "≥ 1 000")]


def _told(rates: list[float]) -> str:
    return f"{median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f})"


def _lines() -> Iterator[bytes]:
    good = [sample.report for sample in samples() if sample.outcome != "rejected"]
    for n in range(REPORTS):
        yield orjson.dumps(good[n % len(good)] | {"report_id": str(UUID(int=n))}) + b"\n"


def _against_schemas(file: Path) -> int:
    known = schemas()
    content = jsonschema_rs.validator_for(known["station.report-submitted.v1.content"])
    return sum(content.is_valid(orjson.loads(line)["content"]) for line in file.read_bytes().splitlines())


def _rate(check: Callable[[], int]) -> float:
    began = time.perf_counter()
    if (good := check()) != REPORTS:
        raise RuntimeError(f"{good} of {REPORTS} reports are good")
    return REPORTS / (time.perf_counter() - began)

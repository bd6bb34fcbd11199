"""However the stations' stream is cut into batches, the same reports are taken and the same receipts are sent."""

from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from services.intake.domain.registry import Integrator, Station
from services.intake.handlers import build_book
from services.intake.migrations import MIGRATIONS
from services.intake.store import INTEGRATORS, STATIONS
from shared.contracts.vocabulary import Force
from shared.delivery.cause import Cause
from shared.delivery.migrations import migrate
from shared.delivery.record import Record
from shared.delivery.unit import Work
from shared.vault import migrate as migrate_vault
from tests.contracts.builders import setting
from tests.delivery.lane_of_one import Bench
from tests.intake.builders import STATION, T0, a_door, a_reception, a_record, a_report, a_withdrawal, headers

Body = Callable[[str], bytes | None]
BODIES: dict[str, Body] = {
    "valid": lambda report_id: a_report(report_id=report_id),
    "in other words": lambda report_id: a_report(setting("pvrj", "act", "kind"), report_id=report_id),
    "refused": lambda report_id: a_report(
        setting("refused", "persons", 0, "consent", "contact_by_iscg"),
        setting([], "partners_asked"),
        report_id=report_id,
    ),
    "invalid": lambda report_id: a_report(report_id=report_id, urgency="soon"),
    "corrected": lambda report_id: a_report(setting("pvrj", "act", "kind"), report_id=report_id, revision=2),
    "corrected again": lambda report_id: a_report(setting("none", "act", "kind"), report_id=report_id, revision=3),
    "withdrawn": lambda report_id: a_withdrawal(report_id=report_id, revision=3),
    "not json": lambda _: b"{",
    "nothing": lambda _: None,
}
STREAMS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(sorted(BODIES))), min_size=1, max_size=8)
CUTS = st.sets(st.integers(1, 7))


@pytest.fixture(scope="module")
async def bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """A lane of intake that knows one station."""
    made = Bench(mongo[f"{namespace}_intake"], mongo[f"{namespace}_vault"])
    made.book = build_book(a_reception())
    made.door = a_door()
    await migrate(made.database, MIGRATIONS)
    await migrate_vault(made.vault_database)
    await made.delivery.perform(Cause(uuid4(), T0), register)
    yield made
    await made.vault.close()


def register(work: Work) -> None:
    home = Station(code=STATION, force=Force.GENDARMERIE, departement="31", commune="31555", zone="Europe/Paris")
    work.put(STATIONS, STATION, home)
    speaker = Integrator(code="gendarmerie", stations=frozenset({STATION}), authid=UUID(int=1))
    work.put(INTEGRATORS, "gendarmerie", speaker)


def a_stream(kinds: Sequence[tuple[int, str]], salt: UUID) -> list[Record]:
    """Records of three reports at most."""
    bodies = [BODIES[kind](str(uuid5(salt, str(which)))) for which, kind in kinds]
    types = [f"station.report-{'withdrawn' if kind == 'withdrawn' else 'submitted'}.v1" for _, kind in kinds]
    carried = [headers(ce_type=type_) for type_ in types]
    return [a_record(*each, offset=offset) for offset, each in enumerate(zip(bodies, carried, strict=True))]


def cut(records: Sequence[Record], at: set[int]) -> list[Sequence[Record]]:
    places = [0, *sorted(place for place in at if place < len(records)), len(records)]
    return [records[start:end] for start, end in pairwise(places)]


async def outcome(bench: Bench, batches: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """What is kept and sent, from an empty start."""
    await bench.wipe(("reports", "inbox", "outbox", "set_aside", "streams"))
    lanes = bench.lanes()
    for batch in batches:
        await lanes.run(batch)
    # A trace is made anew each time that a record is handled.
    without = {"sealed": False, "since": False, "kept.trace": False}
    kept = {name: await bench.database[name].find({}, without).sort("_id").to_list() for name in KEPT}
    return kept | {"sent": sorted(bench.producer.sent)}


KEPT = ("reports", "inbox", "set_aside", "streams")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STREAMS, CUTS)
async def test_any_cut_of_the_stations_stream_takes_the_same_reports(
    bench: Bench, kinds: list[tuple[int, str]], at: set[int]
) -> None:
    records = a_stream(kinds, uuid4())
    assert await outcome(bench, [records]) == await outcome(bench, cut(records, at))

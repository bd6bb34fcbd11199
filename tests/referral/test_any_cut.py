"""However the stream of reports is cut into batches, the same people get the same social workers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.report import KnownBy
from shared.delivery.record import Record
from shared.vault import Vault
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream, envelope_of
from tests.referral.builders import a_file, a_report
from tests.referral.lane import KEPT, STATIONS, sealed, wiped

Drawn = tuple[str, int, int | None]
STREAMS = st.lists(
    st.tuples(st.sampled_from(STATIONS), st.integers(0, 2), st.none() | st.integers(0, 8)), min_size=1, max_size=10
)
CUTS = st.sets(st.integers(1, 9))


async def a_stream(vault: Vault, drawn: Sequence[Drawn], salt: UUID) -> list[Record]:
    """Accepted reports, each of a case of its own; some of the same person, some of the same event."""
    stream = Stream()
    for n, (station, person, event) in enumerate(drawn):
        case_id = uuid5(salt, str(n))
        related = (uuid5(uuid5(salt, str(event)), "report"),) if event is not None and event < n else ()
        known = KnownBy(names=(f"{person}" * 64,))
        file = a_file().model_copy(update={"known_by": known, "related_to": related})
        report = a_report(file, case_id=case_id, report_id=uuid5(case_id, "report"), station=station)
        stream.add(envelope_of(report, case_id, 1), orjson.dumps(report.clear() | await sealed(vault, report)))
    return stream.records


def cut(records: Sequence[Record], at: set[int]) -> list[Sequence[Record]]:
    places = [0, *sorted(place for place in at if place < len(records)), len(records)]
    return [records[start:end] for start, end in pairwise(places)]


async def outcome(bench: Bench, batches: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """What is kept and sent, from an empty start; without traces, which are numbered by chance."""
    await wiped(bench)
    lanes = bench.lanes()
    for batch in batches:
        await lanes.run(batch)
    kept = {name: await bench.database[name].find({}, {"trace": False}).sort("_id").to_list() for name in KEPT}
    return kept | {"sent": sorted(bench.producer.sent)}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STREAMS, CUTS)
async def test_any_cut_of_a_stream_gives_the_same_assignments(bench: Bench, drawn: list[Drawn], at: set[int]) -> None:
    records = await a_stream(bench.vault, drawn, uuid4())
    assert await outcome(bench, [records]) == await outcome(bench, cut(records, at))

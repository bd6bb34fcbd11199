"""However the stream of reports is cut into batches, the same people get the same social workers."""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from services.referral.handlers import book_of
from services.referral.migrations import MIGRATIONS
from services.referral.store import COORDINATORS, POSTS
from shared.contracts.events import ReportAccepted
from shared.contracts.report import KnownBy
from shared.delivery.migrations import migrate
from shared.delivery.record import Record
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.shelf import Tracked
from shared.vault import Plain, Vault
from shared.vault import migrate as migrate_vault
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream, envelope_of
from tests.referral.builders import TERMS, a_coordinator, a_file, a_post, a_presence, a_report

STATIONS = ("PN-31-0001", "GN-31-0412", "PN-31-0666")
Drawn = tuple[str, int, int | None]
STREAMS = st.lists(
    st.tuples(st.sampled_from(STATIONS), st.integers(0, 2), st.none() | st.integers(0, 8)), min_size=1, max_size=10
)
CUTS = st.sets(st.integers(1, 9))
KEPT = ("cases", "deadlines", "dossiers", "marks")


@pytest.fixture(scope="module")
async def bench(mongo: AsyncMongoClient[dict[str, Any]], namespace: str) -> AsyncIterator[Bench]:
    """A lane of referral with three posts, of which one covers two stations."""
    made = Bench(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"])
    made.book = book_of(TERMS)
    made.door = RelaisDoor(made.book, made.vault)
    await migrate(made.database, MIGRATIONS)
    await migrate_vault(made.vault_database)
    first, second = (a_presence(station=station) for station in STATIONS[:2])
    posts = [a_post("post-1", first), a_post("post-2", first, second), a_post("post-3", second)]
    rows = [Tracked((POSTS, post.id), post, rev=1) for post in posts]
    await made.database["posts"].insert_many([row.document() for row in rows])
    await made.database["coordinators"].insert_one(Tracked((COORDINATORS, "31"), a_coordinator(), rev=1).document())
    yield made
    await made.vault.close()


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


async def sealed(vault: Vault, report: ReportAccepted) -> dict[str, str]:
    """What stands sealed in a report."""
    marks, blocks = report.sealed_members(), report.blocks()
    plain = [Plain(marks[name], str(report.case_id), block) for name, block in blocks.items()]
    return {name: b64encode(each).decode() for name, each in zip(blocks, await vault.seal_many(plain), strict=True)}


def cut(records: Sequence[Record], at: set[int]) -> list[Sequence[Record]]:
    places = [0, *sorted(place for place in at if place < len(records)), len(records)]
    return [records[start:end] for start, end in pairwise(places)]


async def outcome(bench: Bench, batches: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """What is kept and sent, from an empty start; without traces, which are numbered by chance."""
    await bench.wipe((*KEPT, "inbox", "outbox", "streams"))
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

"""Whatever a handler asks for, in whatever order, raising or not, in units of any size: each record ends."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.contracts.events import ReportAccepted
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery import progress
from shared.delivery.book import Book
from shared.delivery.lanes import Lanes, Suspicion
from shared.delivery.record import Record
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.unit import Work
from tests.delivery.lane_of_one import Bench
from tests.delivery.test_any_cut import CUTS, cut
from tests.delivery.toy import TALLIES, Poisoned, Stream, Tally, standing

KEYS = st.integers(0, 3)
STEP = st.one_of(
    st.tuples(st.just("look"), KEYS),
    st.tuples(st.just("count"), KEYS),
    st.tuples(st.just("follow"), KEYS),
    st.tuples(st.just("insist"), KEYS),
    st.tuples(st.just("say"), KEYS),
)
LAST = st.sampled_from([None, None, None, ("fail", 0), ("wander", 0)])
PROGRAM = st.tuples(st.integers(0, 2), st.lists(STEP, max_size=4), LAST)
PROGRAMS = st.lists(PROGRAM, min_size=1, max_size=12)
LOOKUPS = 12
"""Enough for every program that ends; fewer than the engine allows, so that those without end take less time."""

Step = tuple[str, int]
Drawn = tuple[int, list[Step], Step | None]


class Absent(Exception):
    """What this record builds upon does not exist."""


class Lenient(Suspicion):
    """Takes every failure for the record's own."""

    def check(self, _failures: object) -> None:
        """Suspect nothing."""


def book_of(programs: Mapping[UUID, Sequence[Step]], salt: UUID) -> Book:
    """A handler that does with each report what its program says."""
    book = Book()

    @book.on(ReportAccepted, needs=lambda _event, _cause: [], opens=("contact",), refuses=REFUSALS)
    def perform(report: ReportAccepted, work: Work) -> None:
        for what, which in programs[report.report_id]:
            step(what, f"{salt} {which}", report, work)

    return book


REFUSALS: Mapping[type[Exception], SetAsideReason] = {Absent: SetAsideReason.UNKNOWN_SUBJECT}


def step(what: str, key: str, report: ReportAccepted, work: Work) -> None:
    tally = work.get(TALLIES, key) if what not in ("say", "fail", "wander") else None
    match what:
        case "count":
            work.put(TALLIES, key, Tally(reports=(*(tally.reports if tally else ()), report.report_id)))
        case "follow":
            work.get(TALLIES, f"{key} {len(tally.reports) if tally else 0}")
        case "insist" if tally is None:
            raise Absent
        case "say":
            work.say(standing(report), report.case_id, correlation=report.case_id)
        case "fail":
            raise Poisoned
        case "wander":
            work.get(TALLIES, uuid4())


def a_stream(drawn: Sequence[Drawn], salt: UUID) -> tuple[list[Record], dict[UUID, Sequence[Step]]]:
    stream, programs, seen = Stream(), dict[UUID, Sequence[Step]](), dict[int, int]()
    for which, steps, last in drawn:
        case, n = uuid5(salt, f"case {which}"), seen.get(which, 0) + 1
        seen[which] = n
        stream.say(case)
        programs[uuid5(case, f"report {n}")] = [*steps, last] if last else steps
    return stream.records, programs


async def ended(bench: Bench, batches: Sequence[Sequence[Record]], records: Sequence[Record]) -> object:
    """Everything that is saved and sent once all batches were run from an empty start."""
    await bench.wipe()
    lanes = Lanes(bench.delivery, lambda _topic: bench.door, bench.book, Lenient())
    for batch in batches:
        await lanes.run(batch)
    everything = await bench.everything()
    assert len(everything["inbox"]) == len(records)
    return everything


@pytest.fixture
def few_lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(progress, "MOST_LOOKUPS", LOOKUPS)
    yield


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=PROGRAMS, at=CUTS)
@example(drawn=[(n % 3, [("insist", n % 4), ("count", n % 4)], None) for n in range(12)], at={11})
@example(drawn=[(n, [("count", n), ("follow", n), ("say", n)], ("wander", 0)) for n in range(3)], at=set())
@pytest.mark.usefixtures("few_lookups")
async def test_every_record_ends_as_it_would_alone(bench: Bench, drawn: list[Drawn], at: set[int]) -> None:
    salt = uuid4()
    records, programs = a_stream(drawn, salt)
    bench.book = book_of(programs, salt)
    bench.door = RelaisDoor(bench.book, bench.vault)
    one_by_one = await ended(bench, [[record] for record in records], records)
    assert await ended(bench, cut(records, at), records) == one_by_one

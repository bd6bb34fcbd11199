from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID, uuid4, uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.delivery.record import Record
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import POISONED_STATION, Stream

CASES = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), CASES),
        st.tuples(st.just("say"), CASES),
        st.tuples(st.just("skip"), CASES),
        st.tuples(st.just("repeat"), st.integers(0, 20)),
        st.tuples(st.just("poisoned"), CASES),
        st.tuples(st.just("unknown-version"), CASES),
        st.tuples(st.just("rubbish"), CASES),
        st.tuples(st.just("no-headers"), CASES),
    ),
    min_size=1,
    max_size=12,
)
CUTS = st.sets(st.integers(1, 11))


def a_stream(steps: Sequence[tuple[str, int]], salt: UUID) -> list[Record]:
    """What intake might have written, and what it never should have."""
    stream = Stream()
    for what, which in steps:
        case = uuid5(salt, f"case {which}")
        match what:
            case "say":
                stream.say(case)
            case "skip":
                stream.sequences[case] = stream.sequences.get(case, 0) + 1
            case "repeat" if stream.records:
                stream.repeat(which % len(stream.records))
            case "poisoned":
                stream.say(case, station=POISONED_STATION)
            case "unknown-version":
                stream.say(case, type_="report.accepted.v9")
            case "rubbish":
                spoiled = stream.say(case)
                stream.records[-1] = Record(spoiled.place, spoiled.timestamp, spoiled.key, b"{", spoiled.headers)
            case "no-headers":
                stream.put((("ce_id", None),), b"{}", b"k")
    return stream.records


def cut(records: Sequence[Record], at: set[int]) -> list[Sequence[Record]]:
    edges = [0, *sorted(edge for edge in at if edge < len(records)), len(records)]
    return [records[start:end] for start, end in pairwise(edges)]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, at=CUTS)
async def test_any_cut_of_a_stream_gives_the_same_state_and_events(
    bench: Bench, steps: list[tuple[str, int]], at: set[int]
) -> None:
    records = a_stream(steps, uuid4())
    await bench.wipe()
    await bench.run([record] for record in records)
    one_by_one = await bench.everything()
    await bench.wipe()
    await bench.run(cut(records, at))
    assert await bench.everything() == one_by_one

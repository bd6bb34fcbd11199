"""A record that could not be read reaches no door, and is the same when it is looked at again."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.arrival import Arrival
from shared.delivery.cause import record_cause
from shared.delivery.fence import fenced
from shared.delivery.left_out import LARGEST_ASIDE
from shared.delivery.record import Place, Record, Unread
from shared.delivery.sealing import packed, unpacked

PLACE = Place("station.reports.police", 2, 40)
UNREAD = Unread(SetAsideReason.UNREADABLE_RECORD, "ab" * 32, 900)


def a_record(offset: int = 40, **members: object) -> Record:
    place = PLACE._replace(offset=offset)
    return Record(**{"place": place, "timestamp": 5, "key": b"k", "value": b"v", "headers": ()} | members)  # type: ignore[arg-type] # by name


class Doorman:
    """A door that takes whatever comes, and remembers it."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    async def read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        self.offsets += [record.place.offset for record in records]
        return [Arrival(record, str(record.place), record_cause(record), content="read") for record in records]


def again(record: Record) -> Record:
    return unpacked(record.place._asdict(), packed(record))


async def test_what_could_not_be_read_is_refused_in_its_place_among_those_that_could() -> None:
    door = Doorman()
    records = [a_record(n, unread=UNREAD if n in (1, 2) else None) for n in range(4)]
    arrivals = await fenced(lambda _topic: door)("any").read(records)
    assert [arrival.refused for arrival in arrivals] == [None, "unreadable-record", "unreadable-record", None]
    assert [arrival.record for arrival in arrivals] == records
    assert door.offsets == [0, 3]


async def test_what_could_not_be_read_is_refused_again_when_it_is_replayed() -> None:
    record = a_record(unread=UNREAD, value=b"its batch")
    assert again(record) == record
    [arrival] = await fenced(lambda _topic: Doorman())("any").read([again(record)])
    assert arrival.refused == "unreadable-record"


@given(st.lists(st.tuples(st.binary(max_size=9), st.none() | st.binary(max_size=9)), max_size=4))
def test_header_names_of_any_bytes_are_kept_byte_for_byte(headers: list[tuple[bytes, bytes | None]]) -> None:
    names = tuple((name.decode(errors="surrogateescape"), value) for name, value in headers)
    assert again(a_record(headers=names)).headers == names


def test_of_a_record_that_no_store_takes_only_its_hash_and_its_size_are_kept() -> None:
    large = b"x" * (LARGEST_ASIDE + 1)
    for record in (a_record(value=large), a_record(key=large), a_record(headers=(("n", large),))):
        kept = again(record)
        assert len(packed(record)) < 1000 and (kept.key, kept.value, kept.headers) == (None, None, ())
        assert kept.unread and kept.unread.reason == "too-large" and kept.unread.size == len(record.value or b"")

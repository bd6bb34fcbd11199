"""What a broker may hand out is read record by record, or marked: nothing in it stops a reader."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.codec import gzip_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from shared.delivery import batches
from shared.delivery.batches import LARGEST_BATCH, Batches, DueRecords
from shared.delivery.lossy import MOST_RECORDS
from shared.delivery.record import RawRecord, Unread, UnreadBytes, size_of
from tests.delivery.crafted import CODECS, Crafted, batch, bomb, damaged, header_bomb, plain_of, zstd_frames

TP = TopicPartition("station.reports.police", 0)
BAD_NAME = ((b"\xff\xfe", b"1"),)
GOOD = Crafted(b"good")
TWO = plain_of(GOOD, GOOD)


def read(data: bytes, due: int = 0) -> list[RawRecord]:
    """All that one answer hands out, and then what is asked for after it, as aiokafka's fetcher would."""
    records = DueRecords(TP, Batches(data), None, due, None, None, True, 1)
    return list(records)


def is_marker(record: RawRecord) -> bool:
    return isinstance(record.value, UnreadBytes)


def unread_of(record: RawRecord) -> Unread:
    assert isinstance(record.value, UnreadBytes)
    return record.value.unread


def test_a_header_name_that_is_not_text_keeps_its_bytes_and_spoils_nothing() -> None:
    for codec in (0, *CODECS.values()):
        [first, second] = read(batch(Crafted(b"a", headers=BAD_NAME), GOOD, codec=codec))
        assert [name.encode(errors="surrogateescape") for name, _ in first.headers] == [b"\xff\xfe"]
        assert (first.value, second.value, second.offset) == (b"a", b"good", 1)


@pytest.mark.parametrize(
    "raw",
    [
        batch(GOOD, GOOD, base=1, codec=CODECS["gzip"], after=b"trailing"),
        batch(GOOD, Crafted(length=3), base=1, codec=CODECS["zstd"]),
        batch(GOOD, Crafted(length=-1), base=1, codec=CODECS["lz4"]),
        batch(GOOD, GOOD, base=1, codec=5, payload=b"x"),
        batch(GOOD, GOOD, base=1, codec=CODECS["snappy"], payload=b"garbage that is no snappy"),
        batch(GOOD, GOOD, base=1, codec=CODECS["zstd"], payload=plain_of(GOOD)),
        batch(GOOD, GOOD, base=1, payload=plain_of(GOOD)),
        batch(GOOD, GOOD, base=1, after=b"x"),
    ],
    ids=[
        "gzip with bytes after it",
        "wrong length",
        "no length",
        "codec 5",
        "garbage",
        "not zstd",
        "one short",
        "long",
    ],
)
def test_a_batch_that_cannot_be_read_is_a_marker_for_each_of_its_records(raw: bytes) -> None:
    found = read(batch(GOOD) + raw + batch(GOOD, base=3))
    assert [record.offset for record in found] == [0, 1, 2, 3]
    assert [is_marker(record) for record in found] == [False, True, True, False]
    assert found[1].value == raw and found[2].value == b""
    assert {unread_of(record).reason for record in found[1:3]} == {"unreadable-record"}


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (batch(GOOD, GOOD, codec=1, payload=gzip_encode(TWO[:5]) + gzip_encode(TWO[5:])), [b"good"] * 2),
        (batch(GOOD, GOOD, codec=4, payload=zstd_frames(TWO[:5], TWO[5:])), [b"good"] * 2),
        (batch(Crafted(None, None)), [None]),
        (batch(Crafted(b"a", headers=[(b"", b"x"), (b"n", None)])), [b"a"]),
        (batch(Crafted(b"a"), first_at=-36_000_000_000_000_000), [b"a"]),
    ],
    ids=["two gzip members", "two zstd frames", "nothing in it", "empty name and null header", "long ago"],
)  # fmt: skip
def test_what_is_odd_but_can_be_read_is_read(raw: bytes, values: list[bytes | None]) -> None:
    assert [record.value for record in read(raw)] == values


def test_of_a_batch_whose_checksum_is_wrong_only_the_offset_that_was_asked_for_is_believed() -> None:
    raw = batch(GOOD, GOOD, GOOD)
    for at in range(17, len(raw)):
        [marker] = read(damaged(raw, at), due=1)
        assert (marker.offset, marker.value) == (1, damaged(raw, at))


def test_an_answer_that_is_cut_anywhere_hands_out_what_is_whole_or_a_marker() -> None:
    first, second = batch(GOOD), batch(GOOD, base=1)
    for end in range(1, len(first + second) + 1):
        found = read((first + second)[:end])
        assert [record.offset for record in found] == ([0, 1] if end == len(first + second) else [0])
        assert (found[0].value == b"good") == (end >= len(first))


def test_a_batch_that_ends_before_what_was_asked_for_does_not_stand_in_the_way() -> None:
    assert [record.offset for record in read(batch(GOOD), due=5)] == [5]


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_a_record_that_opens_to_more_than_the_limit_is_only_a_hash_and_a_size(codec: int) -> None:
    raw = bomb(codec, 3 * LARGEST_BATCH)
    tracemalloc.start()
    [marker] = read(raw)
    assert tracemalloc.get_traced_memory()[1] < 2 * LARGEST_BATCH + 4 * len(raw)
    tracemalloc.stop()
    assert marker.value == b"" and unread_of(marker).reason == "too-large"
    assert unread_of(marker).size == len(raw)


def test_more_headers_or_records_than_anybody_needs_become_no_objects() -> None:
    raw = header_bomb(2_000_000)
    tracemalloc.start()
    [marker] = read(raw)
    assert tracemalloc.get_traced_memory()[1] < 2 * LARGEST_BATCH
    tracemalloc.stop()
    assert unread_of(marker).reason == "too-large"


def test_a_batch_of_more_records_than_anybody_sends_is_marked_once_and_passed() -> None:
    builder = DefaultRecordBatchBuilder(2, CODECS["zstd"], False, -1, -1, -1, 1 << 24)
    for n in range(MOST_RECORDS + 1):
        assert builder.append(n, 0, None, b"", []) is not None
    found = read(bytes(builder.build()) + batch(GOOD, base=MOST_RECORDS + 1))
    assert [record.offset for record in found] == [MOST_RECORDS, MOST_RECORDS + 1]
    assert (unread_of(found[0]).reason, found[1].value) == ("too-large", b"good")


def test_more_headers_than_a_batch_may_have_together_become_no_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "EASY", 0)
    found = read(batch(*[Crafted(headers=[(b"", None)] * 9_999)] * 21, codec=CODECS["zstd"]))
    assert {unread_of(marker).reason for marker in found} == {"too-large"} and len(found) == 21


@pytest.mark.parametrize(
    "opened", [Crafted(b" " * 4_000_000), Crafted(headers=[(b"", None)] * 60_000)], ids=["blanks", "headers"]
)
def test_batches_that_open_to_much_are_not_all_opened_in_one_go(opened: Crafted) -> None:
    answer = b"".join(batch(opened, base=n, codec=CODECS["zstd"]) for n in range(9))
    records = DueRecords(TP, Batches(answer), None, 0, None, None, True, 1)
    assert [record.offset for record in records] == [0, 1, 2, 3, 4]
    assert records.next_fetch_offset == 5


def test_a_batch_of_more_gzip_members_than_anybody_writes_is_not_read() -> None:
    members = gzip_encode(plain_of(GOOD)) + 100 * gzip_encode(b"")
    [marker] = read(batch(GOOD, codec=CODECS["gzip"], payload=members))
    assert unread_of(marker).reason == "too-large"


def test_a_record_counts_as_much_as_it_was_opened_to_with_key_and_headers() -> None:
    for large in (Crafted(b"x" * 900_000), Crafted(key=b"x" * 900_000), Crafted(headers=[(b"n", b"x" * 900_000)])):
        for codec in (0, *CODECS.values()):
            assert 900_000 <= sum(map(size_of, read(batch(large, large, codec=codec)))) / 2 < 1_000_000


contents = st.none() | st.binary(max_size=60)
names = st.text(max_size=9)
good_records = st.lists(st.tuples(contents, contents, st.lists(st.tuples(names, contents), max_size=3)), max_size=9)
codecs = st.sampled_from([0, *CODECS.values()])


def built(records: list[Any], codec: int, base: int) -> bytes:
    """As aiokafka's own producer builds it, with the offset that the broker gives it."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 1_000_000)
    for n, (key, value, headers) in enumerate(records):
        builder.append(n, 1_700_000_000_000 + n, key, value, headers)
    return base.to_bytes(8, "big") + bytes(builder.build())[8:]


def stock(data: bytes) -> Iterator[tuple[Any, ...]]:
    records = MemoryRecords(data)
    while records.has_next():
        for each in records.next_batch() or ():
            yield each.offset, each.timestamp, each.timestamp_type, each.key, each.value, tuple(each.headers)


@given(st.lists(st.tuples(good_records.filter(bool), codecs), min_size=1, max_size=3), st.integers(0, 10**9))
def test_good_batches_are_read_exactly_as_by_aiokafka(parts: list[Any], base: int) -> None:
    data, due = b"", base
    for records, codec in parts:
        data += built(records, codec, due)
        due += len(records)
    found = [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value, r.headers) for r in read(data, base)]
    assert found == list(stock(data))


@given(good_records.filter(bool), codecs)
def test_the_second_parser_reads_good_batches_as_the_first(records: list[Any], codec: int) -> None:
    data = built(records, codec, 7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "EASY", 0)
        found = [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value, r.headers) for r in read(data, 7)]
    assert found == list(stock(data))


@given(good_records.filter(bool), codecs, st.data())
def test_whatever_is_damaged_each_offset_is_handed_out_once(
    records: list[Any], codec: int, data: st.DataObject
) -> None:
    """Damage beneath a checksum that is right: a sender's. Every offset of the batch comes, as a record or a marker."""
    raw = built(records, codec, 0)
    body = bytearray(raw[61:])
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    spoilt = batch(*[GOOD] * len(records), codec=codec, payload=bytes(body))
    assert [record.offset for record in read(spoilt)] == list(range(len(records)))


@given(good_records.filter(bool), codecs, st.data())
def test_whatever_a_disk_or_network_damages_reading_goes_on_from_the_next_offset(
    records: list[Any], codec: int, data: st.DataObject
) -> None:
    raw = built(records, codec, 0)
    at = data.draw(st.integers(8, len(raw) - 1))
    found = [record.offset for record in read(damaged(raw, at, data.draw(st.integers(1, 255))))]
    # Beside the checksum stand length, epoch and magic: an epoch that is wrong harms nobody.
    assert found in ([0], list(range(len(records))))

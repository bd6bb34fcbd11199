"""How much one transaction of the log takes: by time, by bytes, and half of what was too much."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.batches import AIM_SECONDS, FEW_RECORDS, MOST_BYTES, MOST_SECONDS, BatchSize, first_of
from shared.delivery.record import Place, Record

MOST = 2000


def some_records(*sizes: int | None) -> list[Record]:
    values = [None if size is None else bytes(size) for size in sizes]
    return [Record(Place("relais.cases", 0, n), 0, None, value, ()) for n, value in enumerate(values)]


def settled(seconds_of: Callable[[int], float], size: BatchSize | None = None) -> list[float]:
    """How long each of forty full transactions in a row takes."""
    size, lasted = size or BatchSize(MOST), []
    for _ in range(40):
        records = size.records
        lasted.append(seconds_of(records))
        size.took(records, lasted[-1])
    return lasted


@given(st.floats(1e-6, 0.004))
def test_no_transaction_takes_longer_than_it_should_however_slow_a_record_is(seconds: float) -> None:
    lasted = settled(lambda records: records * seconds)
    assert max(lasted) <= max(2 * AIM_SECONDS, FEW_RECORDS * seconds)
    assert max(lasted) <= MOST_SECONDS


def test_a_quick_database_takes_as_much_as_there_is() -> None:
    size = BatchSize(MOST)
    settled(lambda records: records * 1e-5, size)
    assert size.records == MOST


@given(st.floats(0.1, 0.9 * MOST_SECONDS))
def test_a_cost_of_each_transaction_does_not_make_them_ever_smaller(cost: float) -> None:
    size = BatchSize(MOST)
    settled(lambda records: cost + records * 1e-5, size)
    assert size.records >= FEW_RECORDS


def test_what_takes_far_too_long_is_halved_down_to_one_record_and_grows_again() -> None:
    size = BatchSize(MOST)
    assert settled(lambda _records: 4.0, size)
    assert size.records == 1
    settled(lambda records: 0.6 + records * 1e-5, size)
    assert size.records >= FEW_RECORDS


def test_a_few_records_that_were_all_there_was_say_nothing_of_many() -> None:
    size = BatchSize(MOST)
    settled(lambda records: records * 1e-5, size)
    size.took(3, 0.4)
    size.took(3, 0.7)
    assert size.records == MOST


def test_what_the_server_ended_is_halved_and_never_none() -> None:
    size = BatchSize(4)
    halves = []
    for _ in range(4):
        halves.append(size.records)
        size.halve()
    assert halves == [4, 2, 1, 1]


@pytest.mark.parametrize(
    ("sizes", "many", "taken"),
    [
        ((), 5, 0),
        ((1, 1, 1), 2, 2),
        ((1, None, 1), 9, 3),
        ((MOST_BYTES, 1), 9, 1),
        ((1, MOST_BYTES, 1), 9, 1),
        ((3 * MOST_BYTES, 1, 1), 9, 1),
    ],
)
def test_a_transaction_is_cut_by_records_and_by_bytes(sizes: tuple[int | None, ...], many: int, taken: int) -> None:
    assert first_of(some_records(*sizes), many) == taken


@given(st.lists(st.none() | st.integers(0, 40), max_size=30), st.integers(1, 9))
def test_cut_after_cut_every_record_is_taken_once(sizes: list[int | None], many: int) -> None:
    records, taken = some_records(*sizes), list[Record]()
    while len(taken) < len(records):
        part = records[len(taken) :][: first_of(records[len(taken) :], many, most_bytes=50)]
        assert 0 < len(part) <= many
        assert len(part) == 1 or sum(len(each.value or b"") for each in part) <= 50
        taken += part
    assert taken == records

"""How much of what was read one transaction of the log takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.batches import MOST_BYTES, first_of
from shared.delivery.record import Place, Record


def some_records(*sizes: int | None) -> list[Record]:
    values = [None if size is None else bytes(size) for size in sizes]
    return [Record(Place("relais.cases", 0, n), 0, None, value, ()) for n, value in enumerate(values)]


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

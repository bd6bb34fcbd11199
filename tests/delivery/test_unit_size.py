"""Units of work are as large as last half a second: learnt from how long the last ones took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.delivery.unit_size import AIM_SECONDS, FIRST, LONGEST_SECONDS, MOST, UnitSize


def after(units: int, fixed: float, each: float, size: UnitSize | None = None) -> UnitSize:
    """The size after so many units, each as large as allowed, that took `fixed` seconds and `each` per record."""
    size = size or UnitSize()
    for _ in range(units):
        size.note(size.limit, fixed + each * size.limit)
    return size


@given(st.floats(0, 0.5), st.floats(1e-4, 0.3))
def test_units_come_to_last_as_long_as_they_should(fixed: float, each: float) -> None:
    size = after(40, fixed, each)
    lasts = fixed + each * size.limit
    assert lasts <= max(AIM_SECONDS, min(2 * fixed, LONGEST_SECONDS)) * 1.1 + each
    assert lasts + each >= AIM_SECONDS * 0.8 or size.limit == MOST


@given(st.floats(0, 0.3), st.floats(1e-3, 0.02))
def test_where_records_become_ten_times_slower_a_third_unit_is_not_over_three_seconds(
    fixed: float, each: float
) -> None:
    size = after(20, fixed, each / 10)
    lasting = []
    for _ in range(6):
        lasting.append(fixed + each * size.limit)
        size.note(size.limit, lasting[-1])
    assert all(seconds <= 3 for seconds in lasting[2:])


def test_where_a_unit_costs_much_whatever_is_in_it_it_is_not_made_small() -> None:
    assert after(40, 0.6, 0.002).limit > 200
    assert after(40, 4.0, 0.002).limit >= FIRST


def test_small_units_of_a_quiet_hour_on_a_slow_machine_tell_nothing_about_large_ones() -> None:
    size = UnitSize()
    for _ in range(40):
        size.note(1, 0.6)
    assert size.limit == FIRST


def test_units_find_their_size_where_each_record_takes_long() -> None:
    assert after(10, 0.01, 0.2).limit <= 3


def test_a_unit_that_failed_late_comes_back_half_as_large_and_grows_again_by_and_by() -> None:
    size = after(20, 0.0, 1e-5)
    assert size.limit == MOST
    size.shrink(500)
    assert size.limit == 250
    size.note(250, 0.0025)
    assert 400 < size.limit <= 501


def test_the_first_units_of_a_process_are_small() -> None:
    assert UnitSize().limit == FIRST


@pytest.mark.parametrize("records", [1, 2, 3])
def test_a_size_is_never_less_than_one_record(records: int) -> None:
    size = UnitSize()
    for _ in range(20):
        size.shrink(records)
    assert size.limit == 1
    size.note(1, 0.01)
    assert size.limit > 1

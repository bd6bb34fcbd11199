"""Which brokers get a copy, and how many there shall be: decided without a Kafka."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.replication import CannotReplicate, TopicCopies, Wish, plan, wish, wish_that_can_be

BROKERS = st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True)


def a_topic(*held: list[int], in_step: int = 1) -> TopicCopies:
    return TopicCopies("relais.cases", dict(enumerate(held)), in_step, 1)


@pytest.mark.parametrize(
    ("setting", "brokers", "copies", "in_step"),
    [(None, 1, 1, 1), (None, 2, 2, 1), (None, 3, 3, 2), (None, 5, 3, 2), (1, 3, 1, 1), (2, 3, 2, 1), (5, 5, 5, 4)],
)
def test_three_copies_are_kept_unless_another_number_is_asked_for(
    setting: int | None, brokers: int, copies: int, in_step: int
) -> None:
    wished = wish_that_can_be(setting, brokers)
    assert (wished.copies, wished.in_step) == (copies, in_step)


def test_more_copies_than_brokers_answer_are_refused_with_what_to_do() -> None:
    with pytest.raises(CannotReplicate) as refused:
        wish_that_can_be(3, 2)
    assert str(refused.value) == (
        "RELAIS_KAFKA_REPLICATION asks for 3 copies of each record, and only 2 brokers answer: "
        "start the others, then type relais migrate again."
    )
    assert wish(3, 2).copies == 3


def test_copies_are_added_behind_the_leader_and_never_taken_away() -> None:
    planned = plan([a_topic([2], [1, 3], [3, 2, 1, 4])], Wish(3), [1, 2, 3, 4])
    assert planned["relais.cases"][0][0] == 2
    assert planned["relais.cases"][1][:2] == [1, 3]
    assert 2 not in planned["relais.cases"]


def test_copies_are_spread_over_the_brokers_that_hold_least() -> None:
    planned = plan([a_topic(*[[1] for _ in range(6)])], Wish(2), [1, 2, 3])
    added = [held[1] for held in planned["relais.cases"].values()]
    assert sorted(added) == [2, 2, 2, 3, 3, 3]


@given(BROKERS, st.data(), st.integers(1, 9))
def test_a_plan_keeps_every_copy_there_is_and_adds_no_more_than_is_asked(
    brokers: list[int], data: st.DataObject, copies: int
) -> None:
    held = data.draw(st.lists(st.lists(st.sampled_from(brokers), min_size=1, unique=True), min_size=1, max_size=8))
    planned = plan([a_topic(*held)], Wish(copies), brokers).get("relais.cases", {})
    for number, before in enumerate(held):
        after = planned.get(number, before)
        assert after[: len(before)] == before
        assert len(set(after)) == len(after) == max(len(before), min(copies, len(brokers)))

"""The life of a case: the table of its states, and that nothing else can happen to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.states import ENDED, HELD, TRANSITIONS, CaseState, ForbiddenStep, Step, after


def test_the_table_knows_every_state() -> None:
    assert set(TRANSITIONS) == set(CaseState)


def test_every_step_can_happen_somewhere() -> None:
    assert {step for steps in TRANSITIONS.values() for step in steps} == set(Step)


def test_every_state_can_be_reached_the_first_again_where_a_merge_is_undone() -> None:
    reached = {state for steps in TRANSITIONS.values() for state in steps.values()}
    assert reached == set(CaseState)


def test_nothing_happens_after_the_end() -> None:
    assert {step for state in ENDED for step in TRANSITIONS[state]} == {Step.ERASE}
    assert set(ENDED) == {CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.CANCELLED, CaseState.ERASED}


@pytest.mark.parametrize("state", sorted(set(CaseState) - ENDED))
def test_a_person_may_withdraw_and_a_station_cancel_at_any_time(state: CaseState) -> None:
    assert after(state, Step.WITHDRAW) is CaseState.WITHDRAWN
    assert after(state, Step.CANCEL) is CaseState.CANCELLED


@pytest.mark.parametrize("state", sorted(set(CaseState) - HELD))
def test_nobody_closes_or_follows_what_nobody_has_taken_in_charge(state: CaseState) -> None:
    for step in (Step.CLOSE, Step.MEET, Step.MISS, Step.TRY):
        with pytest.raises(ForbiddenStep):
            after(state, step)


@given(st.lists(st.sampled_from(Step), max_size=20))
def test_whatever_is_tried_a_case_ends_once_and_for_all(steps: list[Step]) -> None:
    state, has_ended = CaseState.OPENED, False
    for step in steps:
        try:
            state = after(state, step)
        except ForbiddenStep:
            continue
        assert not has_ended
        has_ended = state is CaseState.ERASED

"""Links and codes that are computed and never kept: nobody else can make one, and none leads anywhere else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vault.links import DIGITS, SESSION, Link, Links, NoSuchLink

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OURS, FOREIGN = Links(b"s" * 32), Links(b"f" * 32)
links = st.builds(Link, st.uuids(), st.uuids(), st.integers(1, 9999))
REFERRAL = UUID(int=7)


@given(links)
def test_a_link_leads_to_what_it_was_made_for(link: Link) -> None:
    assert OURS.read(OURS.token(link)) == link


@given(links)
def test_a_link_of_another_house_leads_nowhere(link: Link) -> None:
    with pytest.raises(NoSuchLink):
        OURS.read(FOREIGN.token(link))


@given(links, st.data())
def test_a_link_in_which_one_bit_differs_leads_nowhere(link: Link, data: st.DataObject) -> None:
    token = OURS.token(link)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last sign of 50 bytes carries four bits that no byte has.
    at = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.sampled_from(alphabet.replace(token[at], "")))
    with pytest.raises(NoSuchLink):
        OURS.read(token[:at] + other + token[at + 1 :])


@given(st.text(max_size=200))
def test_any_text_is_a_link_that_leads_nowhere(text: str) -> None:
    with pytest.raises(NoSuchLink):
        OURS.read(text)
    with pytest.raises(NoSuchLink):
        OURS.read_session(text, NOW)


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    link = Link(UUID(int=1), REFERRAL, 1)
    with pytest.raises(NoSuchLink):
        OURS.read_session(OURS.token(link), NOW)
    with pytest.raises(NoSuchLink):
        OURS.read(OURS.session(link, NOW))


def test_a_session_lasts_half_an_hour() -> None:
    link = Link(UUID(int=1), REFERRAL, 3)
    session = OURS.session(link, NOW)
    assert OURS.read_session(session, NOW + SESSION) == link
    with pytest.raises(NoSuchLink):
        OURS.read_session(session, NOW + SESSION + timedelta(seconds=1))


def test_a_code_is_eight_digits_and_opens_one_referral_once() -> None:
    code = OURS.code(REFERRAL, 1)
    assert len(code) == DIGITS and code.isdecimal()
    assert OURS.is_code(code, REFERRAL, 1)
    assert not OURS.is_code(code, REFERRAL, 2)
    assert not OURS.is_code(code, UUID(int=8), 1)
    assert not FOREIGN.is_code(code, REFERRAL, 1)


@given(st.text(max_size=20))
def test_whatever_is_given_as_a_code_is_compared_and_no_error(text: str) -> None:
    assert OURS.is_code(text, REFERRAL, 1) is (text == OURS.code(REFERRAL, 1))

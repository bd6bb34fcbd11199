"""Links and codes that are computed and never kept: nobody else can make one, and none leads anywhere else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vault.links import DIGITS, SESSION, Codes, Link, Links, NoSuchLink, Sessions

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OURS, FOREIGN = Links([b"s" * 32]), Links([b"f" * 32])
CODES, SESSIONS = Codes([b"s" * 32]), Sessions([b"s" * 32])
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
        SESSIONS.read(text, NOW)


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    link = Link(UUID(int=1), REFERRAL, 1)
    with pytest.raises(NoSuchLink):
        SESSIONS.read(OURS.token(link), NOW)
    with pytest.raises(NoSuchLink):
        OURS.read(SESSIONS.session(link, NOW))


def test_a_session_lasts_half_an_hour() -> None:
    link = Link(UUID(int=1), REFERRAL, 3)
    session = SESSIONS.session(link, NOW)
    assert SESSIONS.read(session, NOW + SESSION) == link
    with pytest.raises(NoSuchLink):
        SESSIONS.read(session, NOW + SESSION + timedelta(seconds=1))


def test_a_code_is_eight_digits_and_opens_one_referral_once() -> None:
    code = CODES.code(REFERRAL, 1)
    assert len(code) == DIGITS and code.isdecimal()
    assert CODES.is_code(code, REFERRAL, 1)
    assert not CODES.is_code(code, REFERRAL, 2)
    assert not CODES.is_code(code, UUID(int=8), 1)
    assert not Codes([b"f" * 32]).is_code(code, REFERRAL, 1)


@given(st.text(max_size=20))
def test_whatever_is_given_as_a_code_is_compared_and_no_error(text: str) -> None:
    assert CODES.is_code(text, REFERRAL, 1) is (text == CODES.code(REFERRAL, 1))


def test_secrets_change_while_links_codes_and_sessions_are_under_way() -> None:
    old, new = b"o" * 32, b"n" * 32
    link = Link(UUID(int=1), REFERRAL, 1)
    assert Links([new, old]).read(Links([old]).token(link)) == link
    assert Codes([new, old]).is_code(Codes([old]).code(REFERRAL, 1), REFERRAL, 1)
    assert Sessions([new, old]).read(Sessions([old]).session(link, NOW), NOW) == link
    with pytest.raises(NoSuchLink):
        Links([old]).read(Links([new, old]).token(link))
    assert not Codes([new]).is_code(Codes([old]).code(REFERRAL, 1), REFERRAL, 1)

"""A partner without an account: its link, its code, one answer, and what it sees in the moment when it looks."""

from datetime import timedelta
from functools import partial

import pytest

from services.referral.acts.linking import (
    Shown,
    answer_by_link,
    ask_code,
    counter_to_try,
    linked,
    note_try,
    renew_link,
    show,
)
from services.referral.acts.once import StaleVersion
from services.referral.domain.access import LIVES, MOST_CODES, MOST_TRIES, TooOften
from services.referral.domain.referrals import ReferralState
from services.referral.files import Known
from services.referral.store import PARTNERS
from shared.contracts.blocks import Answered, Channel
from shared.contracts.events import AccessCodeIssued, ReferralAnswered, ReferralLinkRenewed, ReferralOpened
from shared.contracts.vocabulary import LegalGround, NoticeChannel, OpenedPart, PartnerAnswer
from shared.delivery.cause import Cause
from shared.vault.links import Link, NoSuchLink
from tests.referral.builders import CASE, MONDAY, Desk
from tests.referral.test_consenting import (
    REFUSED,
    a_consent,
    agreeing,
    collect,
    command,
    held,
    known,
    refer,
    the_referral,
)

MINUTE, A_SECOND = timedelta(minutes=1), timedelta(seconds=1)
PHONE = Channel(channel=NoticeChannel.SMS, value="+33639980031")


def referred() -> tuple[Desk, Link]:
    """A case that was referred to a CIDFF with a phone, and its link."""
    desk = held(agreeing())
    partner = desk.work().get(PARTNERS, "partner-h7q2")
    assert partner
    desk.lay(PARTNERS, partner.id, partner.model_copy(update={"channels": (*partner.channels, PHONE)}))
    return desk, Link(CASE, the_referral(desk).id, 1)


def look(desk: Desk, link: Link, known_: Known | None = None) -> Shown:
    work = desk.work()
    return show(partial(linked, link), known_ or known(desk), work)


def respond(desk: Desk, link: Link, answer: PartnerAnswer) -> Link | None:
    return answer_by_link(link, Answered(answer=answer), desk.work())


def test_a_code_goes_by_another_channel_than_the_link() -> None:
    desk, link = referred()
    ask_code(link, desk.work())
    [issued] = desk.said(AccessCodeIssued)
    assert [each.channel for each in issued.notify[0].channels] == [NoticeChannel.SMS]
    assert (issued.counter, issued.expires_at) == (1, MONDAY + LIVES)


def test_a_code_opens_once_and_within_a_quarter_of_an_hour() -> None:
    desk, link = referred()
    ask_code(link, desk.work())
    assert counter_to_try(link, desk.work(Cause(CASE, MONDAY + LIVES - A_SECOND, str(CASE)))) == 1
    assert counter_to_try(link, desk.work(Cause(CASE, MONDAY + LIVES, str(CASE)))) is None
    assert note_try(link, 1, desk.work(), is_right=True)
    assert counter_to_try(link, desk.work()) is None
    assert not note_try(link, 1, desk.work(), is_right=True)


def test_a_code_can_be_guessed_five_times_and_no_more() -> None:
    desk, link = referred()
    ask_code(link, desk.work())
    for _ in range(MOST_TRIES):
        assert counter_to_try(link, desk.work()) == 1
        assert not note_try(link, 1, desk.work(), is_right=False)
    assert counter_to_try(link, desk.work()) is None
    assert not note_try(link, 1, desk.work(), is_right=True)


def test_five_codes_are_sent_within_an_hour_and_no_more() -> None:
    desk, link = referred()
    for n in range(MOST_CODES):
        ask_code(link, desk.work(Cause(CASE, MONDAY + n * MINUTE, str(CASE))))
    with pytest.raises(TooOften):
        ask_code(link, desk.work(Cause(CASE, MONDAY + 59 * MINUTE, str(CASE))))
    ask_code(link, desk.work(Cause(CASE, MONDAY + 60 * MINUTE, str(CASE))))
    assert [each.counter for each in desk.said(AccessCodeIssued)] == [1, 2, 3, 4, 5, 6]


def test_before_it_accepts_only_the_file_is_opened_and_the_referral_is_seen() -> None:
    desk, link = referred()
    assert look(desk, link).parts == (OpenedPart.FILE,)
    assert the_referral(desk).state is ReferralState.SEEN
    [opened] = desk.said(ReferralOpened)
    assert (opened.referral_id, opened.opened) == (link.referral_id, (OpenedPart.FILE,))


def test_a_link_opens_several_times_until_it_is_answered_and_each_time_is_on_the_log() -> None:
    desk, link = referred()
    for _ in range(3):
        look(desk, link)
    assert len(desk.said(ReferralOpened)) == 3
    respond(desk, link, PartnerAnswer.REFUSED)
    with pytest.raises(NoSuchLink):
        look(desk, link)
    with pytest.raises(NoSuchLink):
        respond(desk, link, PartnerAnswer.ACCEPTED)
    assert len(desk.said(ReferralAnswered)) == 1


def test_whoever_accepts_gets_another_link_which_shows_who_she_is() -> None:
    desk, link = referred()
    following = respond(desk, link, PartnerAnswer.ACCEPTED)
    assert following == link._replace(n=2)
    assert [each.link for each in desk.said(ReferralLinkRenewed)] == [2]
    assert look(desk, following).parts == (OpenedPart.FILE, OpenedPart.CONTACT)
    with pytest.raises(NoSuchLink):
        look(desk, link)
    assert respond(desk, following, PartnerAnswer.COMPLETED) is None
    assert the_referral(desk).state is ReferralState.COMPLETED


def test_an_iscg_takes_a_link_back_by_sending_another() -> None:
    desk, link = referred()
    renew_link(command(desk), link.referral_id, desk.work())
    with pytest.raises(NoSuchLink):
        ask_code(link, desk.work())
    ask_code(link._replace(n=2), desk.work())


def test_nothing_is_shown_once_the_consent_is_withdrawn() -> None:
    desk, link = referred()
    collect(desk, a_consent(REFUSED))
    with pytest.raises(NoSuchLink):
        look(desk, link)
    assert not desk.said(ReferralOpened)


def test_a_withdrawal_that_is_committed_while_the_page_is_made_wins() -> None:
    desk, link = referred()
    before = known(desk)
    with pytest.raises(StaleVersion):
        look(desk, link, before._replace(version=before.version - 1))
    assert not desk.said(ReferralOpened)


def test_a_consent_that_has_expired_meanwhile_shows_nothing() -> None:
    desk, link = referred()
    expired = agreeing()
    persons = tuple(
        each.model_copy(
            update={"consent": each.consent.model_copy(update={"until": MONDAY.date() - timedelta(days=1)})}
        )
        for each in expired.persons
        if each.consent
    )
    with pytest.raises(NoSuchLink):
        look(desk, link, known(desk, expired.model_copy(update={"persons": persons})))


def test_what_rests_on_a_legal_ground_is_shown_whatever_she_agreed_to() -> None:
    desk, _ = referred()
    refer(desk, "partner-x9", LegalGround.MINOR_IN_DANGER)
    collect(desk, a_consent(REFUSED))
    assert look(desk, Link(CASE, the_referral(desk, 1).id, 1)).parts == (OpenedPart.FILE,)


def test_nothing_is_shown_of_whom_is_erased() -> None:
    desk, link = referred()
    with pytest.raises(NoSuchLink):
        look(desk, link, known(desk)._replace(file=None))


def test_a_partner_without_a_second_channel_gets_no_code() -> None:
    desk = held(agreeing())
    with pytest.raises(NoSuchLink):
        ask_code(Link(CASE, the_referral(desk).id, 1), desk.work())

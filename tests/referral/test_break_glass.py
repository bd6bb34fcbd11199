"""Who breaks the glass fills a post, has just signed in, and does so rarely; every look tells that it was broken."""

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from services.referral.acts.consulting import break_glass, note_opening, opened_case
from services.referral.acts.finding import held_case
from services.referral.domain.case import NoSuchCase
from services.referral.domain.emergencies import A_DAY, EmergencyTerms, NoPost, SignInTooOld, TooManyEmergencies
from services.referral.domain.posts import Absence
from services.referral.domain.states import ForbiddenStep, Step
from services.referral.ending import end_case
from services.referral.handlers import on_report_accepted
from services.referral.store import CASES, POSTS, Opening
from shared.contracts.events import GlassBroken, PersonalDataConsulted
from shared.contracts.rights import PURPOSES, Right, purpose_of
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import Cause
from tests.referral.builders import CASE, HOUR, MONDAY, TERMS, Desk, a_post, a_presence, a_report, an_iscg

HOLDER, COVER, ELSEWHERE = (an_iscg(id_).authid for id_ in ("iscg-1", "iscg-2", "iscg-9"))
NOBODY = UUID(int=7)
AWAY = Absence(first_day=date(2026, 11, 20), last_day=date(2026, 11, 27), covered_by="post-2")
MOST = EmergencyTerms().most


@pytest.fixture
def desk() -> Desk:
    """A case of 31 whose holder is away today, her cover, and an ISCG of elsewhere."""
    of_elsewhere = a_post("post-9", a_presence(station="PN-09-0001"), departement="09", until=date(2026, 11, 23))
    desk = Desk(a_post("post-1"), a_post("post-2", a_presence(station="PN-31-0002")), of_elsewhere)
    on_report_accepted(a_report(), desk.work(), TERMS)
    return desk


def an_opening(by: UUID, purpose: Purpose = Purpose.BREAK_GLASS, case_id: UUID = CASE) -> Opening:
    return Opening(id=uuid4(), case_id=case_id, by=by, purpose=purpose, opened_at=MONDAY, justification="c2U=")


def at(moment: datetime) -> Cause:
    return Cause(uuid4(), moment, str(CASE))


def broken(desk: Desk, by: UUID = ELSEWHERE, moment: datetime = MONDAY) -> datetime:
    return break_glass(an_opening(by), MOST, desk.work(at(moment)))


def test_a_broken_glass_opens_for_three_hours_and_no_longer(desk: Desk) -> None:
    until = broken(desk)
    assert until == MONDAY + 3 * HOUR
    assert opened_case(CASE, ELSEWHERE, desk.work())[1] is Right.BREAKS_GLASS
    with pytest.raises(NoSuchCase):
        opened_case(CASE, ELSEWHERE, desk.work(at(until)))
    with pytest.raises(NoSuchCase):
        held_case(CASE, ELSEWHERE, desk.work())


def test_nobody_breaks_the_glass_of_a_case_that_has_ended(desk: Desk) -> None:
    work = desk.work()
    work.put(CASES, CASE, end_case(desk.case(), Step.CANCEL, work))
    with pytest.raises(ForbiddenStep):
        broken(desk)


def test_nobody_without_a_post_today_breaks_the_glass_or_looks_through_it(desk: Desk) -> None:
    the_day_after = MONDAY + timedelta(days=1)
    for by, moment in ((NOBODY, MONDAY), (ELSEWHERE, the_day_after)):
        with pytest.raises(NoPost):
            broken(desk, by, moment)
    assert not desk.said(GlassBroken)
    in_the_night = datetime.fromisoformat("2026-11-23T22:30:00+00:00")
    broken(desk, moment=in_the_night)
    with pytest.raises(NoSuchCase):
        opened_case(CASE, ELSEWHERE, desk.work(at(in_the_night + HOUR)))


def test_the_glass_is_broken_three_times_in_24_hours_and_then_no_more(desk: Desk) -> None:
    for n in range(MOST):
        broken(desk, moment=MONDAY + n * HOUR)
    last = MONDAY + MOST * HOUR
    with pytest.raises(TooManyEmergencies) as refused:
        broken(desk, moment=last)
    assert last + refused.value.wait == MONDAY + A_DAY
    broken(desk, by=COVER, moment=last)
    broken(desk, by=COVER, moment=MONDAY + A_DAY)
    assert len(desk.said(GlassBroken)) == MOST + 2


@pytest.mark.parametrize(("ago", "is_recent"), [(None, True), (14, True), (16, False)])
def test_the_glass_is_broken_soon_after_signing_in_where_the_issuer_tells_when(
    ago: int | None, is_recent: bool
) -> None:
    signed_in_at = MONDAY - timedelta(minutes=ago) if ago is not None else None
    if is_recent:
        EmergencyTerms().check_sign_in(signed_in_at, MONDAY)
        return
    with pytest.raises(SignInTooOld):
        EmergencyTerms().check_sign_in(signed_in_at, MONDAY)


@pytest.mark.parametrize("asked", Purpose)
@pytest.mark.parametrize(
    ("by", "right"), [(HOLDER, Right.HOLDS), (COVER, Right.COVERS), (ELSEWHERE, Right.BREAKS_GLASS)]
)
def test_the_purpose_of_a_look_follows_from_the_right_that_is_used(
    desk: Desk, by: UUID, right: Right, asked: Purpose
) -> None:
    desk.lay(POSTS, "post-1", a_post("post-1", absences=(AWAY,)))
    for each in (HOLDER, COVER, ELSEWHERE):
        broken(desk, each)
    note_opening(an_opening(by, asked), partial(opened_case, CASE, by), ["contact"], desk.work())
    [consulted] = desk.said(PersonalDataConsulted)
    assert consulted.purpose == purpose_of(right, asked)
    assert consulted.purpose in PURPOSES[right]


def test_every_right_has_purposes_of_its_own_and_break_glass_is_of_one() -> None:
    assert PURPOSES.keys() == set(Right)
    assert [right for right in Right if Purpose.BREAK_GLASS in PURPOSES[right]] == [Right.BREAKS_GLASS]
    assert {purpose for each in PURPOSES.values() for purpose in each} == set(Purpose) - {Purpose.COORDINATION}

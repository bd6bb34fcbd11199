"""What people may do with a case, and what they may not."""

from functools import partial
from uuid import UUID

import pytest

from services.referral.acts.consulting import note_opening, opened_case
from services.referral.acts.finding import coordinated_case, held_case
from services.referral.acts.holding import accept
from services.referral.acts.once import Command, KeyReused, StaleVersion
from services.referral.acts.rostering import publish_presence
from services.referral.domain.case import AlreadyAccepted, NoSuchCase, NothingToAccept
from services.referral.domain.states import CaseState
from services.referral.domain.stations import KnownStation
from services.referral.handlers import on_report_accepted
from services.referral.store import CALENDARS, CASES, STATIONS, Opening
from services.referral.views import POSTS_AT
from shared.contracts.events import IscgAccepted, PersonalDataConsulted, PresencePublished, StandingChanged
from shared.contracts.vocabulary import Force, OpenedPart, Purpose, Standing
from tests.referral.builders import CASE, COORDINATOR_ID, HOUR, MONDAY, STATION, TERMS, Desk, a_post, a_report, an_iscg

ISCG, STRANGER = an_iscg().authid, UUID(int=99)
KEY, OTHER_KEY = "key-50", "key-51"


@pytest.fixture
def desk() -> Desk:
    """A desk on which a case lies, assigned to post 1."""
    made = Desk(a_post("post-1"), a_post("post-2"))
    on_report_accepted(a_report(), made.work(), TERMS)
    return made


def take(desk: Desk, by: UUID = ISCG, version: int = 1, key: str = KEY, request: str = "accept on 1") -> int:
    return accept(Command(CASE, by, version, key, request), desk.work(), TERMS).version


def test_the_holder_takes_her_case_in_charge(desk: Desk) -> None:
    assert take(desk) == 2
    case = desk.work().get(CASES, CASE)
    assert case and case.state is CaseState.ACCEPTED
    assert [event.iscg_id for event in desk.said(IscgAccepted)] == ["iscg-1"]


def test_the_station_learns_that_the_person_is_taken_in_charge(desk: Desk) -> None:
    take(desk)
    [changed] = desk.said(StandingChanged)
    assert changed.standing is Standing.TAKEN_IN_CHARGE


def test_the_same_act_under_the_same_key_is_answered_alike(desk: Desk) -> None:
    assert take(desk) == take(desk)
    assert len(desk.said(IscgAccepted)) == 1


def test_a_key_is_good_for_one_request_only(desk: Desk) -> None:
    take(desk)
    with pytest.raises(KeyReused):
        take(desk, request="accept on 2")


def test_who_decides_on_an_old_version_is_told_what_happened(desk: Desk) -> None:
    with pytest.raises(StaleVersion) as stale:
        take(desk, version=7)
    assert stale.value.state is CaseState.ASSIGNED


def test_a_case_is_taken_in_charge_once(desk: Desk) -> None:
    take(desk)
    with pytest.raises(AlreadyAccepted):
        take(desk, version=2, key=OTHER_KEY)


def test_an_escalated_case_can_still_be_accepted_by_its_holder(desk: Desk) -> None:
    case = desk.work().get(CASES, CASE)
    assert case
    late = case.model_copy(update={"state": CaseState.ESCALATED})
    assert late.accepted(MONDAY + HOUR).state is CaseState.ACCEPTED


def test_a_case_that_nobody_holds_cannot_be_accepted() -> None:
    empty = Desk()
    on_report_accepted(a_report(), empty.work(), TERMS)
    case = empty.work().get(CASES, CASE)
    assert case
    with pytest.raises(NothingToAccept):
        case.accepted(MONDAY)


@pytest.mark.parametrize("who", [STRANGER, COORDINATOR_ID, an_iscg("iscg-2").authid])
def test_to_all_but_its_holder_a_case_looks_absent(desk: Desk, who: UUID) -> None:
    for act in (partial(take, desk, who), partial(held_case, CASE, who, desk.work())):
        with pytest.raises(NoSuchCase):
            act()


def test_the_coordinator_of_the_departement_reads_the_case(desk: Desk) -> None:
    assert coordinated_case(CASE, COORDINATOR_ID, desk.work()).id == CASE
    with pytest.raises(NoSuchCase):
        coordinated_case(CASE, STRANGER, desk.work())


def test_a_look_is_on_the_log_and_leaves_the_version_alone(desk: Desk) -> None:
    looks = Opening(
        id=UUID(int=7), case_id=CASE, by=ISCG, purpose=Purpose.FIRST_CONTACT, opened_at=MONDAY, justification="c2U="
    )
    note_opening(looks, partial(opened_case, CASE, ISCG), ["contact"], desk.work())
    [consulted] = desk.said(PersonalDataConsulted)
    assert (consulted.opening_id, consulted.opened) == (UUID(int=7), (OpenedPart.CONTACT,))
    assert desk.work().version(CASES, CASE) == 1


def test_a_station_is_told_of_its_presences_once_a_day() -> None:
    desk = Desk(a_post())
    for _ in range(2):
        publish_presence(STATION, desk.work())
    [published] = desk.said(PresencePublished)
    assert (published.station, len(published.openings), published.on_call) == (STATION, 14, True)
    assert desk.work().get(CALENDARS, STATION)


def test_a_station_at_which_nobody_sits_any_more_is_told_so() -> None:
    desk = Desk(a_post())
    known = KnownStation(station=STATION, force=Force.POLICE, departement="31", commune="31555", zone="Europe/Paris")
    desk.lay(STATIONS, STATION, known)
    publish_presence(STATION, desk.work())
    desk.lay(POSTS_AT, STATION, ())
    publish_presence(STATION, desk.work())
    last = desk.said(PresencePublished)[-1]
    assert (last.openings, last.on_call) == ((), True)

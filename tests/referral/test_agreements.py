"""A post of another département gets people of this one only once the coordinator here has agreed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from services.referral.domain.coordination import Territory
from services.referral.domain.posts import Absence
from services.referral.domain.roster import Roster
from services.referral.domain.stations import KnownStation
from services.referral.handlers import on_report_accepted
from services.referral.store import COORDINATORS, POSTS, STATIONS
from services.referral.telling import cover_of
from services.referral.views import POSTS_AT
from shared.contracts.events import CaseEscalated, IscgAssigned, PresenceAgreed
from shared.contracts.vocabulary import Force
from tests.referral.builders import MONDAY, TERMS, Desk, a_coordinator, a_post, a_presence, a_report
from tests.referral.doors import House, id_of, iscg_who, open_house

HERE, THERE = "PN-31-0001", "GN-09-0101"
DAY = timedelta(days=1)
DEPARTEMENTS = {HERE: "31", THERE: "09"}
CASE_THERE = {"station": THERE, "departement": "09"}
REASON = {"reason": "reorganisation"}
AGREEMENT = f"/v1/posts/post-31/agreements/{THERE}"


def a_station(code: str) -> KnownStation:
    departement = DEPARTEMENTS[code]
    commune = f"{departement}001"
    return KnownStation(station=code, force=Force.POLICE, departement=departement, commune=commune, zone="Europe/Paris")


@pytest.fixture
async def house(mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[House]:
    """Stations and coordinators of 31 and 09, and a post of 31."""
    async with open_house(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"]) as made:
        for name in ("posts", "cases", "outbox", "streams"):
            await made.delivery.database[name].delete_many({})
        await made.put(
            *((STATIONS, code, a_station(code)) for code in DEPARTEMENTS),
            *((COORDINATORS, code, a_coordinator(code, id_of(f"coordinator-{code}"))) for code in ("31", "09")),
            (POSTS, "post-31", a_post("post-31", a_presence(station=HERE), iscg=iscg_who("iscg-31"))),
        )
        yield made


def a_sheet(*stations: str, **members: Any) -> dict[str, Any]:
    """A post as the coordinator of 31 wants it."""
    presences = [a_presence(station=each).model_dump(mode="json", by_alias=True) for each in stations]
    iscg = {"id": "iscg-31"}
    return {"departement": "31", "reason": "correction", "iscg": iscg, "presences": presences} | members


async def put_post(house: House, *stations: str) -> Any:
    answer = await house.ask("coordinator-31", "coordinator", "PUT /v1/posts/post-31", json=a_sheet(*stations))
    return answer.status_code, answer.json().get("reason") if answer.status_code != 200 else None


async def agree(house: House, who: str = "coordinator-09", method: str = "PUT") -> int:
    answer = await house.ask(who, "coordinator", f"{method} {AGREEMENT}", params=REASON)
    return answer.status_code


async def said(house: House, kind: str) -> int:
    return await house.delivery.database["outbox"].count_documents({"headers.ce_type": kind})


async def test_a_post_sits_in_another_departement_only_once_its_coordinator_has_agreed(house: House) -> None:
    assert await put_post(house, HERE, THERE) == (409, "not-agreed")
    assert await agree(house, "coordinator-31") == 404
    assert await agree(house) == 200
    assert await put_post(house, HERE, THERE) == (200, None)
    case = await house.a_case(**CASE_THERE)
    assert case.post_id == "post-31"
    assert (await house.ask("iscg-31", "iscg", f"GET /v1/cases/{case.id}")).status_code == 200
    # Said once, however often she agrees.
    assert await agree(house) == 200
    assert await said(house, PresenceAgreed.type) == 1


async def test_an_agreement_that_is_withdrawn_brings_no_case_any_more(house: House) -> None:
    assert await agree(house) == 200
    assert await put_post(house, HERE, THERE) == (200, None)
    assert await agree(house, method="DELETE") == 200
    assert (await house.a_case(**CASE_THERE)).post_id is None
    assert await put_post(house, HERE, THERE) == (409, "not-agreed")
    assert await said(house, PresenceAgreed.type) == 2


async def test_agreeing_needs_a_post_of_elsewhere_and_ones_own_station(house: House) -> None:
    for who, path, status in (
        ("coordinator-31", f"/v1/posts/post-31/agreements/{HERE}", 409),
        ("coordinator-09", f"/v1/posts/post-31/agreements/{HERE}", 404),
        ("coordinator-09", f"/v1/posts/post-none/agreements/{THERE}", 409),
        ("coordinator-09", "/v1/posts/post-31/agreements/GN-99-9999", 404),
    ):
        answer = await house.ask(who, "coordinator", f"PUT {path}", params=REASON)
        assert answer.status_code == status, (who, path, answer.text)
    assert not await said(house, PresenceAgreed.type)


async def test_a_cover_of_elsewhere_needs_the_agreement_at_every_station(house: House) -> None:
    of_09 = a_post("post-09", a_presence(station=THERE), departement="09", iscg=iscg_who("iscg-09"))
    await house.put((POSTS, "post-09", of_09))
    today = datetime.now(UTC).date()
    away = {"first_day": str(today), "last_day": str(today + DAY), "covered_by": "post-31"}
    path, body = "PUT /v1/posts/post-09/absences", {"absences": [away]}
    refused = await house.ask("coordinator-09", "coordinator", path, json=body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "not-agreed")
    assert await agree(house) == 200
    assert (await house.ask("coordinator-09", "coordinator", path, json=body)).status_code == 200


async def test_place_refuses_a_post_of_elsewhere_even_if_one_slipped_in(house: House) -> None:
    post = a_post("post-31", a_presence(station=HERE), a_presence(station=THERE), iscg=iscg_who("iscg-31"))
    await house.put((POSTS, "post-31", post))
    assert (await house.a_case(**CASE_THERE)).post_id is None
    assert (await house.a_case()).post_id == "post-31"


def test_nor_does_a_cover_of_elsewhere_that_slipped_in_see_a_case() -> None:
    away = Absence(first_day=MONDAY.date(), last_day=(MONDAY + 30 * DAY).date(), covered_by="post-09")
    here, elsewhere = a_post("post-1", absences=(away,)), a_post("post-09", departement="09")
    desk = Desk(here)
    desk.lay(POSTS, "post-09", elsewhere)
    desk.lay(POSTS_AT, HERE, (here, elsewhere))
    on_report_accepted(a_report(), desk.work(), TERMS)
    assert desk.said(CaseEscalated) and not desk.said(IscgAssigned)
    assert cover_of(here, desk.case(), desk.work()) is None
    agreed = elsewhere.with_agreement(HERE, agreed=True)
    desk.lay(POSTS, "post-09", agreed)
    assert cover_of(here, desk.case(), desk.work()) == agreed


def test_reassignment_and_handover_go_to_ones_own_to_neighbours_and_to_agreed_posts_only() -> None:
    desk = Desk(a_post("post-1"))
    on_report_accepted(a_report(), desk.work(), TERMS)
    case, of_09 = desk.case(), a_post("post-09", departement="09")
    assert case.may_go_to(a_post("post-2"))
    assert not case.may_go_to(of_09)
    assert case.opened_to(("09",)).may_go_to(of_09), "a neighbour, to which the case has gone up"
    assert case.may_go_to(of_09.with_agreement(HERE, agreed=True))
    assert not case.may_go_to(of_09.with_agreement(THERE, agreed=True))


def test_a_roster_file_agrees_to_nothing() -> None:
    abroad = a_post("post-31", a_presence(station=THERE))
    coordinators = (a_coordinator("31"), a_coordinator("09"))
    roster = Roster(posts=(abroad,), coordinators=coordinators)
    assert roster.faults() == []
    [fault] = roster.foreign((), DEPARTEMENTS)
    assert "relais roster agree post-31 GN-09-0101" in fault
    agreed = abroad.with_agreement(THERE, agreed=True)
    assert roster.foreign((agreed,), DEPARTEMENTS) == []
    assert "agrees to nothing" in Roster(posts=(agreed,), coordinators=coordinators).faults()[0]
    assert abroad.replacing(agreed, MONDAY.date()).agreed == (THERE,)
    assert agreed.replacing(None, MONDAY.date()).agreed == ()
    away = Absence(first_day=MONDAY.date(), last_day=MONDAY.date(), covered_by="post-09")
    of_09 = a_post("post-09", a_presence(station=THERE), departement="09")
    covered = Roster(posts=(a_post("post-31", absences=(away,)), of_09))
    assert "covered by post-09 of 09" in covered.foreign((), DEPARTEMENTS)[0]


def test_only_a_roster_of_a_departement_says_who_helps_it_out() -> None:
    territories = (Territory(departement="09", neighbours=("31",)),)
    roster = Roster(posts=(a_post(),), coordinators=(a_coordinator(),), territories=territories)
    assert "territory 09" in roster.faults()[0]

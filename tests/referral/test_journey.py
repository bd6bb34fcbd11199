"""One referral on the real Kafka and the real MongoDB: from an accepted report to an ISCG, her yes, and her look."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from shared.contracts.events import (
    CaseEscalated,
    CaseOpened,
    IscgAccepted,
    IscgAssigned,
    PersonalDataConsulted,
    PresencePublished,
    ReferralSent,
    ReportAccepted,
    StandingChanged,
)
from shared.contracts.person import Name
from shared.contracts.report import Contact
from shared.contracts.vocabulary import ConsentAnswer, EscalationReason, PartnerType, Standing
from tests.referral.builders import a_file, a_report
from tests.referral.running import Referral, World

CIDFF = PartnerType.CIDFF
REASON = {"purpose": "first-contact", "justification": "Appel prévu ce matin, il me faut son numéro."}


def a_new_report(**changes: Any) -> ReportAccepted:
    """A report of now, for a case of its own."""
    file = a_file((CIDFF,), {CIDFF: ConsentAnswer.GIVEN})
    contact = Contact(name=Name(family="Zweigelbaum", given="Ondine"))
    members: dict[str, Any] = {"case_id": uuid4(), "report_id": uuid4(), "received_at": datetime.now(UTC)}
    return a_report(file, **(members | {"contact": contact} | changes))


@dataclass
class Visitor:
    """Somebody at the doors of referral, with her token."""

    client: httpx.AsyncClient
    case: str
    token: dict[str, str]

    async def read(self) -> httpx.Response:
        return await self.client.get(self.case, headers=self.token)

    async def accept(self, tag: str, key: UUID) -> httpx.Response:
        headers = {**self.token, "If-Match": tag, "Idempotency-Key": str(key)}
        return await self.client.post(f"{self.case}/acceptance", headers=headers)

    async def look(self, **changes: Any) -> httpx.Response:
        return await self.client.post(f"{self.case}/openings", json=REASON | changes, headers=self.token)


async def a_visitor(world: World, referral: Referral, name: str, case_id: UUID) -> Visitor:
    token = {"Authorization": f"Bearer {await world.ask_token(name)}"}
    return Visitor(world.client, f"{referral.address}/v1/cases/{case_id}", token)


async def holder_of(world: World, case_id: UUID) -> str:
    """The ISCG to whom a case was assigned, by the name with which she signs in."""
    heard = await world.hear(case_id, until=IscgAssigned)
    return str(next(each.event.iscg_id for each in heard if isinstance(each.event, IscgAssigned)))


@pytest.fixture(scope="module")
async def referral(world: World) -> Any:
    async with world.running() as running:
        yield running


async def test_a_report_becomes_a_case_an_assignment_and_a_referral(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    heard = await world.hear(report.case_id, until=ReferralSent)
    assert [type(each.event) for each in heard] == [CaseOpened, IscgAssigned, ReferralSent]
    assert [each.said.headers["ce_sequence"] for each in heard] == ["0000000001", "0000000002", "0000000003"]
    assert heard[1].event.notify[0].ref == heard[1].event.iscg_id
    assert heard[2].event.file.partner_type is CIDFF


async def test_nothing_of_the_person_stands_in_clear_on_kafka_or_in_the_database(
    world: World, referral: Referral, mongo: AsyncMongoClient[Any]
) -> None:
    report = a_new_report()
    await world.publish(report)
    heard = await world.hear(report.case_id, until=ReferralSent)
    seen = repr([each.said for each in heard]) + await all_documents(mongo[f"{world.namespace}_referral"])
    assert str(report.case_id) in seen
    assert not [word for word in ("Zweigelbaum", "Ondine", "violence-in-couple", "victim") if word in seen]


async def all_documents(database: AsyncDatabase[Any]) -> str:
    names = await database.list_collection_names()
    return repr([await database[name].find().to_list() for name in names])


async def test_a_station_that_nobody_reaches_in_time_is_the_coordinators(world: World, referral: Referral) -> None:
    report = a_new_report(station="GN-2A-0207", departement="2A")
    await world.publish(report)
    heard = await world.hear(report.case_id, until=CaseEscalated)
    [escalated] = [each.event for each in heard if isinstance(each.event, CaseEscalated)]
    assert escalated.reason is EscalationReason.NOBODY
    assert [each.ref for each in escalated.notify or ()] == ["on-call-2a", "coordinator-2a"]


async def test_stations_are_told_of_their_presences_when_the_roster_is_loaded(world: World) -> None:
    heard = await world.hear("PN-31-0001", "relais.standing")
    [published] = [each.event for each in heard]
    assert isinstance(published, PresencePublished)
    assert published.on_call


async def test_the_holder_accepts_once_and_the_station_is_told(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    iscg = await a_visitor(world, referral, await holder_of(world, report.case_id), report.case_id)
    seen, key = await iscg.read(), uuid4()
    first, again = [await iscg.accept(seen.headers["ETag"], key) for _ in range(2)]
    assert (first.status_code, first.json(), first.headers["ETag"]) == (200, again.json(), again.headers["ETag"])
    accepted = await world.hear(report.case_id, until=IscgAccepted)
    assert Counter(type(each.event) for each in accepted)[IscgAccepted] == 1
    [changed] = await world.hear(report.case_id, "relais.standing", until=StandingChanged)
    assert changed.event.standing is Standing.TAKEN_IN_CHARGE


async def test_an_act_on_an_old_version_or_after_the_fact_is_refused(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    iscg = await a_visitor(world, referral, await holder_of(world, report.case_id), report.case_id)
    stale = await iscg.accept('"9"', uuid4())
    assert (stale.status_code, stale.json()["state"]) == (412, "assigned")
    accepted = await iscg.accept('"1"', uuid4())
    late = await iscg.accept(accepted.headers["ETag"], uuid4())
    assert (late.status_code, late.json()["reason"]) == (409, "already-accepted")


async def test_a_look_is_on_the_log_before_it_is_shown(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    iscg = await a_visitor(world, referral, await holder_of(world, report.case_id), report.case_id)
    shown = await iscg.look()
    assert shown.status_code == 201, shown.text
    assert shown.json()["parts"]["contact"]["name"]["family"] == "Zweigelbaum"
    [consulted] = await world.hear(report.case_id, "relais.access", until=PersonalDataConsulted)
    assert str(consulted.event.opening_id) == shown.json()["opening_id"]
    assert consulted.said.headers["ce_authtype"] == "app_user"
    assert (await iscg.read()).headers["ETag"] == '"1"'


async def test_a_look_for_no_purpose_of_hers_shows_nothing(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    iscg = await a_visitor(world, referral, await holder_of(world, report.case_id), report.case_id)
    assert (await iscg.look(purpose="audit")).status_code == 422
    assert (await iscg.look(justification="")).status_code == 422


async def test_the_coordinator_reads_the_explanation_and_no_identity(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    await holder_of(world, report.case_id)
    coordinator = await a_visitor(world, referral, "coordinator-31", report.case_id)
    seen = await coordinator.read()
    [assignment] = seen.json()["assignments"]
    assert {each["post_id"] for each in assignment["explanation"]["candidates"]} == {"post-31-1", "post-31-2"}
    assert "Zweigelbaum" not in seen.text
    assert (await coordinator.look()).status_code == 403


async def test_a_case_of_another_territory_looks_absent(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    holder = await holder_of(world, report.case_id)
    other = {"iscg-31-a": "iscg-31-b", "iscg-31-b": "iscg-31-a"}[holder]
    for name in (other, "coordinator-09"):
        stranger = await a_visitor(world, referral, name, report.case_id)
        assert (await stranger.read()).status_code == 404
    assert (await (await a_visitor(world, referral, other, report.case_id)).look()).status_code == 404


async def test_an_erased_person_is_shown_to_nobody(world: World, referral: Referral) -> None:
    report = a_new_report()
    await world.publish(report)
    iscg = await a_visitor(world, referral, await holder_of(world, report.case_id), report.case_id)
    await world.vault.forget_case(str(report.case_id))
    assert (await iscg.look()).status_code == 410

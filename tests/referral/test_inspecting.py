"""Nobody sees alone who is behind a line of the log: one asks, another grants, and each step is on the log."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.referral.acts.inspecting import ask_inspection, grant_inspection, granted_inspection
from services.referral.domain.case import NoSuchCase
from services.referral.domain.inspections import LASTS, WAITS, Inspection, NoSuchInspection, OwnRequest
from services.referral.handlers import on_report_accepted
from shared.contracts.events import InspectionGranted, InspectionRequested, PersonalDataConsulted, ReportAccepted
from shared.contracts.vocabulary import OpenedPart, Purpose
from shared.delivery.cause import Cause
from tests.referral.builders import CASE, MONDAY, TERMS, Desk, a_post, a_report
from tests.referral.running import Referral, World
from tests.referral.test_doors import visitor
from tests.referral.test_journey import a_new_report, holder_of

A, B, REQUEST, A_SECOND = UUID(int=61), UUID(int=62), UUID(int=63), timedelta(seconds=1)
WHY = {"justification": "Réclamation de la personne, dossier 12 de l'inspection."}


def asked() -> Desk:
    desk = Desk(a_post())
    on_report_accepted(a_report(), desk.work(), TERMS)
    ask_inspection(Inspection(id=REQUEST, case_id=CASE, asked_by=A, asked_at=MONDAY, justification="c2U="), desk.work())
    return desk


def grant(desk: Desk, by: UUID = B, at: datetime = MONDAY) -> None:
    grant_inspection(REQUEST, by, desk.work(Cause(uuid4(), at, str(CASE))))


def look(desk: Desk, by: UUID = A, at: datetime = MONDAY) -> Inspection:
    return granted_inspection(REQUEST, by, desk.work(Cause(uuid4(), at, str(CASE))))


def test_what_a_second_person_grants_lasts_an_hour() -> None:
    desk = asked()
    grant(desk)
    assert look(desk, at=MONDAY + LASTS - A_SECOND).case_id == CASE
    with pytest.raises(NoSuchInspection):
        look(desk, at=MONDAY + LASTS)
    [requested], [granted] = desk.said(InspectionRequested), desk.said(InspectionGranted)
    assert (requested.inspection_id, granted.asked_by) == (REQUEST, A)


def test_nobody_looks_before_it_is_granted() -> None:
    with pytest.raises(NoSuchInspection):
        look(asked())


def test_nobody_grants_what_she_has_asked_herself() -> None:
    desk = asked()
    with pytest.raises(OwnRequest):
        grant(desk, A)
    assert not desk.said(InspectionGranted)


def test_whoever_grants_does_not_look_herself() -> None:
    desk = asked()
    grant(desk)
    with pytest.raises(NoSuchInspection):
        look(desk, B)


def test_a_request_waits_a_day_and_is_granted_once() -> None:
    late, twice = asked(), asked()
    with pytest.raises(NoSuchInspection):
        grant(late, at=MONDAY + WAITS)
    grant(twice)
    with pytest.raises(NoSuchInspection):
        grant(twice, UUID(int=64))


def test_a_case_that_is_none_is_asked_for_in_vain() -> None:
    with pytest.raises(NoSuchCase):
        ask_inspection(
            Inspection(id=REQUEST, case_id=CASE, asked_by=A, asked_at=MONDAY, justification="c2U="), Desk().work()
        )


async def test_two_inspectors_at_the_doors_see_one_identity_and_the_log_holds_it(world: World) -> None:
    async with world.running() as referral:
        report = a_new_report()
        await world.publish(report)
        await holder_of(world, report.case_id)
        await _inspect(world, referral, report)


async def _inspect(world: World, referral: Referral, report: ReportAccepted) -> None:
    a, b, iscg = [await visitor(world, referral, name) for name in ("inspector-a", "inspector-b", "iscg-31-a")]

    async def post(who: Any, path: str, body: Any = None) -> Any:
        return await world.client.post(f"{referral.address}/v1/{path}", headers=who.token, json=body)

    case = f"cases/{report.case_id}/inspections"
    assert (await post(iscg, case, WHY)).status_code == 403
    assert (await post(a, case, {"justification": "x"})).status_code == 422
    request = (await post(a, case, WHY)).json()["inspection_id"]
    assert (await post(a, f"inspections/{request}/opening")).status_code == 404
    alone = await post(a, f"inspections/{request}/grant")
    assert (alone.status_code, alone.json()["reason"]) == (409, "own-request")
    assert (await post(b, f"inspections/{request}/grant")).status_code == 200
    seen = await post(a, f"inspections/{request}/opening")
    assert seen.json()["parts"]["contact"]["name"]["family"] == "Zweigelbaum", seen.text
    assert (await post(b, f"inspections/{request}/opening")).status_code == 404
    heard = await world.hear(report.case_id, "relais.access", until=PersonalDataConsulted)
    said = [type(each.event).__name__ for each in heard]
    assert said == ["InspectionRequested", "InspectionGranted", "PersonalDataConsulted"]
    assert (heard[-1].event.purpose, heard[-1].event.opened) == (Purpose.INSPECTION, (OpenedPart.CONTACT,))

"""Whose case it was is forgotten in time: nothing that anybody kept can be read, and nothing brings her back."""

import asyncio
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from pymongo import AsyncMongoClient

from services.referral.acts.erasing import begin_erasure, end_erasure, set_hold
from services.referral.acts.once import Command
from services.referral.domain.case import UnderHold
from services.referral.domain.dossier import Dossier
from services.referral.domain.states import CaseState, ForbiddenStep, Step
from services.referral.domain.statistics import Counted, counted
from services.referral.ending import end_case
from services.referral.erasing import due_for_erasure
from services.referral.handlers import on_report_accepted
from services.referral.migrations import MIGRATIONS
from services.referral.store import CASES, COUNTED, DOSSIERS, MARKS, Marks
from shared.contracts.events import CaseErased, LegalHoldChanged, ReportAccepted
from shared.contracts.vocabulary import ErasureReason
from shared.delivery.migrations import migrate
from shared.delivery.shelf import Tracked
from shared.vault import Erased, Sealed
from tests.delivery.history import read_all
from tests.referral.builders import CASE, COORDINATOR_ID, TERMS, Desk, a_file, a_post, a_report
from tests.referral.running import World
from tests.referral.test_doors import CLOSURE, assigned, visitor

RETENTION = ErasureReason.RETENTION


def ended() -> Desk:
    """A desk on which a case has ended, with all that was kept of its person."""
    desk = Desk(a_post())
    on_report_accepted(a_report(), desk.work(), TERMS)
    work = desk.work()
    work.put(CASES, CASE, end_case(desk.case(), Step.CANCEL, work))
    desk.lay(DOSSIERS, CASE, Dossier(contact="c2VhbGVk", file="c2VhbGVk", consent="c2VhbGVk"))
    desk.lay(MARKS, CASE, Marks(marks=("a" * 64,)))
    return desk


def test_an_erased_case_keeps_that_there_was_one_and_nothing_of_her() -> None:
    desk = ended()
    begin_erasure(CASE, None, desk.work())
    end_erasure(CASE, RETENTION, desk.work())
    assert desk.work().get(DOSSIERS, CASE) == Dossier()
    assert desk.work().get(MARKS, CASE) == Marks(marks=())
    assert (desk.case().state, desk.case().departement) == (CaseState.ERASED, "31")
    assert [each.reason for each in desk.said(CaseErased)] == [RETENTION]


def test_an_erasure_is_said_once_however_often_it_is_tried() -> None:
    desk = ended()
    for _ in range(2):
        begin_erasure(CASE, None, desk.work())
        end_erasure(CASE, RETENTION, desk.work())
    assert len(desk.said(CaseErased)) == 1


def test_an_open_case_is_not_erased() -> None:
    desk = Desk(a_post())
    on_report_accepted(a_report(), desk.work(), TERMS)
    with pytest.raises(ForbiddenStep):
        begin_erasure(CASE, None, desk.work())


def hold(desk: Desk, on: bool) -> None:
    key = f"hold-{len(desk.unit.said)}"
    set_hold(Command(CASE, COORDINATOR_ID, desk.work().version(CASES, CASE), key, ""), on, desk.work())


def test_a_legal_hold_stops_an_erasure_until_it_ends() -> None:
    desk = ended()
    hold(desk, on=True)
    with pytest.raises(UnderHold):
        begin_erasure(CASE, None, desk.work())
    hold(desk, on=False)
    begin_erasure(CASE, None, desk.work())
    assert [each.hold for each in desk.said(LegalHoldChanged)] == [True, False]


def test_what_is_counted_for_ever_names_no_case_and_a_mistake_is_not_counted() -> None:
    row = counted(a_file(), datetime(2026, 11, 23, tzinfo=UTC).date(), "31", is_known=False)
    assert row and not {"id", "case_id", "report_id", "station"} & set(Counted.model_fields)
    for state, is_counted in ((CaseState.CLOSED, True), (CaseState.CANCELLED, False)):
        desk = ended()
        desk.lay(CASES, CASE, desk.case().model_copy(update={"state": state}))
        begin_erasure(CASE, (UUID(int=9), row), desk.work())
        assert (desk.work().get(COUNTED, UUID(int=9)) == row) is is_counted


async def test_only_who_was_last_met_long_ago_and_whose_case_ended_and_is_not_held_is_due(
    mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> None:
    database = mongo[f"{namespace}_erasing"]
    await migrate(database, MIGRATIONS)
    long_ago, now = datetime.now(UTC) - timedelta(days=800), datetime.now(UTC)
    over = ended().case().model_copy(update={"received_at": long_ago, "ended_at": now})
    kept: dict[UUID, dict[str, Any]] = {
        UUID(int=1): {"last_contact_at": long_ago},
        UUID(int=2): {"last_contact_at": now},
        UUID(int=3): {"last_contact_at": long_ago, "hold": True},
        UUID(int=4): {"last_contact_at": long_ago, "ended_at": None, "state": CaseState.ACCEPTED},
        UUID(int=5): {"last_contact_at": long_ago, "state": CaseState.ERASED, "erased_at": now},
        UUID(int=6): {"last_contact_at": now, "state": CaseState.ERASED},
        UUID(int=7): {},
        UUID(int=8): {"received_at": now},
    }
    for id_, changes in kept.items():
        case = over.model_copy(update={"id": id_, **changes})
        await database[CASES.name].insert_one(Tracked((CASES, str(id_)), case, rev=1).document())
    assert set(await due_for_erasure(database, timedelta(days=730))) == {UUID(int=1), UUID(int=6), UUID(int=7)}


async def everything_sealed(world: World, mongo: AsyncMongoClient[Any], case_id: UUID) -> list[Sealed]:
    """Every sealed block of a case, wherever it lies: on all topics, and in every database but the vault."""
    topics = [f"{world.namespace}.relais.{name}" for name in ("intake", "cases", "access", "standing")]
    records = [orjson.loads(each.value) for each in await read_all(world.kafka, topics) if each.key == str(case_id)]
    database = mongo[f"{world.namespace}_referral"]
    rows = [row["bytes"] for row in await database["outbox"].find({"subject": str(case_id)}).to_list()]
    documents = [*records, *(orjson.loads(each) for each in rows)]
    compartments: dict[str, Any] = {"notify": "contact", "contact": "contact", "file": "file"}
    blocks = [(name, text) for each in documents for name, text in each.items() if name in compartments]
    return [Sealed(compartments[name], str(case_id), b64decode(text)) for name, text in blocks]


async def close_case(world: World, running: Any) -> tuple[ReportAccepted, Any]:
    """A case that was taken in charge and closed, and its ISCG."""
    report, _, iscg = await assigned(world, running)
    case = f"cases/{report.case_id}"
    assert (await iscg.act(f"{case}/acceptance")).status_code == 200
    assert (await iscg.act(f"{case}/closure", CLOSURE)).status_code == 200
    return report, iscg


async def test_whoever_has_everything_but_the_keys_reads_nothing_of_an_erased_person(
    world: World, mongo: AsyncMongoClient[Any]
) -> None:
    async with world.running() as running:
        report, _ = await close_case(world, running)
        before = await everything_sealed(world, mongo, report.case_id)
        opened = [await world.vault.open(each) for each in before]
        assert any(b"Zweigelbaum" in each for each in opened)
        coordinator = await visitor(world, running, "coordinator-31")
        erased = await coordinator.act(f"cases/{report.case_id}/erasure")
        assert erased.status_code == 204, erased.text
        await until_erased(world, mongo, report.case_id)
    after = await everything_sealed(world, mongo, report.case_id)
    assert len(after) >= len(before)
    for each in after:
        with pytest.raises(Erased):
            await world.vault.open(each)
    rows = await mongo[f"{world.namespace}_referral"]["counted"].find().to_list()
    assert [COUNTED.state(row).sex for row in rows] == ["unknown"]
    assert str(report.case_id) not in str(rows)
    marks = await mongo[f"{world.namespace}_referral"]["marks"].find_one({"_id": str(report.case_id)})
    assert marks is None or marks["marks"] == []


async def until_erased(world: World, mongo: AsyncMongoClient[Any], case_id: UUID) -> None:
    """Until the log can know of it."""
    outbox, cases = (mongo[f"{world.namespace}_referral"][name] for name in ("outbox", "cases"))
    async with asyncio.timeout(30):
        while True:
            if await cases.find_one({"_id": str(case_id), "erased_at": {"$exists": True}}):
                break
            await asyncio.sleep(0.1)
    assert CaseErased.type in await outbox.distinct("headers.ce_type", {"subject": str(case_id)})


async def test_what_is_kept_no_longer_is_erased_by_itself(world: World, mongo: AsyncMongoClient[Any]) -> None:
    async with world.running() as running:
        report, _ = await close_case(world, running)
    async with world.running(RELAIS_KEEP_DAYS="0") as running:
        await until_erased(world, mongo, report.case_id)
        coordinator = await visitor(world, running, "coordinator-31")
        seen = await coordinator.read(f"cases/{report.case_id}")
        assert (seen.json()["state"], "Zweigelbaum" in seen.text) == ("erased", False)


async def test_nobody_erases_an_open_case_nor_a_foreign_one(world: World) -> None:
    async with world.running() as running:
        report, _, _ = await assigned(world, running)
        here, there = [await visitor(world, running, who) for who in ("coordinator-31", "coordinator-09")]
        refused = await here.act(f"cases/{report.case_id}/erasure")
        assert (refused.status_code, refused.json()["reason"]) == (409, "forbidden-step")
        assert (await there.act(f"cases/{uuid4()}/erasure")).status_code == 404
